package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newFlagsGet(n *connection) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:   "get FLAG",
		Short: "Show a flag as a file has it",
		Long: `Get shows a flag as YAML, in the form that flags.yaml has. gonfalon flags put reads what it prints, also
with -o json, which adds what the control plane knows about the flag.`,
		Example: "  gonfalon flags get new_checkout > new_checkout.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			f, err := client.Flag(ctx, n.env, args[0])
			if err != nil {
				return err
			}
			warn(c, f.Warnings)
			warnOlder(c, f.Unknown)
			noun := flagsNoun(n.env, f, f)
			noun.note = string(f.State) + ": " + gates(f) + " · " + provenance(n.env, f.Revision, f.Updated, byWhom(f.UpdatedBy, f.UpdatedOnBehalfOf), f.Version)
			noun.text = func(w io.Writer) error { return noun.writeYAML(w) }
			return o.print(c, noun)
		}),
	}
	o.register(c)
	return c
}
