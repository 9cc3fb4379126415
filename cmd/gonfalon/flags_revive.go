package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsRevive(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	c := &cobra.Command{
		Use:     "revive FLAG",
		Short:   "Undo a kill, so that the flag's gates decide again",
		Example: `  gonfalon flags revive new_checkout --reason "mended"`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		return p.change(ctx, c, client, args[0], flagChange{
			apply: func(f flagset.Flag) (flagset.Flag, []flagset.Problem) { return flagset.Revive(f), nil },
			send:  func(w apiclient.WriteOptions) (api.Flag, error) { return client.Revive(ctx, n.env, args[0], w) },
		})
	})
	p.register(c)
	return c
}
