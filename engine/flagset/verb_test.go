package flagset

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func ptr[T any](v T) *T { return &v }

// slotsOf returns the slots of a flag's gates, in order.
func slotsOf(f Flag) string {
	var slots []string
	for _, g := range f.Gates {
		slots = append(slots, g.Slot())
	}
	return strings.Join(slots, " ")
}

func TestEnable(t *testing.T) {
	premium := Constraint{Attribute: "plan", Operator: "eq", Values: []any{"premium"}}
	for _, c := range []struct {
		name  string
		scope Scope
		want  Gate
	}{
		{"everybody", Scope{}, Gate{Type: Boolean, Enabled: true}},
		{"an actor", ForActor("user:42"), Gate{Type: Actor, Target: "user:42", Enabled: true}},
		{"a group", ForGroup("staff"), Gate{Type: Group, Target: "staff", Enabled: true}},
		{"actors", ForPercentageOfActors(0.25), Gate{Type: PercentageOfActors, Ratio: ptr(0.25)}},
		{"time", ForPercentageOfTime(1e-7), Gate{Type: PercentageOfTime, Ratio: ptr(1e-7)}},
		{"a rule", When(premium), Gate{Type: Rule, Enabled: true, Constraints: []Constraint{premium}}},
		{"a segment that need not exist", ForSegment("premium_us"), Gate{Type: SegmentGate, Target: "premium_us", Enabled: true}},
		{"a parent on", Requires("parent", true), Gate{Type: Prerequisite, Target: "parent", Enabled: true}},
		{"a parent off", Requires("parent", false), Gate{Type: Prerequisite, Target: "parent"}},
		{"a window", Between("2026-06-01T11:00:00Z", ""), Gate{Type: Schedule, From: ptr("2026-06-01T11:00:00Z")}},
	} {
		f, problems := Enable(Flag{Key: "f"}, c.scope)
		if len(problems) > 0 {
			t.Errorf("%s: %v", c.name, problems)
			continue
		}
		if len(f.Gates) != 1 || !reflect.DeepEqual(f.Gates[0], c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, f.Gates, c.want)
		}
		if again, _ := Enable(f, c.scope); !reflect.DeepEqual(again, f) {
			t.Errorf("%s: enabling twice is not enabling once: %+v", c.name, again)
		}
	}
}

func TestEnableReplacesTheSlot(t *testing.T) {
	f := Flag{Key: "f"}
	for _, s := range []Scope{ForActor("b"), {}, ForActor("a"), ForPercentageOfActors(0.5), ForPercentageOfTime(0.1), ForGroup("g")} {
		f, _ = Enable(f, s)
	}
	if got, want := slotsOf(f), "actor/a actor/b boolean group/g percentage"; got != want {
		t.Errorf("slots are %q, want %q", got, want)
	}
	if g := f.Gates[4]; g.Type != PercentageOfTime || *g.Ratio != 0.1 {
		t.Errorf("the second percentage must replace the first, of whatever kind: %+v", g)
	}
	denied, _ := Disable(f, ForActor("a"))
	if denied.Gates[0].Enabled || !f.Gates[0].Enabled {
		t.Error("disabling for an actor must write a denial, and leave the old flag alone")
	}
}

func TestDisable(t *testing.T) {
	f, problems := Disable(Flag{Key: "f"}, ForPercentageOfActors(0.999999))
	if len(problems) > 0 || *f.Gates[0].Ratio != 1.0000000000287557e-06 {
		t.Errorf("1.0 - 0.999999 is %v (%v)", f.Gates, problems)
	}
	if f, _ = Disable(f, ForPercentageOfTime(0.3)); len(f.Gates) != 1 || *f.Gates[0].Ratio != 0.7 || f.Gates[0].Type != PercentageOfTime {
		t.Errorf("1.0 - 0.3 is %v", f.Gates)
	}
	for name, s := range map[string]Scope{
		"a rule": When(Constraint{Attribute: "a", Operator: "eq", Values: []any{"b"}}), "a segment": ForSegment("s"),
		"a parent": Requires("p", true), "a schedule": Between("", ""),
	} {
		g, problems := Disable(f, s)
		if Err(problems) == nil || !reflect.DeepEqual(g, f) {
			t.Errorf("disable for %s: %v", name, problems)
		}
	}
}

