package controlplane

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

// Evaluate decides a flag now or in the past. An unknown flag is a decision, not an error. An error has the code
// NotFound (for the environment or the revision), Gone (for a past beyond the retention) or Invalid (for the query).
func (s *Service) Evaluate(ctx context.Context, env, key string, q api.Query) (api.Evaluation, error) {
	d, err := s.evaluator(ctx, env, momentOf(q))
	if err != nil {
		return api.Evaluation{}, err
	}
	in, err := queryInput(d.engine, key, q, s.now())
	if err != nil {
		return api.Evaluation{}, err
	}
	return d.decide(key, in), nil
}

// evaluator decides flags by one snapshot. It serves one caller at a time.
type evaluator struct {
	engine  *engine.Snapshot
	scratch engine.Scratch
}

func (s *Service) evaluator(ctx context.Context, env string, at api.At) (*evaluator, error) {
	st, err := s.replica.At(ctx, env, at)
	if err != nil {
		return nil, err
	}
	return newEvaluator(s.snapshotOf(st))
}

// snapshotOf returns the snapshot of a state: the replica's own, whose engine is loaded once for all, or a new one.
func (s *Service) snapshotOf(st *model.State) *feed.Snapshot {
	if p := s.replica.Snapshot(st.Env); p != nil && p.State() == st {
		return p
	}
	return feed.NewSnapshot(st, s.config.formats)
}

func newEvaluator(p *feed.Snapshot) (*evaluator, error) {
	loaded, err := p.Engine()
	if err != nil {
		return nil, err
	}
	return &evaluator{engine: loaded}, nil
}

func (d *evaluator) decide(key string, in *engine.Input) api.Evaluation {
	var decision engine.Decision
	d.engine.Evaluate(key, in, &d.scratch, &decision)
	return evaluation(d.engine, key, decision)
}

// evaluation returns a decision as the API's document.
func evaluation(s *engine.Snapshot, key string, decision engine.Decision) api.Evaluation {
	e := api.Evaluation{
		Key: key, Environment: s.Environment(), Revision: s.Revision(),
		Known: decision.Reason != engine.ReasonUnknownFlag, Enabled: decision.Enabled, Killed: decision.Gate == engine.GateKill,
		Reason: ReasonName(decision.Reason), Gate: decision.Gate.String(), Target: decision.Target,
	}
	if decision.VariantIndex >= 0 {
		e.Variant = new(decision.Variant)
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

// ReasonName returns OpenFeature's name for a reason.
func ReasonName(r engine.Reason) string {
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

// momentOf returns the moment whose flags a query is about.
func momentOf(q api.Query) api.At { return api.At{Revision: q.Revision, Time: q.Time} }

// complete fills in the actor and the groups from the context's targetingKey and groups, as OFREP does.
func complete(q api.Query) api.Query {
	if q.Actor == nil {
		q.Actor = actorKey(q.Context["targetingKey"])
	}
	if q.Groups != nil {
		return q
	}
	switch groups := q.Context["groups"].(type) {
	case string:
		q.Groups = []string{groups}
	case []any:
		for _, item := range groups {
			if name, ok := item.(string); ok {
				q.Groups = append(q.Groups, name)
			}
		}
	}
	return q
}

// actorKey returns the key that a context names: a string, or an integer in decimal digits. Anything else is nobody.
func actorKey(v any) *string {
	normal, err := flagset.Normalise(v)
	if err != nil {
		return nil
	}
	switch n := normal.(type) {
	case string:
		return &n
	case int64, *big.Int:
		return new(fmt.Sprint(n))
	}
	return nil
}

// queryInput returns a query about one flag as the engine's input. If there are more groups or attributes than the engine takes,
// only those count that deciding the flag can ask for: a group that comes late may be the one that denies. s may be nil; then
// too many are refused. now is the time if the query names none. An error has the code Invalid.
func queryInput(s *engine.Snapshot, key string, q api.Query, now time.Time) (*engine.Input, error) {
	q = complete(q)
	keyless := q.Actor == nil && len(q.Groups) > 0
	if s != nil && (len(q.Groups) > engine.MaxGroups || len(q.Context) > engine.MaxAttributes) {
		narrow(s, s.Find(key), &q)
	}
	switch {
	case !q.Now.IsZero():
		now = q.Now
	case !q.Time.IsZero():
		now = q.Time
	}
	r := request.Request{Flags: []string{""}, Actor: q.Actor, Keyless: keyless, Groups: q.Groups, Now: now.UnixMicro()}
	if q.Roll != nil {
		r.Roll = *q.Roll
	} else {
		r.Roll = rand.Uint64()
	}
	if len(q.Groups) > engine.MaxGroups {
		return nil, model.InvalidAt("/groups", fmt.Sprintf("%d groups exceed the limit of %d", len(q.Groups), engine.MaxGroups), "")
	}
	if len(q.Context) > engine.MaxAttributes {
		return nil, model.InvalidAt("/context", fmt.Sprintf("%d attributes exceed the limit of %d", len(q.Context), engine.MaxAttributes), "")
	}
	if q.Context != nil {
		normal, err := flagset.Normalise(q.Context)
		if err != nil {
			return nil, model.InvalidAt("/context", err.Error(), "")
		}
		r.Attributes = normal.(map[string]any)
	}
	data, err := r.Append(nil)
	if err != nil {
		return nil, model.InvalidAt("/context", err.Error(), "")
	}
	var parsed engine.Request
	if !parsed.Parse(string(data)) {
		return nil, model.InvalidAt("", "the engine can't read the query", "")
	}
	return &parsed.Input, nil
}

// narrow cuts a query's groups and attributes down to those that deciding flag i can ask for.
func narrow(s *engine.Snapshot, i int32, q *api.Query) {
	if i < 0 {
		q.Groups, q.Context = nil, nil // an unknown flag asks for nothing
		return
	}
	var scratch engine.Scratch
	groups := make([]string, s.Groups(i, &scratch, nil))
	s.Groups(i, &scratch, groups)
	asked := map[string]bool{}
	for _, name := range groups {
		asked[name] = true
	}
	var kept []string
	for _, name := range q.Groups {
		if asked[name] {
			kept = append(kept, name)
			asked[name] = false // each counts once
		}
	}
	q.Groups = kept
	attributes := make([]string, engine.MaxAttributes)
	if n := s.Attributes(i, &scratch, attributes); n <= engine.MaxAttributes {
		context := map[string]any{}
		for _, name := range attributes[:n] {
			if value, found := q.Context[name]; found {
				context[name] = value
			}
		}
		q.Context = context
	}
}
