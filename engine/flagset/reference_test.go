package flagset_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

var update = flag.Bool("update", false, "write the tables of docs/reference/flags.md")

const referencePage = "../../docs/reference/flags.md"

// schemaNode is what the page shows of the schema.
type schemaNode struct {
	Description string                `json:"description"`
	Type        any                   `json:"type"`
	Properties  map[string]schemaNode `json:"properties"`
	Required    []string              `json:"required"`
	Enum        []any                 `json:"enum"`
	Const       string                `json:"const"`
	Default     any                   `json:"default"`
	Ref         string                `json:"$ref"`
	MaxLength   int                   `json:"maxLength"`
	MaxItems    int                   `json:"maxItems"`
	Items       *schemaNode           `json:"items"`
	OneOf       []schemaNode          `json:"oneOf"`
	Defs        map[string]schemaNode `json:"$defs"`
}

// TestReference compares the tables of docs/reference/flags.md with the schema and the engine's limits.
func TestReference(t *testing.T) {
	var schema schemaNode
	if err := json.Unmarshal(flagset.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(old)
	for name, table := range map[string]string{"gates": gateTable(&schema), "members": memberTable(&schema), "limits": limitTable()} {
		part := regexp.MustCompile(`(?s)(<!-- ` + name + `: make golden writes them -->\n).*?(<!-- /` + name + ` -->)`)
		if !part.MatchString(page) {
			t.Fatalf("the page has no place for %s", name)
		}
		page = part.ReplaceAllString(page, "${1}\n"+strings.ReplaceAll(table, "$", "$$")+"\n${2}")
	}
	switch {
	case page == string(old):
	case *update:
		if err := os.WriteFile(referencePage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("docs/reference/flags.md doesn't have the schema as it is: make golden")
	}
}

// kindOf says what a member's value is.
func (s *schemaNode) kindOf(n schemaNode) string {
	for n.Ref != "" {
		name := strings.TrimPrefix(n.Ref, "#/$defs/")
		switch name {
		case "flag", "gate", "segment", "variant", "constraint":
			return "[" + name + "](#members)"
		}
		n = s.Defs[name]
	}
	if n.Const != "" {
		return "`" + n.Const + "`"
	}
	if len(n.Enum) > 0 {
		var words []string
		for _, v := range n.Enum {
			if v != nil {
				words = append(words, fmt.Sprintf("`%v`", v))
			}
		}
		return strings.Join(words, " or ")
	}
	var kinds []string
	switch v := n.Type.(type) {
	case string:
		kinds = append(kinds, v)
	case []any:
		for _, kind := range v {
			if kind != "null" {
				kinds = append(kinds, fmt.Sprint(kind))
			}
		}
	}
	if len(kinds) == 0 {
		return "any value"
	}
	kind := strings.Join(kinds, ", ")
	if n.Items != nil {
		kind = "list of " + s.kindOf(*n.Items)
	}
	return kind
}

// about returns a member's description and default.
func (s *schemaNode) about(n schemaNode) string {
	text := n.Description
	for n.Ref != "" {
		n = s.Defs[strings.TrimPrefix(n.Ref, "#/$defs/")]
		if text == "" {
			text = n.Description
		}
	}
	if n.Default != nil {
		text = strings.TrimSpace(fmt.Sprintf("%s Default: `%v`.", text, n.Default))
	}
	return text
}

func gateTable(s *schemaNode) string {
	var b strings.Builder
	b.WriteString("| type | does | members |\n|---|---|---|\n")
	for _, of := range s.Defs["gate"].OneOf {
		gate := s.Defs[strings.TrimPrefix(of.Ref, "#/$defs/")]
		var members []string
		for _, name := range slices.Sorted(maps.Keys(gate.Properties)) {
			if name == "type" {
				continue
			}
			member := "`" + name + "`"
			if !slices.Contains(gate.Required, name) {
				member += " (optional)"
			}
			members = append(members, member)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", s.kindOf(gate.Properties["type"]), gate.Description, strings.Join(members, ", "))
	}
	return b.String()
}

func memberTable(s *schemaNode) string {
	var b strings.Builder
	b.WriteString("| member | is | |\n|---|---|---|\n")
	row := func(prefix string, n schemaNode) {
		for _, name := range slices.Sorted(maps.Keys(n.Properties)) {
			member := n.Properties[name]
			required := ""
			if slices.Contains(n.Required, name) {
				required = "required. "
			}
			fmt.Fprintf(&b, "| `%s%s` | %s | %s |\n", prefix, name, s.kindOf(member), strings.TrimSpace(required+s.about(member)))
		}
	}
	row("", schemaNode{Properties: map[string]schemaNode{"settings": s.Properties["settings"], "flags": s.Properties["flags"], "segments": s.Properties["segments"]}})
	row("settings.", s.Properties["settings"])
	for _, name := range []string{"flag", "variant", "constraint", "segment"} {
		row(name+".", s.Defs[name])
	}
	return b.String()
}

func limitTable() string {
	var b strings.Builder
	b.WriteString("| of | at most |\n|---|---|\n")
	for _, limit := range []struct {
		of   string
		most int
	}{
		{"flags of an environment", engine.MaxFlags}, {"segments of an environment", engine.MaxSegments},
		{"bytes of a snapshot", engine.MaxSnapshotBytes}, {"bytes of a target, an attribute's or a variant's name", engine.MaxNameBytes},
		{"actor gates of a flag, and group gates", engine.MaxTargets}, {"rule and segment gates of a flag", engine.MaxRules},
		{"constraints of a rule", engine.MaxConstraints}, {"values of a constraint", engine.MaxValues}, {"bytes of a value", engine.MaxValueBytes},
		{"variants of a flag", engine.MaxVariants}, {"bytes of a payload", engine.MaxPayloadBytes},
		{"prerequisites of a flag", engine.MaxPrerequisites}, {"flags that one decision visits", engine.MaxReachable},
		{"schedules of a flag", engine.MaxSchedules}, {"bytes of a pattern", engine.MaxPatternBytes},
		{"bytes of a description", flagset.MaxTextBytes}, {"tags of a flag", flagset.MaxTags},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", limit.of, grouped(limit.most))
	}
	return b.String()
}

func grouped(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// TestReferenceIsTrue reads the examples of the page, and lets the engine decide them.
func TestReferenceIsTrue(t *testing.T) {
	page, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(string(page))[1]
	if d := flagset.ReadDocument([]byte(example)); len(d.Problems) > 0 {
		t.Errorf("its example: %v", d.Problems)
	}
	told := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 6 || !strings.HasPrefix(cells[0], "| `") {
			continue
		}
		operator := strings.Trim(cells[0], "| `")
		told[operator] = true
		var values []any
		if err := yaml.Unmarshal([]byte(strings.Trim(cells[3], "`")), &values); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for i, want := range map[int]bool{4: true, 5: false} {
			for _, text := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(cells[i], -1) {
				var v any
				if err := yaml.Unmarshal([]byte(text[1]), &v); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				if got := holds(t, operator, values, v); got != want {
					t.Errorf("%s %v for %v: %v", operator, values, text[1], got)
				}
			}
		}
	}
	for _, operator := range flagset.Operators() {
		if !told[operator] {
			t.Errorf("the page says nothing of %s", operator)
		}
	}
}

// holds lets the engine decide a constraint for one value.
func holds(t *testing.T, operator string, values []any, v any) bool {
	t.Helper()
	for i := range values {
		normal, err := flagset.Normalise(values[i])
		if err != nil {
			t.Fatal(err)
		}
		values[i] = normal
	}
	v, err := flagset.Normalise(v)
	if err != nil {
		t.Fatal(err)
	}
	set := flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: "a", Operator: operator, Values: values}}}}}}}
	data, problems := snapshot.Compile(snapshot.Header{}, &set, snapshot.Strict)
	if data == nil {
		t.Fatalf("%s %v: %v", operator, values, problems)
	}
	loaded, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	text, err := request.Request{Flags: []string{"f"}, Attributes: map[string]any{"a": v}}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var r engine.Request
	if !r.Parse(string(text)) {
		t.Fatal("the request is malformed")
	}
	var d engine.Decision
	r.Evaluate(loaded, new(engine.Scratch), &d)
	return d.Enabled
}
