package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsClear(n *connection) *cobra.Command {
	var (
		p                               = &flagVerb{connection: n}
		what                            flagset.Removal
		actor, group, segment, requires string
		all                             bool
	)
	c := &cobra.Command{
		Use:   "clear FLAG",
		Short: "Remove a gate, or every gate with --all; the flag stays",
		Example: `  gonfalon flags clear new_checkout --group staff
  gonfalon flags clear new_checkout --all --preview`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		for _, part := range []struct {
			name string
			to   **string
			from *string
		}{
			{"actor", &what.Actor, &actor}, {"group", &what.Group, &group},
			{"segment", &what.Segment, &segment}, {"requires", &what.Requires, &requires},
		} {
			if c.Flags().Changed(part.name) {
				*part.to = part.from
			}
		}
		if !all && what == (flagset.Removal{}) {
			return usagef("name a gate, or --all")
		}
		if all && what != (flagset.Removal{}) {
			return usagef("--all and a gate exclude each other: which is meant?")
		}
		return p.change(ctx, c, client, args[0], flagChange{
			apply: func(f flagset.Flag) (flagset.Flag, []flagset.Problem) { return flagset.Clear(f, what) },
			send:  func(w apiclient.WriteOptions) (api.Flag, error) { return client.Clear(ctx, n.env, args[0], what, w) },
		})
	})
	p.register(c)
	f := c.Flags()
	f.BoolVar(&what.Boolean, "boolean", false, "the boolean gate")
	f.BoolVar(&what.Percentage, "percentage", false, "the percentage gate, of actors or of time")
	f.BoolVar(&what.Variant, "variant", false, "the variants")
	f.BoolVar(&what.Rule, "rule", false, "the rule")
	f.BoolVar(&what.Schedule, "schedule", false, "the schedule")
	f.StringVar(&actor, "actor", "", "this actor's gate")
	f.StringVar(&group, "group", "", "this group's gate")
	f.StringVar(&segment, "segment", "", "this segment's gate")
	f.StringVar(&requires, "requires", "", "the prerequisite on this flag")
	f.BoolVar(&all, "all", false, "every gate")
	return c
}
