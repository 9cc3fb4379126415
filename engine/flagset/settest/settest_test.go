package settest_test

import (
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/flagset/settest"
)

func TestNeverSet(t *testing.T) {
	missing := settest.NeverSet(
		&flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: []flagset.Gate{{Type: flagset.Boolean}}}}},
		&flagset.Set{Segments: []flagset.Segment{{Constraints: []flagset.Constraint{{Operator: "eq"}}}}},
	)
	for name, want := range map[string]bool{
		"Flag.Key": false, "gate boolean": false, "operator eq": false, "Set.Segments": false,
		"Flag.Owner": true, "gate actor": true, "operator neq": true, "Settings.GroupConflict": true, "Variant.Weight": true, "Constraint.Attribute": true,
	} {
		if slices.Contains(missing, name) != want {
			t.Errorf("%s is missing: %t, want %t", name, !want, want)
		}
	}
}
