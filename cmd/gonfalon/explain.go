package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine"
)

func newExplain() *cobra.Command {
	var (
		n    = new(connection)
		o    output
		who  subject
		roll uint64
		past pastOptions

		trace bool
	)
	c := &cobra.Command{
		Use:   "explain FLAG",
		Short: "Show why a flag is on or off, now or at a past revision",
		Long: `Show why a flag is on or off, now or at a past revision: each gate that was looked at, in the order of precedence,
up to the one that decided. With --trace every comparison of a gate is told, and for a share the number that was
drawn, the greatest that is granted, and the text whose SHA-256 it is of, so that you can check it by hand.`,
		Example: `  gonfalon explain new_checkout --actor user:3 --context '{"plan": "pro"}'
  gonfalon explain new_checkout --actor user:3 --at 2026-11-27T08:30:00Z
  gonfalon explain new_checkout --actor user:3 --trace`,
		Args: cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			q, err := who.query(c)
			if err != nil {
				return err
			}
			if c.Flags().Changed("roll") {
				q.Roll = &roll
			}
			at, err := past.at()
			if err != nil {
				return err
			}
			q.Revision, q.Time = at.Revision, at.Time
			e, err := client.Explain(ctx, n.env, args[0], q)
			if err != nil {
				return err
			}
			if !e.Known {
				return unknown{"flag", args[0], n.env}
			}
			shown := explanationNoun(e)
			if trace {
				shown.text = func(w io.Writer) error { return printTrace(w, e) }
			}
			return o.print(c, shown)
		}),
	}
	n.register(c)
	n.inEnvironment(c)
	o.register(c)
	who.flags(c)
	past.register(c)
	c.Flags().BoolVar(&trace, "trace", false, "tell each step: what was compared with what, the score, and what it was made of")
	c.Flags().Uint64Var(&roll, "roll", 0, "the 64 random bits that percentage_of_time draws from (default: random)")
	return c
}

// explanationNoun returns what a verb prints of a decision and its steps, of which there may be none.
func explanationNoun(e api.Explanation) noun {
	n := noun{document: e, names: []string{e.Key}, header: []string{"GATE", "TARGET", "DETAIL", "OUTCOME"}}
	if e.Steps == nil {
		n.document = e.Evaluation
	}
	for _, s := range e.Steps {
		outcome := s.Outcome
		if outcome == engine.OutcomeNo.String() {
			outcome = "—"
		}
		n.rows = append(n.rows, []string{s.Gate, s.Target, s.Detail, outcome})
	}
	n.text = func(w io.Writer) error {
		if err := sayFolded(w, decisionLine(e)); err != nil {
			return err
		}
		rows := make([][]string, len(n.rows))
		for i, row := range n.rows {
			rows[i] = append([]string{"  " + row[0]}, row[1:]...)
		}
		if err := table(w, rows...); err != nil || e.Variant == nil {
			return err
		}
		return say(w, "variant %s\n", strings.TrimRight(*e.Variant+" "+string(e.Payload), " "))
	}
	return n
}
