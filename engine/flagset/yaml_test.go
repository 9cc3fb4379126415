package flagset

import (
	"encoding/json"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
)

// everything is a document with every gate type, operator and type of value.
func everything(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func yamlListOf(t *testing.T, list string) []any {
	t.Helper()
	set, problems := ParseYAML([]byte("segments: [{key: s, constraints: [{attribute: a, operator: in, values: " + list + "}]}]"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set.Segments[0].Constraints[0].Values
}

func TestYAMLValues(t *testing.T) {
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	for text, want := range map[string]any{
		"5": int64(5), "5.0": int64(5), "5.5": 5.5, "+5": int64(5), "-5": int64(-5), "0": int64(0), "-0.5": -0.5, "0e1": int64(0), "12:30": "12:30",
		".5": 0.5, "-.5": -0.5, "5.": int64(5), "1e3": int64(1000), "1.5e-3": 0.0015, "123456789012345678901234567890": huge, "18446744073709551615": new(big.Int).SetUint64(1<<64 - 1),
		"-9223372036854775808": int64(-1 << 63), "true": true, "False": false, "null": nil, "~": nil, "yes": "yes", "no": "no", "on": "on",
		`"5"`: "5", `'true'`: "true", "2026-01-01": "2026-01-01", "2026-11-27T00:00:00Z": "2026-11-27T00:00:00Z", "!!str 5": "5", "[1, a]": []any{int64(1), "a"}, "{a: 1}": map[string]any{"a": int64(1)},
		`"\u00e9\U0001F600"`: "é😀", "é": "é",
	} {
		if got := yamlListOf(t, "["+text+"]")[0]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %T %v, want %T %v", text, got, got, want, want)
		}
	}
}

// TestYAMLMistakes: a mistake is told of in the line in which it is, not where the list, mapping or text around it begins, nor where a
// reader notices it.
func TestYAMLMistakes(t *testing.T) {
	const more = "\n  - key: y\n  - key: z\n"
	for text, line := range map[string]int{
		"flags:\n  - key: a\n   bad": 3,
		"flags:\n  - key: a\n    gates: [{type: boolean, enabled: true]" + more:               3,
		"flags:\n  - key: a\n    gates: [{type: boolean,\n\n   enabled: true]\n   }\n" + more: 5,
		"flags:\n  - key: a\n\t- key: b" + more:                                               3,
		"flags:\n  - key: \"a" + more + strings.Repeat("  - key: x\n", 100):                   2,
		"# first\n\nflags:\n  - key: a\n    description: x: y" + more:                         5,
		"flags:\n  - key: *a" + more:                                                          2,
		"flags:\n  - key: a\n  - key: \"b\" c" + more:                                         3,
		"flags:\n  - key: @a" + more:                                                          2,
		"flags:\n  - key: a\n  owner: x" + more:                                               3,
		"flags:" + strings.Repeat("\n  - key: x", 500) + "\n   bad" + more:                    502,
	} {
		_, problem := readYAML([]byte(text))
		if problem == nil || problem.Line != line || !strings.HasPrefix(problem.Detail, "this is not YAML: ") || strings.Contains(problem.Detail, "line") {
			t.Errorf("%.80q: %v, want line %d", text, problem, line)
		}
	}
}

func TestYAMLRefuses(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'l'; c++ {
		before := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+before+", ", 10), ", ") + "]\n"
	}
	for text, want := range map[string]string{
		"flags: [":                       "line 1: this is not YAML: ",
		"{} {}":                          "line 1: this is not YAML: did not find expected <document start>",
		"a: 1\n---\nb: 2":                "there is more than one document",
		"flags: &f\n  - *f":              "nested more than 64 levels deep",
		"flags: [{<<: {key: a}}]":        "line 1: merge keys",
		"flags:\n- key: a\n- {[1]: 2}":   "line 3: a name in a mapping must be text",
		"flags: [{key: 01234}]":          `line 1: "01234" may be a number or text: put it in quotes`,
		"flags: [{key: -017}]":           `line 1: "-017" may be a number or text`,
		"flags: [{key: 0x10}]":           `line 1: "0x10" may be a number or text`,
		"flags: [{key: 0o17}]":           `line 1: "0o17" may be a number or text`,
		"flags: [{key: 0b101}]":          `line 1: "0b101" may be a number or text`,
		"flags: [{key: 1_000}]":          `line 1: "1_000" may be a number or text`,
		"flags: [{key: .nan}]":           "line 1: .nan is not a number",
		"flags: [{key: -.inf}]":          "line 1: -.inf is not a number",
		"flags: [{key: !!binary aGk=}]":  "the tag is not one of JSON's types",
		"flags: [{key: !mine x}]":        "the tag is not one of JSON's types",
		"5":                              "line 1: this is a number, not an object",
		"flag: []":                       `line 1: /flag: the document has no field "flag" (did you mean "flags"?)`,
		"flags:\n- killed: true":         `line 2: /flags/0/key: "key" is missing`,
		"flags:\n- key: a\n  key: b":     `"key" is given twice`,
		"flags:\n- key: a\n  killed: no": `line 3: flag a /killed: this is a string, not a boolean`,
	} {
		_, problems := ParseYAML([]byte(text))
		if err := Err(problems); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, problems := ParseYAML([]byte(bomb)); Err(problems) == nil || problems[0].Detail != errUnfolded.Error() {
		t.Errorf("a bomb of aliases: %v", problems)
	}
}

func TestYAMLAliases(t *testing.T) {
	set, problems := ParseYAML([]byte("segments:\n- {key: a, constraints: &c [{attribute: x, operator: eq, values: [1]}]}\n- {key: b, constraints: *c}"))
	if len(problems) > 0 || !reflect.DeepEqual(set.Segments[0].Constraints, set.Segments[1].Constraints) {
		t.Errorf("%+v %v", set, problems)
	}
	for _, empty := range []string{"", "\n", "# nothing\n", "---\n", "flags:\nsegments:\n"} {
		if set, problems := ParseYAML([]byte(empty)); len(problems) > 0 || len(set.Flags) > 0 {
			t.Errorf("%q: %+v %v", empty, set, problems)
		}
	}
}

// YAML and JSON are one form: each reads like the other, and what is written reads back the same.
func TestOneForm(t *testing.T) {
	fromYAML, problems := ParseYAML(everything(t))
	if problems = Join(problems, Validate(&fromYAML)); len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	text, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, problems := ParseSet(text)
	if len(problems) > 0 || !reflect.DeepEqual(fromJSON.Canonical(), fromYAML.Canonical()) {
		t.Errorf("JSON reads otherwise: %v\n%s", problems, text)
	}
	yamlText, err := MarshalYAML(&fromJSON)
	if err != nil {
		t.Fatal(err)
	}
	again, problems := ParseYAML(yamlText)
	if len(problems) > 0 || !reflect.DeepEqual(again.Canonical(), fromYAML.Canonical()) {
		t.Errorf("YAML reads otherwise: %v\n%s", problems, yamlText)
	}
	// JSON is also YAML, except for its escapes beyond the first plane.
	if asYAML, problems := ParseYAML(text); len(problems) > 0 || !reflect.DeepEqual(asYAML, fromJSON) {
		t.Errorf("JSON read as YAML differs: %v", problems)
	}
}

// YAML for people leaves out every member with its usual value.
func TestUsualMembersAreLeftOut(t *testing.T) {
	got, err := MarshalYAML(&Set{Flags: []Flag{{Key: "f"}}, Segments: []Segment{{Key: "s"}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "settings:\n  group_conflict: deny_wins\nflags:\n  - key: f\nsegments:\n  - key: s\n    constraints: []\n"
	if string(got) != want {
		t.Errorf("got\n%swant\n%sA new member needs omitempty in marshal.go.", got, want)
	}
}

func TestDocument(t *testing.T) {
	d := ReadDocument(everything(t))
	if len(d.Problems) > 0 || len(d.Set.Flags) != 3 || d.Set.Flags[0].Key != "checkout" || d.Set.Settings.GroupConflict != AllowWins {
		t.Errorf("%d flags, %s, %v", len(d.Set.Flags), d.Set.Settings.GroupConflict, d.Problems)
	}
	if d.Set.Flag("payments") == nil || d.Set.Flag("nope") != nil || d.Set.Segment("staff") == nil || d.Set.Segment("payments") != nil {
		t.Error("a sorted set finds its parts")
	}
	if d := ReadDocument([]byte(` {"$schema": "schema.json", "flags": [{"key": "a", "description": "\ud83d\ude00"}]}`)); len(d.Problems) > 0 || d.Set.Flags[0].Description != "😀" {
		t.Errorf("JSON: %+v", d)
	}
	if d := ReadDocument([]byte(`{flags: [{key: a}]}`)); len(d.Problems) > 0 || len(d.Set.Flags) != 1 {
		t.Errorf("YAML that begins with a brace: %+v", d)
	}
	if d := ReadDocument([]byte("{\n\"flags\": [}")); len(d.Problems) != 1 || d.Problems[0].Line != 2 || !strings.Contains(d.Problems[0].Detail, "JSON") {
		t.Errorf("%v", d.Problems)
	}
	// Every problem has its line, whether it is about the form or the meaning, and none is reported twice.
	d = ReadDocument([]byte(`flags:
  - key: b
    gates:
      - type: percentage_of_actors
        ratio: 1.5
      - {type: prerequisite, target: a}
      - {type: actor, target: 5}
  - key: a
    gates:
      - type: prerequisite
        target: b
segments:
  - key: s
    constraints:
      - attribute: a
        operator: eq
        values: [1, 2]
  - key: s
    constraints: []
`))
	want := []string{
		"line 7: flag b (actor/) /gates/2/target: this is a number",
		"line 5: flag b (percentage) /gates/0/ratio: 1.5 is not",
		"line 17: segment s /constraints/0/values: eq takes",
		"line 19: segment s /constraints: a segment without",
		"line 18: segment s /key: there are two",
		"line 6: flag b (prerequisite/a) /gates/1/target: the prerequisites form a cycle",
		"line 11: flag a (prerequisite/b) /gates/0/target: the prerequisites form a cycle",
	}
	if len(d.Problems) != len(want) {
		t.Fatalf("got\n%s", lines(d.Problems))
	}
	for i, w := range want {
		if !strings.HasPrefix(d.Problems[i].String(), w) {
			t.Errorf("%v, want %s", d.Problems[i], w)
		}
	}
}

// Everything that is read is written so that it reads back the same.
func FuzzParseYAML(f *testing.F) {
	f.Add(string(everything(f)))
	f.Add("flags: [{key: a, owner: 'on', tags: [\"\\x85\", ' x ', '#', '- a', \"\\n\", '0x1', '1:20', '<<']}]")
	f.Fuzz(func(t *testing.T, text string) {
		set, problems := ParseYAML([]byte(text))
		if len(problems) > 0 {
			return
		}
		written, err := MarshalYAML(&set)
		if err != nil {
			t.Fatal(err)
		}
		again, problems := ParseYAML(written)
		if len(problems) > 0 || !reflect.DeepEqual(again.Canonical(), set.Canonical()) {
			t.Fatalf("%q\nis written %q\n%v", text, written, problems)
		}
	})
}
