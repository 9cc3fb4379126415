package controlplane

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/explain"
)

// Explain decides a flag like Evaluate, and says why.
func (s *Service) Explain(ctx context.Context, env, key string, q api.Query) (api.Explanation, error) {
	d, err := s.evaluator(ctx, env, momentOf(q))
	if err != nil {
		return api.Explanation{}, err
	}
	in, err := input(q, s.now())
	if err != nil {
		return api.Explanation{}, err
	}
	i := d.engine.Find(key)
	if i < 0 {
		return api.Explanation{Evaluation: d.decide(key, in), Steps: []api.Step{}}, nil
	}
	decision, steps, err := explain.Of(d.engine, i, in, &d.scratch)
	if err != nil {
		return api.Explanation{}, err
	}
	x := api.Explanation{Evaluation: d.evaluation(key, decision), Steps: make([]api.Step, len(steps))}
	for k := range steps {
		s := &steps[k]
		x.Steps[k] = api.Step{Gate: s.Gate.String(), Target: s.Target, Outcome: s.Outcome.String(), Detail: s.Detail()}
	}
	return x, nil
}
