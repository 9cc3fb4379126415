package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/engine"
)

func newEval() *cobra.Command {
	var (
		file    string
		o       output
		who     subject
		roll    uint64
		explain bool
	)
	c := &cobra.Command{
		Use:   "eval --snapshot S.snapshot FLAG",
		Short: "Evaluate a flag from a snapshot file, without a server",
		Long: `Eval evaluates one flag as a host would. You can give everything that the decision depends on, including
the time and the random bits, so you can replay any decision.`,
		Example: `  gonfalon eval --snapshot flags.snapshot new_checkout --actor user:3 --group staff
  gonfalon eval --snapshot flags.snapshot new_checkout --context '{"plan": "pro"}' --now 2026-11-27T00:00:00Z --explain`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if file == "" {
				return usagef("--snapshot is missing: the file that gonfalon compile wrote")
			}
			data, err := readInput(c, file)
			if err != nil {
				return err
			}
			s, err := engine.Load(data)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			q, err := who.query(c)
			if err != nil {
				return err
			}
			if c.Flags().Changed("roll") {
				q.Roll = &roll
			}
			e, err := controlplane.ExplainBy(s, args[0], q, time.Now())
			if err != nil {
				return usagef("%w", err)
			}
			if !explain {
				e.Steps = nil
			}
			if !e.Known {
				return unknown{"flag", args[0], file}
			}
			return o.print(c, explanationNoun(e))
		},
	}
	flags := c.Flags()
	flags.StringVar(&file, "snapshot", "", "the snapshot file")
	who.flags(c)
	flags.Uint64Var(&roll, "roll", 0, "the 64 random bits that percentage_of_time draws from (default: random)")
	flags.BoolVar(&explain, "explain", false, "show every gate that was evaluated")
	o.register(c)
	return c
}
