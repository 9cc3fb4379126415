package controlplane

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

// Query says for whom and when to decide.
type Query struct {
	Actor   *string        // the targeting key; nil for none, so that gates that need the key don't match
	Groups  []string       // the actor's groups
	Context map[string]any // attributes with JSON values
	Now     time.Time      // if zero, the time of At, or else the clock's
	Roll    *uint64        // chance; nil for a random roll
	At      At             // when the flags are from; zero for now
}

// Evaluation is a decision.
type Evaluation struct {
	Key         string
	Environment string
	Revision    int64
	Known       bool // the flag exists
	Enabled     bool
	Killed      bool
	Reason      string // OpenFeature's name for it: STATIC, TARGETING_MATCH, SPLIT or DEFAULT
	Gate        string // the gate that decided: boolean, actor … kill, prerequisite; "" if none did
	Target      string // that gate's target
	Score       *float64
	HasVariant  bool
	Variant     string
	Payload     json.RawMessage // nil for none
}

// Evaluate decides a flag now or in the past. An unknown flag is a decision, not an error. An error has the code NotFound (for the
// environment or the revision), Gone (for a past beyond the retention) or Invalid (for the query).
func (s *Service) Evaluate(ctx context.Context, env, key string, q Query) (Evaluation, error) {
	d, err := s.decider(ctx, env, q.At)
	if err != nil {
		return Evaluation{}, err
	}
	input, err := q.input(s.now())
	if err != nil {
		return Evaluation{}, err
	}
	return d.decide(key, input), nil
}

// decider decides flags by one state of an environment. It serves one caller at a time.
type decider struct {
	state   *state
	engine  *engine.Snapshot
	scratch engine.Scratch
}

func (s *Service) decider(ctx context.Context, env string, at At) (*decider, error) {
	st, err := s.at(ctx, env, at)
	if err != nil {
		return nil, err
	}
	return newDecider(st)
}

func newDecider(st *state) (*decider, error) {
	loaded, err := st.snapshot.Engine()
	if err != nil {
		return nil, err
	}
	return &decider{state: st, engine: loaded}, nil
}

func (d *decider) decide(key string, in *engine.Input) Evaluation {
	var decision engine.Decision
	d.engine.Evaluate(key, in, &d.scratch, &decision)
	return d.evaluation(key, &decision)
}

func (d *decider) evaluation(key string, decision *engine.Decision) Evaluation {
	e := Evaluation{
		Key: key, Environment: d.state.env, Revision: d.state.head.Revision,
		Known: decision.Reason != engine.ReasonUnknownFlag, Enabled: decision.Enabled, Killed: decision.Gate == engine.GateKill,
		Reason: reasonName(decision.Reason), Gate: decision.Gate.String(), Target: decision.Target,
		HasVariant: decision.VariantIndex >= 0, Variant: decision.Variant,
	}
	if decision.Score >= 0 {
		score := float64(decision.Score) / 65536
		e.Score = &score
	}
	if decision.Payload != "" {
		e.Payload = json.RawMessage(decision.Payload)
	}
	return e
}

// reasonName returns OpenFeature's name for a reason.
func reasonName(r engine.Reason) string {
	switch r {
	case engine.ReasonStatic, engine.ReasonKilled:
		return "STATIC"
	case engine.ReasonTargetingMatch:
		return "TARGETING_MATCH"
	case engine.ReasonSplit:
		return "SPLIT"
	}
	return "DEFAULT" // nothing granted it, a prerequisite kept it off, or the flag is unknown
}

// input returns the query as the engine's input.
func (q *Query) input(now time.Time) (*engine.Input, error) {
	switch {
	case !q.Now.IsZero():
		now = q.Now
	case !q.At.Time.IsZero():
		now = q.At.Time
	}
	r := request.Request{Flags: []string{""}, Actor: q.Actor, Keyless: q.Actor == nil && len(q.Groups) > 0, Groups: q.Groups, Now: now.UnixMicro()}
	if q.Roll != nil {
		r.Roll = *q.Roll
	} else {
		r.Roll = rand.Uint64()
	}
	if len(q.Groups) > engine.MaxGroups {
		return nil, problem("/groups", fmt.Sprintf("%d groups are more than %d", len(q.Groups), engine.MaxGroups), "")
	}
	if len(q.Context) > engine.MaxAttributes {
		return nil, problem("/context", fmt.Sprintf("%d attributes are more than %d", len(q.Context), engine.MaxAttributes), "")
	}
	if q.Context != nil {
		normal, err := flagset.Normalise(q.Context)
		if err != nil {
			return nil, problem("/context", err.Error(), "")
		}
		r.Attributes = normal.(map[string]any)
	}
	data, err := r.Append(nil)
	if err != nil {
		return nil, problem("/context", err.Error(), "")
	}
	var parsed engine.Request
	if !parsed.Parse(string(data)) {
		return nil, problem("", "the engine can't read the query", "")
	}
	return &parsed.Input, nil
}
