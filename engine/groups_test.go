package engine_test

import (
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func TestGroups(t *testing.T) {
	s := load(t, `
flags:
  - {key: child, gates: [{type: group, target: staff, enabled: true}, {type: group, target: beta, enabled: false}, {type: prerequisite, target: left, enabled: true}, {type: prerequisite, target: right, enabled: false}]}
  - {key: left, gates: [{type: group, target: staff, enabled: false}, {type: prerequisite, target: top, enabled: true}]}
  - {key: right, gates: [{type: prerequisite, target: top, enabled: true}]}
  - {key: top, gates: [{type: group, target: beta, enabled: true}, {type: group, target: owners, enabled: true}]}
  - {key: none, gates: [{type: boolean, enabled: true}]}
`)
	var sc engine.Scratch
	for key, want := range map[string][]string{
		"child": {"beta", "owners", "staff"}, "left": {"beta", "owners", "staff"}, "right": {"beta", "owners"}, "top": {"beta", "owners"}, "none": nil,
	} {
		out := make([]string, 8)
		got := out[:s.Groups(s.Find(key), &sc, out)]
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	short := make([]string, 1)
	if n := s.Groups(s.Find("child"), &sc, short); n != 3 || short[0] == "" {
		t.Errorf("with room for one: %d, %q", n, short)
	}
}
