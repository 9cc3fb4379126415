package engine_test

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// compiled returns the bytes of a snapshot, from the authoring form.
func compiled(t testing.TB, yaml string) []byte {
	t.Helper()
	set, problems := flagset.ParseYAML([]byte(yaml))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return compiledSet(t, &set)
}

func compiledSet(t testing.TB, set *flagset.Set) []byte {
	t.Helper()
	data, problems := snapshot.Compile(snapshot.Header{Environment: "test", Revision: 7, Settings: set.Settings}, set, snapshot.Strict)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return data
}

func loaded(t testing.TB, data []byte) *engine.Snapshot {
	t.Helper()
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func load(t testing.TB, yaml string) *engine.Snapshot {
	t.Helper()
	return loaded(t, compiled(t, yaml))
}

func decide(s *engine.Snapshot, key string, in engine.Input) engine.Decision {
	var sc engine.Scratch
	var d engine.Decision
	s.Evaluate(key, &in, &sc, &d)
	return d
}

func actor(key string, groups ...string) engine.Input {
	return engine.Input{Actor: key, Presence: engine.Keyed, Groups: groups}
}

// everything is a set with every kind of gate and operator.
const everything = `
settings: {group_conflict: deny_wins}
segments:
  - {key: premium, constraints: [{attribute: plan, operator: in, values: [pro, team]}, {attribute: seats, operator: gte, values: [10]}]}
  - {key: mail, constraints: [{attribute: email, operator: matches, values: ['^[a-z.]+@acme\.(com|org)$']}]}
flags:
  - {key: actors, gates: [{type: actor, target: "user:1", enabled: true}, {type: actor, target: "user:2", enabled: false}, {type: boolean, enabled: true}]}
  - {key: groups, gates: [{type: group, target: staff, enabled: true}, {type: group, target: banned, enabled: false}, {type: boolean, enabled: false}]}
  - {key: half, gates: [{type: percentage_of_actors, ratio: 0.5}]}
  - {key: hero, gates: [{type: variant, variants: [{name: blue, weight: 3, payload: {hex: "#00f"}}, {name: green, weight: 1, payload: {hex: "#0f0"}}]}, {type: boolean, enabled: true}]}
  - {key: killed, killed: true, off_variant: a, gates: [{type: boolean, enabled: true}, {type: variant, variants: [{name: a, weight: 1}, {name: b, weight: 1}]}]}
  - {key: needs, gates: [{type: prerequisite, target: groups, enabled: true}, {type: boolean, enabled: true}]}
  - {key: needs_off, gates: [{type: prerequisite, target: half, enabled: false}, {type: boolean, enabled: true}]}
  - {key: rules, gates: [{type: rule, enabled: true, ratio: 0.5, constraints: [{attribute: country, operator: eq, values: [DE]}]}, {type: segment, target: premium, enabled: true}, {type: segment, target: mail, enabled: true}]}
  - {key: sometimes, gates: [{type: percentage_of_time, ratio: 0.25}]}
  - {key: week, gates: [{type: schedule, from: "2026-11-27T00:00:00Z", until: "2026-12-04T00:00:00Z"}]}
`
