package gonfalon

import (
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// recorder is an engine behind the interface, which notes what it is handed.
type recorder struct {
	Snapshot
	asked map[string][]engine.Input
}

func (r *recorder) Load(data []byte) (Snapshot, error) {
	s, err := Native().Load(data)
	return &recorder{s, r.asked}, err
}

func (r *recorder) Decide(i int32, in *engine.Input, d *engine.Decision) error {
	kept := *in
	kept.Attributes = slices.Clone(in.Attributes)
	r.asked[r.Key(i)] = append(r.asked[r.Key(i)], kept)
	return r.Snapshot.Decide(i, in, d)
}

func TestAnEngineIsHandedOnlyWhatMatters(t *testing.T) {
	r := &recorder{asked: map[string][]engine.Input{}}
	c, err := New(t.Context(), Config{Engine: r, ReadyWithin: -1, Usage: -1, Logger: quiet, Bootstrap: compiled(t, 1,
		`{"key": "fixed", "gates": [{"type": "boolean", "enabled": true}]}`,
		`{"key": "actor", "gates": [{"type": "percentage_of_actors", "ratio": 0.5}]}`,
		`{"key": "group", "gates": [{"type": "group", "target": "staff", "enabled": true}]}`,
		`{"key": "child", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "rule", "enabled": true}]}`,
		`{"key": "rule", "gates": [{"type": "rule", "enabled": true, "constraints": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]}`,
		`{"key": "late", "gates": [{"type": "schedule", "from": "2026-01-01T00:00:00Z", "until": null}]}`,
		`{"key": "moment", "gates": [{"type": "percentage_of_time", "ratio": 0.5}]}`,
	)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	context := Prepare(For("user:42"), InGroups("staff"), With("plan", "pro"), With("age", 30))
	plan := []engine.Attribute{engine.String("plan", "pro")}
	for key, want := range map[string]engine.Input{
		"fixed":  {},
		"actor":  {},
		"group":  {Groups: []string{"staff"}},
		"child":  {Attributes: plan},
		"rule":   {Attributes: plan},
		"late":   {Now: 1},
		"moment": {Roll: 1},
	} {
		on := c.Enabled(key, context)
		if key != "moment" && key != "actor" && !on {
			t.Errorf("%s is off", key)
		}
		for range 2 {
			c.Decide(key, context)
		}
		calls := 3
		if key == "fixed" {
			calls = 1
		}
		if len(r.asked[key]) != calls {
			t.Errorf("%s: the engine was asked %d times, want %d", key, len(r.asked[key]), calls)
			continue
		}
		got := r.asked[key][0]
		if got.Actor != "user:42" || !slices.Equal(got.Groups, want.Groups) || !slices.Equal(got.Attributes, want.Attributes) ||
			(got.Now != 0) != (want.Now != 0) || (got.Roll != 0) != (want.Roll != 0) {
			t.Errorf("%s: the engine was handed %+v", key, got)
		}
	}
}
