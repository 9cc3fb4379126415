package flagset

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A lenient reader skips what this build doesn't know, says where that was, and keeps everything else.
func TestLenientFlag(t *testing.T) {
	const newer = `{"key": "f", "colour": "red", "info": 1, "gates": [{"type": "boolean", "enabled": true, "colour": 1},
		{"type": "toggle", "level": 3}, {"type": "rule", "constraints": [{"attribute": "a", "operator": "like", "values": [1], "colour": {}}]},
		{"type": "variant", "variants": [{"name": "v", "weight": 1, "colour": null}]}]}`
	f, skipped, problems := LenientFlag([]byte(newer), "info")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if want := []string{"/colour", "/gates/0/colour", "/gates/1/type", "/gates/2/constraints/0/colour", "/gates/3/variants/0/colour"}; !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
	if text, err := json.Marshal(f); err != nil || slotsOf(f) != "boolean rule variant" || !strings.Contains(string(text), `"like"`) {
		t.Errorf("%s %v", text, err)
	}
	if _, problems := ParseFlag([]byte(newer), "info"); len(problems) != len(skipped) {
		t.Errorf("what people write is still read strictly: %v", problems)
	}
}

// What this build knows is read the same by both readers, and what isn't of the form is a problem for both.
func TestLenientReadsWhatParseReads(t *testing.T) {
	set, _ := ParseYAML(everything(t))
	for _, f := range set.Flags {
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if got, skipped, problems := LenientFlag(text); !reflect.DeepEqual(got.Canonical(), f.Canonical()) || len(skipped)+len(problems) > 0 {
			t.Errorf("%s is %+v, skipped %q, %v", text, got, skipped, problems)
		}
	}
	for _, document := range []string{`{`, `[]`, `{"key": 1}`, `{"gates": {}}`, `{"gates": [{}]}`, `{"gates": [{"type": 5}]}`, `{"gates": [{"type": "actor"}]}`} {
		if _, _, problems := LenientFlag([]byte(document)); len(problems) == 0 {
			t.Errorf("%s is taken", document)
		}
	}
}

// A newer member on each of many gates takes nothing away.
func TestLenientKeepsManyGates(t *testing.T) {
	var gates []string
	for i := range 10 * MaxProblems {
		gates = append(gates, fmt.Sprintf(`{"type": "actor", "target": "u%d", "colour": 1}`, i))
	}
	f, skipped, problems := LenientFlag([]byte(`{"key": "f", "gates": [` + strings.Join(gates, ",") + `]}`))
	if len(f.Gates) != len(gates) || len(skipped) != MaxProblems || len(problems) > 0 {
		t.Errorf("%d gates, skipped %d, %v", len(f.Gates), len(skipped), problems)
	}
}
