package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newDiff() *cobra.Command {
	n := new(connection)
	var what apiclient.Import
	c := &cobra.Command{
		Use:   "diff FILE",
		Short: "Show what importing a file would change; the exit status is 1 if anything",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			document, err := readInput(c, args[0])
			if err != nil {
				return err
			}
			d, err := client.Import(ctx, n.env, document, what, apiclient.Write{DryRun: true})
			if err != nil {
				return err
			}
			if err := n.tellDifference(c, d); err != nil {
				return err
			}
			if len(d.Changes) > 0 {
				return errReported
			}
			return nil
		}),
	}
	n.register(c)
	c.Flags().BoolVar(&what.Prune, "prune", false, "what the file doesn't have counts as deleted")
	return c
}
