package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newDiff() *cobra.Command {
	var (
		n    = new(connection)
		o    output
		what api.Import
	)
	c := &cobra.Command{
		Use:   "diff FILE",
		Short: "Show what importing a file would change",
		Long: `Diff compares a file (- is standard input) with an environment. The exit status is 0 if they are the
same, 1 if they differ, and 2 if they can't be compared.`,
		Example: "  gonfalon diff flags.yaml --env production --prune",
		Args:    cobra.ExactArgs(1),
	}
	compare := n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		document, err := readInput(c, args[0])
		if err != nil {
			return err
		}
		what.Tolerant = true // a file that import refuses can be compared, too
		d, err := client.Import(ctx, n.env, document, what, apiclient.WriteOptions{DryRun: true})
		if err != nil {
			return err
		}
		if err := printDifference(c, o, n.env, d); err != nil {
			return err
		}
		if len(d.Changes) > 0 {
			return errReported
		}
		return nil
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		err := compare(c, args)
		if err != nil && err != error(errReported) {
			return trouble{err}
		}
		return err
	}
	n.register(c)
	n.inEnvironment(c)
	o.register(c)
	c.Flags().BoolVar(&what.Prune, "prune", false, "count what the file doesn't have as deleted")
	return c
}
