package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newStale() *cobra.Command {
	n := new(connection)
	q := apiclient.FlagQuery{Sort: "last_evaluated"}
	c := &cobra.Command{
		Use:   "stale",
		Short: "List flags that nobody has asked about for long",
		Long: `Stale lists the flags that no host has evaluated for so long, the longest first. Flags that are marked as
permanent, and parents of flags that are used, are never stale.`,
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			return n.listFlags(ctx, c, client, q)
		}),
	}
	n.register(c)
	c.Flags().StringVar(&q.Stale, "for", "30d", "for how long")
	return c
}
