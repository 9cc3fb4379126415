package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsPut(n *connection) *cobra.Command {
	p := &planned{connection: n}
	c := &cobra.Command{
		Use:   "put FILE",
		Short: "Store a whole flag, as a file has it (- is standard input)",
		Long: `Put stores one flag in place of the one with its key. The file is a flag in JSON, or a YAML document
with one flag under "flags", as gonfalon flags get prints it.`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		f, err := readFlag(c, args[0])
		if err != nil {
			return err
		}
		return p.change(ctx, c, client, f.Key, flagChange{
			apply: func(flagset.Flag) (flagset.Flag, []flagset.Problem) { return f, nil },
			send: func(w apiclient.Write) (apiclient.Flag, error) {
				return client.PutFlag(ctx, n.env, f, w)
			},
		})
	})
	p.register(c)
	p.references(c)
	return c
}

// readFlag reads a file with one flag. What only the control plane knows is ignored.
func readFlag(c *cobra.Command, name string) (flagset.Flag, error) {
	text, err := readInput(c, name)
	if err != nil {
		return flagset.Flag{}, err
	}
	var f flagset.Flag
	var problems []flagset.Problem
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		f, problems = flagset.ParseFlag(text, apiclient.FlagInfoFields...)
	} else {
		var set flagset.Set
		set, problems = flagset.ParseYAML(text)
		if len(problems) == 0 && (len(set.Flags) != 1 || len(set.Segments) != 0) {
			return f, fmt.Errorf("%s has %s and %s: one flag is needed; gonfalon import takes many", name,
				count(len(set.Flags), "flag"), count(len(set.Segments), "segment"))
		}
		if len(set.Flags) == 1 {
			f = set.Flags[0]
		}
	}
	if report(c, name, problems) {
		return f, errReported
	}
	if f.Key == "" {
		return f, fmt.Errorf(`%s: "key" is missing`, name)
	}
	return f, nil
}
