package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newImport() *cobra.Command {
	n := new(connection)
	var (
		w    writing
		what apiclient.Import
	)
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Store the flags, segments and settings of a file (- is standard input)",
		Long: `Import stores what a YAML or JSON file has, all of it or nothing, and leaves what it doesn't have, unless
--prune deletes that. What is malformed is stored, granting nothing, and reported, unless --strict
refuses it.`,
		Args: cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			document, err := readInput(c, args[0])
			if err != nil {
				return err
			}
			d, err := client.Import(ctx, n.env, document, what, w.options())
			if err != nil {
				return err
			}
			return n.tellDifference(c, d)
		}),
	}
	n.register(c)
	w.register(c)
	c.Flags().BoolVar(&what.Prune, "prune", false, "delete what the file doesn't have")
	c.Flags().BoolVar(&what.Strict, "strict", false, "refuse what is malformed")
	return c
}

// tellDifference prints what was changed, or would be.
func (n *connection) tellDifference(c *cobra.Command, d apiclient.Difference) error {
	warn(c, d.Warnings)
	if n.json {
		return printJSON(c.OutOrStdout(), d)
	}
	for _, change := range d.Changes {
		fmt.Fprintf(c.OutOrStdout(), "%s %s %s\n", change.Op, change.Kind, change.Key)
		for _, line := range change.Lines {
			fmt.Fprintf(c.OutOrStdout(), "    %s\n", line)
		}
	}
	text := fmt.Sprintf("%s, revision %d", count(len(d.Changes), "change"), d.Revision)
	if !d.Written && len(d.Changes) > 0 {
		text = fmt.Sprintf("%s, nothing was written", count(len(d.Changes), "change"))
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), text)
	return err
}
