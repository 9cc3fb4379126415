package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newStale() *cobra.Command {
	var (
		n = new(connection)
		o output
		q = apiclient.FlagQuery{Sort: "last_evaluated"}
	)
	c := &cobra.Command{
		Use:   "stale",
		Short: "List flags that no host has evaluated for a long time",
		Long: `Stale lists the flags that no host has evaluated for the given time, longest first. A flag that was never
evaluated counts from its creation. A flag that is marked as permanent, or that a used flag requires, is
never stale.`,
		Example: "  gonfalon stale --for 90d --env production",
		Args:    cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			return n.listFlags(ctx, c, client, o, q)
		}),
	}
	n.register(c)
	n.inEnvironment(c)
	o.register(c)
	c.Flags().StringVar(&q.Stale, "for", "30d", "how long, such as 24h or 30d")
	return c
}
