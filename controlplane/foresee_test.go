package controlplane_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestForesee compares two sets in which a segment, a flag and what uses them differ.
func TestForesee(t *testing.T) {
	read := func(text string) *flagset.Set {
		d := flagset.ReadDocument([]byte(text))
		if len(d.Problems) > 0 {
			t.Fatal(d.Problems)
		}
		return d.Set.Sorted()
	}
	const users = `
  - {key: a_grandchild, gates: [{type: prerequisite, target: child}, {type: boolean, enabled: true}]}
  - {key: child, gates: [{type: prerequisite, target: rollout}, {type: boolean, enabled: true}]}
  - {key: of_segment, gates: [{type: segment, target: adults}]}
  - {key: apart, gates: [{type: group, target: staff, enabled: true}]}
`
	before := read("flags:\n  - {key: rollout, gates: [{type: percentage_of_actors, ratio: 0.25}]}\n  - {key: gone, gates: [{type: boolean, enabled: true}]}" + users +
		"segments: [{key: adults, constraints: [{attribute: age, operator: gte, values: [18]}]}]")
	after := read("flags:\n  - {key: rollout, gates: [{type: percentage_of_actors, ratio: 0.5}]}" + users +
		"segments: [{key: adults, constraints: [{attribute: age, operator: gte, values: [21]}]}]")
	changes := must[[]api.Change](t)(controlplane.Difference(before, after))
	if keys := controlplane.Affected(before, after, changes); !slices.Equal(keys, []string{"gone", "rollout", "a_grandchild", "child", "of_segment"}) {
		t.Errorf("affected are %q", keys)
	}
	settled := *after
	settled.Settings.GroupConflict = flagset.AllowWins
	if keys := controlplane.Affected(after, &settled, must[[]api.Change](t)(controlplane.Difference(after, &settled))); !slices.Equal(keys, []string{"apart"}) {
		t.Errorf("other settings affect %q", keys)
	}

	everyone := func(key string) api.PreviewShare {
		return must[api.Preview](t)(controlplane.Foresee(t.Context(), before, after, key, time.Now())).Situations[0].PreviewShare
	}
	for key, turns := range map[string][2]float64{"rollout": {0.25, 0}, "child": {0.25, 0}, "a_grandchild": {0.25, 0}, "gone": {0, 1}, "apart": {0, 0}, "nowhere": {0, 0}} {
		if got := everyone(key); got.TurnOn != turns[0] || got.TurnOff != turns[1] || !got.Exact {
			t.Errorf("%s: %+v", key, got)
		}
	}
	adults := must[api.Preview](t)(controlplane.Foresee(t.Context(), before, after, "of_segment", time.Now()))
	if !slices.ContainsFunc(adults.Situations, func(s api.PreviewSituation) bool { return s.TurnOff == 1 }) {
		t.Errorf("an older segment turns nobody off: %+v", adults.Situations)
	}
}