func TestScopesAreRefused(t *testing.T) {
	for body, want := range map[string]string{
		`{"for_actor": ""}`:                                                 "/for_actor: it is empty",
		`{"for_group": ""}`:                                                 "/for_group: it is empty",
		`{"for_actor": null}`:                                               "/for_actor: null is not a scope",
		`{"for_actor": 42}`:                                                 `/for_actor: this is a number, not a string (put it in quotes: "42")`,
		`{"for_actor": "a", "for_group": "g"}`:                              "one scope at a time",
		`{"for_actors": "a"}`:                                               `/for_actors: the body has no field "for_actors" (did you mean "for_actor"?)`,
		`{"for_percentage_of": {"actors": 1.5}}`:                            "/for_percentage_of/actors: 1.5 is not between 0 and 1 (both excluded) (for everyone, enable the boolean gate)",
		`{"for_percentage_of": {"time": 0}}`:                                "/for_percentage_of/time: 0 is not between 0 and 1",
		`{"for_percentage_of": {"actors": "0.5"}}`:                          "/for_percentage_of/actors: this is a string, not a number",
		`{"for_percentage_of": {}}`:                                         "/for_percentage_of: exactly one of",
		`{"for_percentage_of": {"actors": 0.1, "time": 0.2}}`:               "/for_percentage_of: exactly one of",
		`{"when": []}`:                                                      "/when: a rule without constraints never matches",
		`{"when": [{"attribute": "a", "operator": "near", "values": [1]}]}`: `/when/0/operator: "near" is not an operator`,
		`{"when": [{"attribute": "a", "operator": "matches", "values": ["("]}]}`: "/when/0/values/0: the pattern is not RE2: missing closing )",
		`{"schedule": {"from": "2026-11-27"}}`:                                   "/schedule/from: \"2026-11-27\" is not a time",
		`{"requires": {"enabled": true}}`:                                        `/requires/flag: "flag" is missing`,
		`{"requires": "a/b"}`:                                                    `/requires: "a/b" can't be a key: it has a slash`,
		`[]`:                                                                     "this is a list, not an object",
		`{`:                                                                      "this is not JSON",
	} {
		scope, problems := ParseScope([]byte(body))
		f, more := Enable(Flag{Key: "f"}, scope)
		problems = Join(problems, more)
		if err := Err(problems); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
		if more != nil && len(f.Gates) > 0 {
			t.Errorf("%s: the flag changed: %+v", body, f)
		}
	}
}

func TestScopeForms(t *testing.T) {
	for body, want := range map[string]Scope{
		`{}`:                       {},
		`{"for_actor": "user:42"}`: ForActor("user:42"),
		`{"for_percentage_of": {"actors": 0.25}}`:                       ForPercentageOfActors(0.25),
		`{"for_segment": "premium_us"}`:                                 ForSegment("premium_us"),
		`{"requires": "parent"}`:                                        Requires("parent", true),
		`{"requires": {"flag": "parent", "enabled": false}}`:            Requires("parent", false),
		`{"schedule": {"from": "2026-06-01T11:00:00Z", "until": null}}`: Between("2026-06-01T11:00:00Z", ""),
		`{"reason": "second wave", "for_group": "g"}`:                   ForGroup("g"),
	} {
		got, problems := ParseScope([]byte(body), "reason")
		if len(problems) > 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v, want %+v", body, got, problems, want)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if again, problems := ParseScope(text); len(problems) > 0 || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: written as %s, which reads as %+v %v", body, text, again, problems)
		}
	}
}

