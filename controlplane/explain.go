package controlplane

import (
	"context"
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
		x.Steps[k] = api.Step{Gate: s.Gate.String(), Target: s.Target, Outcome: s.Outcome.String(), Detail: s.Detail()}
	}
	return x, nil
}
