package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/explain"
	"github.com/gonfalon-flags/gonfalon/engine/request"
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
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			s, err := engine.Load(data)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if !c.Flags().Changed("roll") {
				roll = rand.Uint64()
			}
			request, err := who.request(c, args[0], roll)
			if err != nil {
				return err
			}
			e, err := evaluate(s, request, explain)
			if err != nil {
				return err
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

// evaluate decides the request's flag, and explains the decision if asked to.
func evaluate(s *engine.Snapshot, request request.Request, withSteps bool) (api.Explanation, error) {
	var (
		r       engine.Request
		d       engine.Decision
		scratch engine.Scratch
		e       api.Explanation
	)
	call, err := request.Append(nil)
	if err != nil {
		return e, err
	}
	if !r.Parse(string(call)) {
		return e, errors.New("the engine does not take the request")
	}
	if withSteps {
		steps, err := explain.Read(explain.Bytes(s, &r, &scratch, &d))
		if err != nil {
			return e, err
		}
		for i := range steps {
			x := &steps[i]
			e.Steps = append(e.Steps, api.Step{Gate: x.Gate.String(), Target: x.Target, Outcome: x.Outcome.String(), Detail: x.Detail()})
		}
	} else {
		s.Evaluate(r.Flag, &r.Input, &scratch, &d)
	}
	e.Evaluation = api.Evaluation{
		Key: r.Flag, Environment: s.Environment(), Revision: s.Revision(), Known: d.Reason != engine.ReasonUnknownFlag,
		Enabled: d.Enabled, Killed: d.Gate == engine.GateKill, Reason: reason(d.Reason), Gate: d.Gate.String(), Target: d.Target,
		Payload: json.RawMessage(d.Payload),
	}
	if d.VariantIndex >= 0 {
		e.Variant = &d.Variant
	}
	if d.Score >= 0 {
		score := float64(d.Score) / 65536
		e.Score = &score
	}
	return e, nil
}

// reason is OpenFeature's name of a reason, as the control plane gives it.
func reason(r engine.Reason) string {
	switch r {
	case engine.ReasonKilled:
		return engine.ReasonStatic.String()
	case engine.ReasonPrerequisite, engine.ReasonUnknownFlag:
		return engine.ReasonDefault.String()
	}
	return r.String()
}
