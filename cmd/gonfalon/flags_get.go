package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsGet(n *connection) *cobra.Command {
	return &cobra.Command{
		Use:   "get FLAG",
		Short: "Show a flag as it is written, in YAML or, with --json, in JSON; flags put reads both",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			f, err := client.Flag(ctx, n.env, args[0])
			if err != nil {
				return err
			}
			warn(c, f.Warnings)
			if n.json {
				return printJSON(c.OutOrStdout(), f)
			}
			text, err := yamlFrom("flags:", &flagset.Set{Flags: []flagset.Flag{f.Flag}})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "# %s · %s · revision %d, %s by %s · version %s\n%s", f.State, n.env, f.Revision,
				when(f.Updated), f.UpdatedBy, f.Version, text)
			return err
		}),
	}
}

// yamlFrom is a set in YAML from a line on: settings are the environment's, not those of one flag or segment.
func yamlFrom(line string, set *flagset.Set) (string, error) {
	text, err := flagset.MarshalYAML(set)
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(text), line+"\n")
	return line + "\n" + rest, nil
}
