package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsEnable(n *connection) *cobra.Command {
	p, s := &flagVerb{connection: n}, new(scope)
	c := &cobra.Command{
		Use:   "enable FLAG",
		Short: "Turn a flag on, for everyone or for those that an option names",
		Example: `  gonfalon flags enable new_checkout --group staff
  gonfalon flags enable new_checkout --percentage-of-actors 0.5 --preview --reason "second wave"
  gonfalon flags enable new_checkout --when 'plan in ["pro", "team"]' --when 'age gte 18'
  gonfalon flags enable sale --from 2026-11-27T00:00:00Z --until 2026-11-28T00:00:00Z`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		meant, err := s.read(c)
		if err != nil {
			return err
		}
		return p.change(ctx, c, client, args[0], flagChange{
			apply: func(f flagset.Flag) (flagset.Flag, []flagset.Problem) { return flagset.Enable(f, meant) },
			send:  func(w apiclient.WriteOptions) (api.Flag, error) { return client.Enable(ctx, n.env, args[0], meant, w) },
		})
	})
	p.register(c)
	p.references(c)
	s.register(c)
	s.registerGrants(c)
	return c
}
