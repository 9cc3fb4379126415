package flagset

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// bySchema reports whether the schema accepts a JSON document.
func bySchema(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return s.Validate(document)
}

// asJSON returns a YAML document as JSON, the way an editor sees it.
func asJSON(t *testing.T, text []byte) []byte {
	t.Helper()
	root, problem := readYAML(text)
	if problem != nil {
		t.Fatal(problem)
	}
	return appendValue(nil, root.plain())
}

func TestSchemaTakesGoldens(t *testing.T) {
	s := compiledSchema(t)
	files, err := filepath.Glob("../snapshot/testdata/golden/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "# yaml-language-server: $schema=../../../flagset/schema.json\n") {
			t.Errorf("%s does not name its schema", file)
		}
		if err := bySchema(t, s, asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if err := bySchema(t, s, asJSON(t, everything(t))); err != nil {
		t.Error(err)
	}
	if err := bySchema(t, s, []byte(`{"flags": [`+example+`]}`)); err != nil {
		t.Error(err)
	}
}

// Reading or validation refuses whatever the schema refuses, and the schema refuses whatever can't be read. The documents are valid except
// for one change. The schema can't notice what merely makes no sense, such as a bad pattern or a cycle.
func TestSchemaAndParserAgree(t *testing.T) {
	s := compiledSchema(t)
	var root any
	if err := json.Unmarshal(asJSON(t, everything(t)), &root); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(12, 13))
	refused := 0
	for range 1_500 {
		changed := change(r, root)
		text, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		invalid := bySchema(t, s, text)
		set, unread := ParseSet(text)
		problems := Err(Join(unread, Validate(&set)))
		if invalid != nil && problems == nil {
			t.Fatalf("the schema refuses what is read: %v\n%s", invalid, text)
		}
		if invalid == nil && Err(unread) != nil {
			t.Fatalf("the schema takes what can't be read: %v\n%s", Err(unread), text)
		}
		if invalid != nil {
			refused++
		}
	}
	if refused < 400 {
		t.Errorf("only %d documents were refused", refused)
	}
}

// change returns a copy of a document with one part replaced, left out, or added.
func change(r *rand.Rand, root any) any {
	count := 0
	walk(root, func(any) any { count++; return nil })
	at := r.IntN(count)
	i := -1
	return copied(root, func(v any) (any, bool) {
		i++
		if i != at {
			return nil, false
		}
		strange := []any{nil, true, 0.0, -1.0, 0.5, 1.0, 2.0, 1e6, "", "x", "no spaces", "boolean", "actor", "schedule", "deny_wins", "in", "eq", "2026-01-01T00:00:00Z", []any{}, []any{"x"}, map[string]any{}, map[string]any{"type": "boolean"}}
		switch object, ok := v.(map[string]any); {
		case ok && r.IntN(3) > 0:
			changed := map[string]any{}
			names := slices.Sorted(maps.Keys(object))
			gone := r.IntN(2 * len(names))
			for j, name := range names {
				if j != gone {
					changed[name] = object[name]
				}
			}
			if gone >= len(names) {
				changed[[]string{"key", "type", "target", "enabled", "ratio", "constraints", "from", "nonsense", "payload", "values"}[r.IntN(10)]] = strange[r.IntN(len(strange))]
			}
			return changed, true
		default:
			return strange[r.IntN(len(strange))], true
		}
	})
}

// walk visits every part of a document.
func walk(v any, visit func(any) any) {
	copied(v, func(v any) (any, bool) { visit(v); return nil, false })
}

// copied returns a document in which with has replaced some parts.
func copied(v any, with func(any) (any, bool)) any {
	if replaced, ok := with(v); ok {
		return replaced
	}
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = copied(v[i], with)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			object[name] = copied(v[name], with)
		}
		return object
	}
	return v
}

// The schema repeats what the code says, and must continue to do so.
func TestSchemaNamesTheSame(t *testing.T) {
	var s struct {
		Defs map[string]struct {
			Pattern    string
			Properties map[string]struct{ Enum []string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Defs["key"].Pattern != KeyPattern {
		t.Errorf("the schema's key pattern is %s", s.Defs["key"].Pattern)
	}
	if got := strings.Join(s.Defs["constraint"].Properties["operator"].Enum, " "); got != strings.Join(operatorNames[:], " ") {
		t.Errorf("the schema's operators are %s", got)
	}
	for _, kind := range gateTypes {
		if !bytes.Contains(Schema(), []byte(`"`+string(kind)+`"`)) {
			t.Errorf("the schema has no %s gate", kind)
		}
	}
}

// The schema and the validation have the same limits for the texts and the lists of a flag and a segment.
func TestSchemaHasTheLimits(t *testing.T) {
	var s struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Type  any
				Items struct{ Type string }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	schema := compiledSchema(t)
	tried := 0
	check := func(kind, name string, value any) (refused bool) {
		tried++
		item := map[string]any{"key": "a", name: value}
		if kind == "segment" {
			item["constraints"] = []any{map[string]any{"attribute": "a", "operator": "eq", "values": []any{1}}}
		}
		text, err := json.Marshal(map[string]any{kind + "s": []any{item}})
		if err != nil {
			t.Fatal(err)
		}
		set, unread := ParseSet(text)
		invalid, bySchema := Err(Join(unread, Validate(&set))), bySchema(t, schema, text)
		if (invalid == nil) != (bySchema == nil) {
			t.Errorf("%s.%s of %d bytes: validate.go says %v, schema.json says %v", kind, name, len(text), invalid, bySchema)
		}
		return invalid != nil
	}
	for _, kind := range []string{"flag", "segment"} {
		for name, p := range s.Defs[kind].Properties {
			types, _ := p.Type.([]any)
			text, list := slices.Contains(types, any("string")), p.Items.Type == "string"
			if name == "off_variant" { // it names one of the variants
				continue
			}
			if text && !check(kind, name, strings.Repeat("x", 1<<20)) || list && !check(kind, name, []string{strings.Repeat("x", 1<<20)}) || list && !check(kind, name, make([]string, 1<<16)) {
				t.Errorf("%s.%s has no limit", kind, name)
			}
			for _, n := range []int{1, 63, 64, 65, 100, 255, 256, 257, 500, 501, 512, 513, 1_023, 1_024, 1_025, 2_048, 2_049, 4_095, 4_096, 4_097, 8_192, 8_193} {
				// One member may take any text, and another only some, such as a URL.
				for _, long := range []string{strings.Repeat("x", n), "https://" + strings.Repeat("x", max(n-8, 0))} {
					switch {
					case text:
						check(kind, name, long)
					case list:
						check(kind, name, []string{long})
					}
				}
				if list {
					check(kind, name, make([]string, n))
				}
			}
		}
	}
	if tried < 4*20 {
		t.Errorf("only %d documents were tried", tried)
	}
}
