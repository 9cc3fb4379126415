package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsDelete(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	c := &cobra.Command{
		Use:     "delete FLAG",
		Short:   "Delete a flag; refused while other flags require it",
		Example: `  gonfalon flags delete new_checkout --reason "rolled out" --preview`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		ask := func(what string) error { return p.deletion(c, p.dryRun, what) }
		if p.preview {
			proposal := api.Proposal{Flag: flagset.Flag{Key: args[0]}, Delete: true}
			if err := p.show(ctx, c, client, proposal); err != nil {
				return err
			}
			if !p.dryRun {
				ask = func(what string) error { return p.confirm(c, what) }
			}
		}
		if err := ask("Delete " + args[0] + " from " + n.env); err != nil {
			return err
		}
		if err := client.DeleteFlag(ctx, n.env, args[0], p.options()); err != nil {
			return err
		}
		return p.sayDone(c, "%s is deleted from %s", args[0], n.env)
	})
	p.registerWithoutOutput(c)
	return c
}
