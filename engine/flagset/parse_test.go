package flagset

import (
	"encoding/json"
	"maps"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

// example is a flag with every type of gate, the way the documentation shows them.
const example = `{"key": "new_checkout", "description": "", "owner": "", "tags": [], "permanent": false, "killed": false, "off_variant": null,
 "gates": [
  {"type": "boolean", "enabled": true},
  {"type": "actor", "target": "user:42", "enabled": true},
  {"type": "group", "target": "staff", "enabled": false},
  {"type": "percentage_of_actors", "ratio": 0.25},
  {"type": "variant", "variants": [{"name": "blue", "weight": 1, "payload": {"hex": "#00f"}}, {"name": "green", "weight": 1}]},
  {"type": "rule", "enabled": true, "constraints": [{"attribute": "plan", "operator": "in", "values": ["pro", "team"]}]},
  {"type": "segment", "target": "premium_us", "enabled": true},
  {"type": "prerequisite", "target": "parent_flag", "enabled": true},
  {"type": "schedule", "from": "2026-11-27T00:00:00Z", "until": null}]}`

func TestFlagForm(t *testing.T) {
	f, problems := ParseFlag([]byte(example))
	if problems = Join(problems, ValidateFlag(&f)); len(problems) > 0 {
		t.Fatal(problems)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	if json.Unmarshal([]byte(example), &want) != nil || json.Unmarshal(text, &got) != nil {
		t.Fatalf("written as %s", text)
	}
	names := maps.Clone(want)
	maps.Copy(names, got)
	for name := range names {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%q is %v, want %v", name, got[name], want[name])
		}
	}
	if !strings.HasPrefix(string(text), `{"key":"new_checkout","description":"","owner":"","tags":[],"permanent":false,"killed":false,"off_variant":null,"gates":[{"type":"boolean","enabled":true}`) {
		t.Errorf("members are out of order: %s", text)
	}
	if got, want := slotsOf(f.Canonical()), "actor/user:42 boolean group/staff percentage prerequisite/parent_flag rule schedule segment/premium_us variant"; got != want {
		t.Errorf("canonical slots are %s", got)
	}
}

func TestValuesAreExact(t *testing.T) {
	f, problems := ParseFlag([]byte(`{"gates": [{"type": "rule", "constraints": [{"attribute": "n", "operator": "in",
		"values": [5, 5.0, 5.5, 12345678901234567890123, "5", true, null, [1, 2.0], {"a": 1e2}]}]}]}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	huge, _ := new(big.Int).SetString("12345678901234567890123", 10)
	want := []any{int64(5), int64(5), 5.5, huge, "5", true, nil, []any{int64(1), int64(2)}, map[string]any{"a": int64(100)}}
	if got := f.Gates[0].Constraints[0].Values; !reflect.DeepEqual(got, want) {
		t.Errorf("%#v", got)
	}
	if !f.Gates[0].Enabled {
		t.Error("a gate that is there is enabled unless it says else")
	}
}

func TestParseFlagRefuses(t *testing.T) {
	for document, want := range map[string]string{
		``:                               "this is not JSON: it ends too early",
		`{"key": "a"`:                    "this is not JSON: it ends too early",
		`{"key": "a"} {}`:                "this is not JSON: there is more text after the document",
		`{"key": tru}`:                   "this is not JSON",
		`[]`:                             "this is a list, not an object",
		`{"key": 5}`:                     "/key: this is a number, not a string (put it in quotes: \"5\")",
		`{"key": "a", "key": "b"}`:       `/key: "key" is given twice`,
		`{"kye": "a"}`:                   `/kye: a flag has no field "kye" (did you mean "key"?)`,
		`{"gates": {}}`:                  "/gates: this is an object, not a list",
		`{"gates": [5]}`:                 "/gates/0: this is a number, not an object",
		`{"gates": [{}]}`:                `/gates/0/type: "type" is missing`,
		`{"gates": [{"type": 5}]}`:       "/gates/0/type: this is a number, not a string",
		`{"gates": [{"type": "bool"}]}`:  "/gates/0/type: \"bool\" is not a gate type (types are boolean, actor",
		`{"gates": [{"type": "actor"}]}`: `/gates/0/target: "target" is missing`,
		`{"gates": [{"type": "actor", "target": null}]}`:                                                          `/gates/0/target: "target" is missing`,
		`{"gates": [{"type": "boolean", "enabled": "yes"}]}`:                                                      "/gates/0/enabled: this is a string, not a boolean",
		`{"gates": [{"type": "boolean", "target": "x"}]}`:                                                         `/gates/0/target: a boolean gate has no field "target"`,
		`{"gates": [{"type": "percentage_of_time", "ratio": "half"}]}`:                                            "/gates/0/ratio: this is a string, not a number",
		`{"gates": [{"type": "percentage_of_time"}]}`:                                                             `/gates/0/ratio: "ratio" is missing`,
		`{"gates": [{"type": "variant", "variants": [{"name": "a"}]}]}`:                                           `/gates/0/variants/0/weight: "weight" is missing`,
		`{"gates": [{"type": "variant", "variants": [{"name": "a", "weight": 1, "payload": {"x": 1, "x": 2}}]}]}`: `/gates/0/variants/0/payload/x: "x" is given twice`,
		`{"gates": [{"type": "rule"}]}`:                                                                           `/gates/0/constraints: "constraints" is missing`,
		`{"gates": [{"type": "rule", "constraints": [{"attribute": "a", "operator": "eq", "value": 1}]}]}`:        `/gates/0/constraints/0/value: a constraint has no field "value" (did you mean "values"?)`,
		`{"gates": [{"type": "schedule", "from": 5}]}`:                                                            "/gates/0/from: this is a number, not a string",
		`{"off_variant": true}`:                                                                                   "/off_variant: this is a boolean, not a string",
		`{"a/b~c": 1}`:                                                                                            "/a~1b~0c:",
		`{"gates": [{"type": "rule", "constraints": [{"attribute": "a", "operator": "eq", "values": [1e999]}]}]}`: "beyond the range of a float64",
		strings.Repeat("[", 100_000):                                                                              "nested more than 64 levels deep",
		strings.Repeat(`{"a":`, 100_000):                                                                          "nested more than 64 levels deep",
	} {
		_, problems := ParseFlag([]byte(document))
		if err := Err(problems); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", document, err, want)
		}
	}
}

// All problems are reported at once, each with its place.
func TestParseFlagReportsAll(t *testing.T) {
	_, problems := ParseFlag([]byte(`{"key": 1, "tags": ["a", 2, 3], "nope": 1, "gates": [
		{"type": "actor", "target": 4, "enabled": 5, "ratio": 0.5},
		{"type": "segment", "target": "s", "ratio": "x"}]}`))
	var got []string
	for _, p := range problems {
		got = append(got, p.Gate+" "+p.Pointer)
		if p.Line < 1 || p.Line > 3 {
			t.Errorf("%v has line %d", p, p.Line)
		}
	}
	want := []string{" /key", " /tags/1", " /tags/2", " /nope", "actor/ /gates/0/target", "actor/ /gates/0/enabled", "actor/ /gates/0/ratio", "segment/s /gates/1/ratio"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseIgnores(t *testing.T) {
	f, problems := ParseFlag([]byte(`{"key": "a", "reason": "why", "revision": 4, "gates": [{"type": "boolean", "reason": 1}]}`), "reason", "revision")
	if len(problems) != 1 || problems[0].Pointer != "/gates/0/reason" || f.Key != "a" {
		t.Errorf("only a body's own members are ignored: %v", problems)
	}
}

func TestTextBecomesUTF8(t *testing.T) {
	f, problems := ParseFlag([]byte("{\"key\": \"a\", \"owner\": \"x\xff\xfey\", \"description\": \"\\ud800\"}"))
	if len(problems) > 0 || f.Owner != "x\ufffd\ufffdy" || f.Description != "\ufffd" {
		t.Errorf("%q %q %v", f.Owner, f.Description, problems)
	}
	made := Flag{Key: "a", Gates: []Gate{{Type: Actor, Target: "\xff", Enabled: true}, {Type: Rule, Constraints: []Constraint{{Attribute: "a", Operator: "eq", Values: []any{"\xc3"}}}}}}
	canonical := made.Canonical()
	if canonical.Gates[0].Target != "\ufffd" || canonical.Gates[1].Constraints[0].Values[0] != "\ufffd" || made.Gates[0].Target != "\xff" {
		t.Errorf("%+v", canonical)
	}
}

// A large object must not take quadratic time to check for repetitions.
func TestLargeObjects(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"gates": [{"type": "rule", "constraints": [{"attribute": "a", "operator": "eq", "values": [{`)
	for i := range 45_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + Int(int64(i)).String() + `":1`)
	}
	b.WriteString(`}]}]}]}`)
	f, problems := ParseFlag([]byte(b.String()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if problems := ValidateFlag(&f); Err(problems) == nil {
		t.Error("a value of half a megabyte was taken")
	}
}

// A document that reads without problems is written so that it reads back the same.
func FuzzParseFlag(f *testing.F) {
	f.Add(example)
	f.Add(`{"gates": [{"type": "rule", "ratio": 0.5, "constraints": [{"attribute": "", "operator": "matches", "values": ["(a+)+$", 1e5]}]}]}`)
	f.Add(`{"key": "\u0000", "off_variant": "", "gates": [{"type": "variant", "variants": [{"name": "", "weight": 1e308}, {"name": "\ud83d\ude00", "weight": 0.0}]}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		flag, problems := ParseFlag([]byte(document))
		if len(problems) > 0 {
			return
		}
		text, err := json.Marshal(flag)
		if err != nil {
			t.Fatal(err)
		}
		again, problems := ParseFlag(text)
		if len(problems) > 0 || !reflect.DeepEqual(again.Canonical(), flag.Canonical()) {
			t.Fatalf("%q\nis written %q\n%v", document, text, problems)
		}
	})
}
