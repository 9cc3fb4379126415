package settest_test

import (
	"os"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/flagset/settest"
)

// everything.yaml has every field, operator and kind of gate, since other tests take it for all of them. The canonical form
// of it loses none.
func TestEverythingHasEverything(t *testing.T) {
	text, err := os.ReadFile("../testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, problems := flagset.ParseYAML(text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if missing := settest.NeverSet(&set); len(missing) > 0 {
		t.Errorf("engine/flagset/testdata/everything.yaml lacks %v", missing)
	}
	if missing := settest.NeverSet(set.Canonical()); len(missing) > 0 {
		t.Errorf("canonical.go loses %v", missing)
	}
}

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
