package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/words"
)

func newFlagsGet(n *connection) *cobra.Command {
	var (
		o    output
		past pastOptions
	)
	c := &cobra.Command{
		Use:   "get FLAG",
		Short: "Show a flag as a file has it",
		Long: `Get shows a flag as YAML, in the form that flags.yaml has. gonfalon flags put reads what it prints, also
with -o json, which adds what the control plane knows about the flag.`,
		Example: "  gonfalon flags get new_checkout > new_checkout.yaml\n" +
			"  gonfalon flags get new_checkout --at 24h",
		Args: cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			at, err := past.at()
			if err != nil {
				return err
			}
			if !at.IsZero() {
				return n.getPast(ctx, c, client, o, args[0], at)
			}
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
	past.register(c)
	return c
}

// getPast prints a flag as it was.
func (n *connection) getPast(ctx context.Context, c *cobra.Command, client *apiclient.Client, o output, key string, at api.At) error {
	text, err := client.Export(ctx, n.env, at)
	if err != nil {
		return err
	}
	set, err := exported(text, n.env)
	if err != nil {
		return err
	}
	f := set.Flag(key)
	if f == nil {
		return unknown{"flag", key, n.env + " then"}
	}
	noun := noun{env: n.env, document: f, names: []string{f.Key}, set: &flagset.Set{Flags: []flagset.Flag{*f}}, section: "flags"}
	noun.header, noun.rows = []string{"KEY", "OWNER", "ON FOR"}, [][]string{{f.Key, f.Owner, words.Of(f, flagset.Settings{}, nil).Line()}}
	noun.note = n.env + " as it was"
	noun.text = func(w io.Writer) error { return noun.writeYAML(w) }
	return o.print(c, noun)
}
