package flagset

import (
	"encoding/json"
	"testing"
)

// What uses no new member is written as it always was, byte by byte. This text stays as it is: builds that don't know a
// new member can't read, or kill, a flag that has it, so a member is written only if it isn't usual (omitempty).
func TestUsualFormIsFrozen(t *testing.T) {
	const frozen = `{"settings":{"group_conflict":"deny_wins"},` +
		`"flags":[{"key":"f","description":"","owner":"","tags":[],"permanent":false,"killed":false,"off_variant":null,"gates":[` +
		`{"type":"boolean","enabled":true},` +
		`{"type":"actor","target":"t","enabled":true},` +
		`{"type":"group","target":"t","enabled":true},` +
		`{"type":"percentage_of_time","ratio":0.5},` +
		`{"type":"percentage_of_actors","ratio":0.5},` +
		`{"type":"variant","variants":[{"name":"v","weight":1}]},` +
		`{"type":"rule","enabled":true,"ratio":0.5,"constraints":[{"attribute":"a","operator":"eq","values":[1]}]},` +
		`{"type":"segment","target":"t","enabled":true,"ratio":0.5},` +
		`{"type":"prerequisite","target":"t","enabled":true},` +
		`{"type":"schedule","from":null,"until":null}]}],` +
		`"segments":[{"key":"s","description":"","constraints":[]}]}`
	f := Flag{Key: "f"}
	for _, kind := range GateTypes() {
		f.Gates = append(f.Gates, Gate{
			Type: kind, Target: "t", Enabled: true, Ratio: new(0.5), Variants: []Variant{{Name: "v", Weight: Int(1)}},
			Constraints: []Constraint{{Attribute: "a", Operator: "eq", Values: []any{int64(1)}}},
		})
	}
	got, err := json.Marshal(Set{Flags: []Flag{f}, Segments: []Segment{{Key: "s"}}})
	if err != nil || string(got) != frozen {
		t.Errorf("now it is\n%s %v\nand it was\n%s", got, err, frozen)
	}
}
