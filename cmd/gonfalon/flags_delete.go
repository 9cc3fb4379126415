package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsDelete(n *connection) *cobra.Command {
	p := &planned{connection: n}
	c := &cobra.Command{
		Use:   "delete FLAG",
		Short: "Delete a flag; refused while other flags need it",
		Args:  cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		if p.preview {
			proposal := apiclient.Proposal{Flag: flagset.Flag{Key: args[0]}, Delete: true, Sample: p.sample}
			if err := n.show(ctx, c, client, proposal); err != nil {
				return err
			}
			if !p.yes && !confirmed(c, "Delete it?") {
				return errors.New("nothing was deleted")
			}
		}
		if err := client.DeleteFlag(ctx, n.env, args[0], p.options()); err != nil {
			return err
		}
		return told(c, p.dryRun, fmt.Sprintf("%s is deleted", args[0]))
	})
	p.register(c)
	return c
}

// told says what was done, or that it was not.
func told(c *cobra.Command, dryRun bool, done string) error {
	if dryRun {
		done = "nothing stands against it, and nothing was written"
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), done)
	return err
}
