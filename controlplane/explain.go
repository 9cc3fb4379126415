package controlplane

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Explanation is a decision with every gate that the engine looked at, in order.
type Explanation struct {
	Evaluation
	Steps []Step
}

// Step is one gate that the engine looked at.
type Step struct {
	Gate    string `json:"gate"`
	Target  string `json:"target,omitempty"`
	Outcome string `json:"outcome"` // no, yes, deny, pass, fail or not asked
	Detail  string `json:"detail"`  // what the gate compared, in words
}

// maxExplained bounds the steps of an explanation.
const maxExplained = 1_024

// Explain decides a flag like Evaluate, and says why.
func (s *Service) Explain(ctx context.Context, env, key string, q Query) (Explanation, error) {
	d, err := s.decider(ctx, env, q.At)
	if err != nil {
		return Explanation{}, err
	}
	input, err := q.input(s.now())
	if err != nil {
		return Explanation{}, err
	}
	i := d.engine.Find(key)
	if i < 0 {
		return Explanation{Evaluation: d.decide(key, input), Steps: []Step{}}, nil
	}
	var decision engine.Decision
	steps := make([]engine.Step, maxExplained)
	n := min(d.engine.Explain(i, input, &d.scratch, &decision, steps), maxExplained)
	x := Explanation{Evaluation: d.evaluation(key, &decision), Steps: make([]Step, 0, n)}
	for k := range steps[:n] {
		step := &steps[k]
		x.Steps = append(x.Steps, Step{step.Gate.String(), step.Target, step.Outcome.String(), d.detail(key, step, input, q.Context)})
	}
	return x, nil
}

// detail says in words what a gate compared.
func (d *decider) detail(key string, x *engine.Step, in *engine.Input, context map[string]any) string {
	if x.Outcome == engine.OutcomeNotAsked {
		if x.Gate == engine.GateRule || x.Gate == engine.GateSegment {
			return "there is no context"
		}
		return "there is no actor"
	}
	switch x.Gate {
	case engine.GateActor, engine.GateGroup:
		switch {
		case x.Outcome == engine.OutcomeYes:
			return "enabled"
		case x.Outcome == engine.OutcomeDeny:
			return "disabled"
		case x.Gate == engine.GateActor:
			return "no gate of this actor's"
		}
		return "in no group with a gate"
	case engine.GateBoolean:
		return map[bool]string{true: "on", false: "off"}[x.A == 1]
	case engine.GateSchedule:
		return fmt.Sprintf("%s to %s, and it is %s", bound(x.A), bound(x.B), moment(x.C))
	case engine.GatePercentageOfActors:
		return fmt.Sprintf("score %s, granted up to %s", score(x.A), score(x.B))
	case engine.GatePercentageOfTime:
		return fmt.Sprintf("drew %d of 10000, granted up to %d", x.A, x.B)
	case engine.GatePrerequisite:
		found := [...]string{"off", "on", "part of a cycle, or too deep", "missing"}
		return fmt.Sprintf("must be %s, is %s", found[x.A], found[x.B])
	case engine.GateRule, engine.GateSegment:
		return d.ruleDetail(key, x, in, context)
	}
	return ""
}

// ruleDetail says how each constraint compared, and the share of the actors who match.
func (d *decider) ruleDetail(key string, x *engine.Step, in *engine.Input, context map[string]any) string {
	written := d.constraints(key, x)
	from, to := x.Constraints()
	var parts []string
	for i := from; i < to; i++ {
		var c engine.Comparison
		d.engine.Comparison(i, in, &d.scratch, &c)
		text := c.Attribute + " " + c.Operator.String()
		if k := int(i - from); k < len(written) {
			text = describeConstraint(written[k])
		}
		actual := "it is missing"
		if value, ok := context[c.Attribute]; ok {
			plain, _ := marshalPlain(value)
			actual = "it is " + short(plain)
		}
		parts = append(parts, fmt.Sprintf("%s (%s): %s", text, actual, map[bool]string{true: "holds", false: "does not hold"}[c.Held]))
	}
	if x.B < engine.Everybody && x.A >= 0 {
		parts = append(parts, fmt.Sprintf("score %s, granted up to %s", score(x.A), score(x.B)))
	} else if x.B < engine.Everybody {
		parts = append(parts, "the share needs an actor")
	}
	return strings.Join(parts, "; ")
}

// constraints returns the constraints of a rule or segment step, the way people wrote them.
func (d *decider) constraints(key string, x *engine.Step) []flagset.Constraint {
	if x.Gate == engine.GateSegment {
		if r := d.state.segment(x.Target); r != nil && r.read() == nil {
			return r.segment.Constraints
		}
		return nil
	}
	from, to := x.Constraints()
	if r := d.state.flag(key); r != nil && r.read() == nil {
		for _, g := range r.flag.Gates {
			if g.Type == flagset.Rule && len(g.Constraints) == int(to-from) {
				return g.Constraints
			}
		}
	}
	return nil
}

func score(units int64) string {
	if units < 0 {
		return "not needed"
	}
	return fmt.Sprintf("%.4f", float64(units)/65536)
}

func bound(us int64) string {
	if us == engine.OpenFrom || us == engine.OpenUntil {
		return "…"
	}
	return moment(us)
}

func moment(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339Nano) }
