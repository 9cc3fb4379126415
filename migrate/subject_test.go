package migrate_test

import (
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
)

// TestAMadeUpActorIsInAGroupOnce reads who is made up for a flag that asks for groups.
func TestAMadeUpActorIsInAGroupOnce(t *testing.T) {
	set := flagset.Set{Flags: []flagset.Flag{{Key: "beta", Gates: []flagset.Gate{{Type: flagset.Group, Target: "staff", Enabled: true}}}}}
	in := 0
	for subject, err := range migrate.MadeUp(200, &set) {
		if err != nil {
			t.Fatal(err)
		}
		in += len(subject.Groups)
		if names := slices.Clone(subject.Groups); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
			t.Errorf("%s is in %q", *subject.Actor, names)
		}
	}
	if in == 0 {
		t.Error("no actor is in a group")
	}
}
