package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newFlagsRollback(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	c := &cobra.Command{
		Use:     "rollback FLAG REVISION",
		Short:   "Restore a flag as it was at a revision; gonfalon flags history lists the revisions",
		Example: `  gonfalon flags rollback new_checkout 41 --dry-run`,
		Args:    cobra.ExactArgs(2),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		revision, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil || revision < 1 {
			return usagef("%q is not a revision", args[1])
		}
		f, err := client.Rollback(ctx, n.env, args[0], revision, p.options())
		if err != nil {
			return err
		}
		return p.printFlag(ctx, c, client, f)
	})
	p.output.register(c)
	p.changeOptions.register(c)
	p.versioned(c)
	return c
}
