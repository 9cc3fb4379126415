package controlplane

import (
	"context"
	"math"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/explain"
)

// Explain decides a flag like Evaluate, and says why.
func (s *Service) Explain(ctx context.Context, env, key string, q api.Query) (api.Explanation, error) {
	d, err := s.evaluator(ctx, env, momentOf(q))
	if err != nil {
		return api.Explanation{}, err
	}
	return ExplainBy(d.engine, key, q, s.now())
}

// ExplainBy decides a flag by a snapshot from anywhere, and says why. An unknown flag is a decision. now is the time if the
// query names none. An error has the code Invalid.
func ExplainBy(s *engine.Snapshot, key string, q api.Query, now time.Time) (api.Explanation, error) {
	in, err := queryInput(s, key, q, now)
	if err != nil {
		return api.Explanation{}, err
	}
	var (
		scratch  engine.Scratch
		decision engine.Decision
		steps    []explain.Step
	)
	if i := s.Find(key); i < 0 {
		s.Evaluate(key, in, &scratch, &decision)
	} else if decision, steps, err = explain.Of(s, i, in, &scratch); err != nil {
		return api.Explanation{}, err
	}
	x := api.Explanation{Evaluation: evaluation(s, key, decision), Steps: make([]api.Step, len(steps))}
	for k := range steps {
		s := &steps[k]
		x.Steps[k] = api.Step{
			Gate: s.Gate.String(), Target: s.Target, Outcome: s.Outcome.String(), Detail: s.Detail(),
			Comparisons: comparisons(s), Draw: drawOf(s, in.Actor+key),
		}
	}
	return x, nil
}

// comparisons returns what a step compared: nothing if the context is empty.
func comparisons(s *explain.Step) (list []api.Comparison) {
	if s.Outcome == engine.OutcomeNotAsked {
		return nil
	}
	for _, c := range s.Comparisons {
		one := api.Comparison{Attribute: c.Attribute, Operator: c.Operator.String(), Values: explain.Short(c.Values), Held: c.Held}
		if c.Actual != nil {
			one.Actual = explain.Short(c.Actual)
		}
		list = append(list, one)
	}
	return list
}

// These are the greatest score of an actor, as engine.Score returns it, and the greatest draw of time.
const (
	lastScore = math.MaxUint16
	lastDraw  = 10_000
)

// drawOf returns what decided a step that grants a share; nil if none did.
func drawOf(s *explain.Step, input string) *api.Draw {
	d := &api.Draw{Drawn: s.A, Last: lastScore, Input: input}
	switch s.Gate {
	case engine.GatePercentageOfTime:
		d.Last, d.Input = lastDraw, ""
	case engine.GatePercentageOfActors, engine.GateRule, engine.GateSegment:
		if s.A == nil {
			d.Input = ""
		}
	default:
		return nil
	}
	if s.B == nil || s.Outcome == engine.OutcomeNotAsked {
		return nil
	}
	d.Most = *s.B
	return d
}
