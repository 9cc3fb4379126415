package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsKill(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	var off string
	c := &cobra.Command{
		Use:     "kill FLAG",
		Short:   "Turn a flag off at once, whatever its gates say; gonfalon flags revive undoes it",
		Example: `  gonfalon flags kill new_checkout --reason "payments fail"`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		var variant *string
		if c.Flags().Changed("off-variant") {
			variant = &off
		}
		return p.change(ctx, c, client, args[0], flagChange{
			apply: func(f flagset.Flag) (flagset.Flag, []flagset.Problem) { return flagset.Kill(f, variant) },
			send:  func(w apiclient.WriteOptions) (api.Flag, error) { return client.Kill(ctx, n.env, args[0], variant, w) },
		})
	})
	p.register(c)
	c.Flags().StringVar(&off, "off-variant", "", "the variant to serve meanwhile (default: the flag's own)")
	return c
}
