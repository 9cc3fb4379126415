package controlplane

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// These are the immediate states that the verbs return after a write.
func TestEnabledAlone(t *testing.T) {
	const noon = 1780315200_000000 // 2026-06-01T12:00:00Z
	on, _ := flagset.Enable(flagset.Flag{Key: "f"}, flagset.Scope{})
	off, _ := flagset.Disable(on, flagset.Scope{})
	open, _ := flagset.Enable(off, flagset.Between("2026-06-01T11:00:00Z", "2026-06-01T13:00:00Z"))
	later, _ := flagset.Enable(off, flagset.Between("2026-06-01T13:00:00Z", ""))
	actor, _ := flagset.Enable(off, flagset.ForActor("1"))
	denied, _ := flagset.Disable(on, flagset.ForActor("1"))
	often, _ := flagset.Enable(off, flagset.ForPercentageOfTime(0.9999))
	needs, _ := flagset.Enable(on, flagset.Requires("missing", true))
	for name, c := range map[string]struct {
		flag  flagset.Flag
		actor *string
		want  bool
	}{
		"nothing":                       {flagset.Flag{Key: "f"}, nil, false},
		"on":                            {on, nil, true},
		"off":                           {off, nil, false},
		"off, but a window is open":     {open, nil, true},
		"off, and a window opens later": {later, nil, false},
		"off, but not for the actor":    {actor, new("1"), true},
		"off for another actor":         {actor, new("2"), false},
		"on, but not for the actor":     {denied, new("1"), false},
		"off, but most of the time":     {often, nil, true},
		"prerequisites don't count":     {needs, nil, true},
	} {
		if got := enabledAlone(&c.flag, c.actor, noon, 1); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