func TestClear(t *testing.T) {
	full := Flag{Key: "f"}
	for _, s := range []Scope{{}, ForActor("1"), ForGroup("g"), ForPercentageOfActors(0.5), When(Constraint{Attribute: "a", Operator: "eq", Values: []any{"b"}}),
		ForSegment("alpha"), ForSegment("beta"), Requires("p", true), Requires("q", false), Between("", "")} {
		full, _ = Enable(full, s)
	}
	full, _ = PutVariants(full, []Variant{{Name: "a", Weight: Int(1)}})
	all := slotsOf(full)
	for body, gone := range map[string]string{
		`{"boolean": true}`: "boolean", `{"percentage": true}`: "percentage", `{"variant": true}`: "variant", `{"rule": true}`: "rule",
		`{"schedule": true}`: "schedule", `{"for_actor": "1"}`: "actor/1", `{"for_group": "g"}`: "group/g", `{"for_segment": "alpha"}`: "segment/alpha",
		`{"requires": "p"}`: "prerequisite/p", `{"requires": {"flag": "q", "enabled": true}}`: "prerequisite/q", `{"for_actor": "nobody"}`: "",
	} {
		what, problems := ParseRemoval([]byte(body))
		f, more := Clear(full, what)
		if problems = Join(problems, more); len(problems) > 0 {
			t.Errorf("%s: %v", body, problems)
		}
		want := strings.Join(strings.Fields(strings.Replace(" "+all+" ", " "+gone+" ", " ", 1)), " ")
		if got := slotsOf(f); got != want {
			t.Errorf("%s: left %q, want %q", body, got, want)
		}
	}
	if f, problems := Clear(full, Removal{}); len(problems) > 0 || len(f.Gates) != 0 {
		t.Errorf("{} must clear every gate: %v %v", f.Gates, problems)
	}
	for body, want := range map[string]string{
		`{"for_actor": ""}`:                   "/for_actor: it is empty (to clear every gate, send {})",
		`{"for_group": ""}`:                   "/for_group: it is empty",
		`{"for_actor": null}`:                 "/for_actor: null is not a scope",
		`{"boolean": false}`:                  "/boolean: false clears nothing",
		`{"boolean": true, "rule": true}`:     "one gate at a time",
		`{"for_actor": "1", "boolean": true}`: "one gate at a time",
		`{"everything": true}`:                `has no field "everything"`,
	} {
		what, problems := ParseRemoval([]byte(body))
		f, more := Clear(full, what)
		if err := Err(Join(problems, more)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
		if more != nil && len(f.Gates) != len(full.Gates) {
			t.Errorf("%s: cleared %d gates", body, len(full.Gates)-len(f.Gates))
		}
	}
}

func TestPutVariants(t *testing.T) {
	for name, bad := range map[string][]Variant{
		"none": {}, "all zero": {{Name: "a"}, {Name: "b"}}, "negative": {{Name: "a", Weight: Int(-1)}, {Name: "b", Weight: Int(2)}},
		"twice": {{Name: "a", Weight: Int(1)}, {Name: "a", Weight: Int(1)}}, "overflow": {{Name: "a", Weight: Float(1.7e308)}, {Name: "b", Weight: Float(1.7e308)}},
		"unnamed":            {{Weight: Int(1)}},
		"payloads differ":    {{Name: "a", Weight: Int(1), Payload: []byte(`1`)}, {Name: "b", Weight: Int(1), Payload: []byte(`"1"`)}},
		"payload is null":    {{Name: "a", Weight: Int(1), Payload: []byte(`null`)}},
		"payload is a list":  {{Name: "a", Weight: Int(1), Payload: []byte(`[]`)}},
		"payload is no JSON": {{Name: "a", Weight: Int(1), Payload: []byte(`{`)}},
	} {
		if f, problems := PutVariants(Flag{Key: "f"}, bad); Err(problems) == nil || len(f.Gates) > 0 {
			t.Errorf("%s: %v %v", name, f.Gates, problems)
		}
	}
	f, problems := PutVariants(Flag{Key: "f"}, []Variant{{Name: "b", Weight: Float(1.5), Payload: []byte(`{"y": 1, "x": 1.0}`)}, {Name: "a"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	v := f.Gates[0].Variants
	if v[0].Name != "a" || string(v[1].Payload) != `{"x":1,"y":1}` {
		t.Errorf("variants are kept by name, payloads canonical: %+v", v)
	}
	parsed, problems := ParseVariants([]byte(`{"variants": [{"name": "a", "weight": "lots"}, {"name": "b"}]}`))
	if len(problems) != 2 || len(parsed) != 2 || problems[0].Pointer != "/variants/0/weight" || problems[1].Pointer != "/variants/1/weight" {
		t.Errorf("%v", problems)
	}
}

func TestKill(t *testing.T) {
	f, _ := Enable(Flag{Key: "f"}, Scope{})
	f, _ = PutVariants(f, []Variant{{Name: "off", Weight: Int(1)}})
	killed, problems := Kill(f, ptr("off"))
	if len(problems) > 0 || !killed.Killed || *killed.OffVariant != "off" || slotsOf(killed) != slotsOf(f) {
		t.Errorf("%+v %v", killed, problems)
	}
	if again, _ := Kill(killed, nil); *again.OffVariant != "off" {
		t.Error("killing again must keep the off variant")
	}
	if none, _ := Kill(killed, ptr("")); none.OffVariant != nil {
		t.Error("an empty off variant must be the caller's default")
	}
	if same, problems := Kill(f, ptr("missing")); Err(problems) == nil || same.Killed {
		t.Errorf("%+v %v", same, problems)
	}
	if revived := Revive(killed); revived.Killed || slotsOf(revived) != slotsOf(f) {
		t.Errorf("%+v", revived)
	}
}

func TestPutSegment(t *testing.T) {
	if _, problems := PutSegment(Segment{Key: "premium"}); Err(problems) == nil {
		t.Error("a segment without constraints was taken")
	}
	s, problems := PutSegment(Segment{Key: "premium", Constraints: []Constraint{{Attribute: "plan", Operator: "eq", Values: []any{5.0}}}})
	if len(problems) > 0 || s.Constraints[0].Values[0] != int64(5) {
		t.Errorf("%+v %v", s, problems)
	}
}
