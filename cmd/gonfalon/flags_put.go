package main

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsPut(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	c := &cobra.Command{
		Use:   "put FILE",
		Short: "Store a whole flag from a file (- is standard input)",
		Long: `Put replaces the flag that has the same key, or creates it. The file is what gonfalon flags get prints:
YAML with one flag under "flags", or the flag as JSON.`,
		Example: `  gonfalon flags put new_checkout.yaml --dry-run`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		f, text, err := readFlag(c, args[0])
		if err != nil {
			return err
		}
		err = p.change(ctx, c, client, f.Key, flagChange{
			apply: func(flagset.Flag) (flagset.Flag, []flagset.Problem) { return f, nil },
			send: func(w apiclient.WriteOptions) (api.Flag, error) {
				return client.PutFlag(ctx, n.env, f, w)
			},
		})
		return located(args[0], err, text, flagset.Place{Flag: f.Key})
	})
	p.register(c)
	p.references(c)
	return c
}

// readFlag reads a file with one flag, and returns its text too. It ignores what only the control plane knows.
func readFlag(c *cobra.Command, name string) (flagset.Flag, []byte, error) {
	text, err := readText(c, name)
	if err != nil {
		return flagset.Flag{}, nil, err
	}
	var f flagset.Flag
	var problems []flagset.Problem
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		f, problems = flagset.ParseFlag(text, append([]string{"environment"}, api.FlagInfoFields...)...)
	} else {
		var set flagset.Set
		set, problems = flagset.ParseYAML(text)
		if len(problems) == 0 && (len(set.Flags) != 1 || len(set.Segments) != 0) {
			return f, text, refusef("%s has %s and %s: it must have one flag; gonfalon import takes many", name,
				count(len(set.Flags), "flag"), count(len(set.Segments), "segment"))
		}
		if len(set.Flags) == 1 {
			f = set.Flags[0]
		}
	}
	if report(c, name, problems) {
		return f, text, errReported
	}
	if f.Key == "" {
		return f, text, refusef(`%s: "key" is missing`, name)
	}
	return f, text, nil
}
