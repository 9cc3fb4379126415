package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsDisable(n *connection) *cobra.Command {
	p, s := &flagVerb{connection: n}, new(scope)
	c := &cobra.Command{
		Use:   "disable FLAG",
		Short: "Turn a flag's boolean gate off, or deny an actor, a group or a percentage",
		Long: `Disable turns the boolean gate off, or denies an actor or a group. With a percentage p, it leaves the
flag on for the other 1-p. Gates that turn the flag on stay: use gonfalon flags kill to turn a flag off
whatever its gates say, and gonfalon flags clear to remove a gate.`,
		Example: `  gonfalon flags disable new_checkout --actor user:42 --reason "asked to be left out"`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		meant, err := s.read(c)
		if err != nil {
			return err
		}
		return p.change(ctx, c, client, args[0], flagChange{
			apply: func(f flagset.Flag) (flagset.Flag, []flagset.Problem) { return flagset.Disable(f, meant) },
			send:  func(w apiclient.WriteOptions) (api.Flag, error) { return client.Disable(ctx, n.env, args[0], meant, w) },
		})
	})
	p.register(c)
	s.register(c)
	return c
}
