package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// object is the part of a JSON schema that these tests compare.
type object struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Const      any               `json:"const"`
	Enum       []any             `json:"enum"`
	Required   []string          `json:"required"`
	OneOf      []object          `json:"oneOf"`
	AllOf      []object          `json:"allOf"`
	Properties map[string]object `json:"properties"`
}

// nullable reports whether a schema allows null.
func (o object) nullable() bool {
	types, _ := o.Type.([]any)
	return slices.Contains(types, any("null")) || slices.Contains(o.Enum, nil)
}

// names returns the names that a schema allows.
func (o object) names() (names []string) {
	if o.Const != nil {
		return []string{fmt.Sprint(o.Const)}
	}
	for _, name := range o.Enum {
		if name != nil {
			names = append(names, fmt.Sprint(name))
		}
	}
	return names
}

// openapi returns the schemas of openapi.yaml by name.
func openapi(t *testing.T) map[string]object {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var d struct {
		Components struct{ Schemas map[string]object }
	}
	again(t, document, &d)
	return d.Components.Schemas
}

// again marshals a value, and reads it into another.
func again(t *testing.T, from, into any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// authoring returns the schemas of flagset's schema.json by the names of openapi.yaml. Its kinds of gate become one Gate, as in
// openapi.yaml.
func authoring(t *testing.T) map[string]object {
	t.Helper()
	var s struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(flagset.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	resolved := func(o object) object {
		o.Properties = maps.Clone(o.Properties)
		for name, p := range o.Properties {
			if def, found := s.Defs[strings.TrimPrefix(p.Ref, "#/$defs/")]; found {
				o.Properties[name] = def
			}
		}
		return o
	}
	gate := s.Defs["gate"]
	gate.Properties = map[string]object{}
	var types []any
	for _, kind := range gate.OneOf {
		o := resolved(s.Defs[strings.TrimPrefix(kind.Ref, "#/$defs/")])
		for _, name := range o.Properties["type"].names() {
			types = append(types, name)
		}
		maps.Copy(gate.Properties, o.Properties)
	}
	gate.Properties["type"] = object{Enum: types}
	set := resolved(s.object)
	delete(set.Properties, "$schema")
	return map[string]object{
		"Set": set, "Settings": set.Properties["settings"], "FlagDocument": resolved(s.Defs["flag"]), "Gate": gate,
		"Variant": resolved(s.Defs["variant"]), "Constraint": resolved(s.Defs["constraint"]), "SegmentDocument": resolved(s.Defs["segment"]),
	}
}

// fill sets every field of a value, so that a field that is added later is set, too.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch at := v.Addr().Interface().(type) {
	case *flagset.Number:
		*at = flagset.Int(1)
		return
	case *json.RawMessage:
		*at = json.RawMessage(`"x"`)
		return
	case *[]flagset.Gate:
		for _, kind := range flagset.GateTypes() {
			g := flagset.Gate{}
			fill(t, reflect.ValueOf(&g).Elem())
			g.Type = kind
			*at = append(*at, g)
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("a field of a flag is a %s, which this test can't fill", v.Type())
	}
}

// marshalled returns the members that flagset writes for a value.
func marshalled(t *testing.T, v any) map[string]any {
	t.Helper()
	members := map[string]any{}
	again(t, v, &members)
	return members
}

// A flag, a segment and the settings have the same members in the model, in flagset's schema.json and in openapi.yaml. Reading what
// was written loses none of them.
func TestDocumentsHaveTheSameMembers(t *testing.T) {
	api, schema := openapi(t), authoring(t)
	var full, empty flagset.Set
	fill(t, reflect.ValueOf(&full).Elem())
	gate, bare := map[string]any{}, map[string]any{}
	for _, g := range full.Flags[0].Gates {
		maps.Copy(gate, marshalled(t, g))
		maps.Copy(bare, marshalled(t, flagset.Gate{Type: g.Type}))
	}
	rule := full.Flags[0].Gates[0]
	for name, c := range map[string]struct {
		model       any
		full, empty map[string]any
	}{
		"Set":             {full, marshalled(t, full), marshalled(t, empty)},
		"Settings":        {full.Settings, marshalled(t, full.Settings), marshalled(t, empty.Settings)},
		"FlagDocument":    {full.Flags[0], marshalled(t, full.Flags[0]), marshalled(t, flagset.Flag{})},
		"Gate":            {rule, gate, bare},
		"Variant":         {rule.Variants[0], marshalled(t, rule.Variants[0]), marshalled(t, flagset.Variant{})},
		"Constraint":      {rule.Constraints[0], marshalled(t, rule.Constraints[0]), marshalled(t, flagset.Constraint{})},
		"SegmentDocument": {full.Segments[0], marshalled(t, full.Segments[0]), marshalled(t, flagset.Segment{})},
	} {
		t.Run(name, func(t *testing.T) {
			written := slices.Sorted(maps.Keys(c.full))
			if fields := reflect.TypeOf(c.model).NumField(); fields != len(written) {
				t.Errorf("flagset's type has %d fields, and writes %d members: %v", fields, len(written), written)
			}
			inSchema, inAPI := schema[name].Properties, api[name].Properties
			same(t, "flagset/schema.json", slices.Sorted(maps.Keys(inSchema)), "flagset writes", written)
			same(t, "openapi.yaml", slices.Sorted(maps.Keys(inAPI)), "flagset writes", written)
			for member, p := range inAPI {
				if p.nullable() && !inSchema[member].nullable() {
					t.Errorf("%s may be null in openapi.yaml, not in schema.json", member)
				}
				if value, found := c.empty[member]; found && value == nil && !p.nullable() {
					t.Errorf("flagset writes null for %s, which openapi.yaml doesn't allow", member)
				}
			}
			// A path may have the key.
			required := func(o object) []string {
				return slices.Sorted(slices.Values(slices.DeleteFunc(slices.Clone(o.Required), func(s string) bool { return s == "key" })))
			}
			same(t, "openapi.yaml requires", required(api[name]), "schema.json requires", required(schema[name]))
		})
	}
	text, err := json.Marshal(full.Flags[0])
	if err != nil {
		t.Fatal(err)
	}
	var read flagset.Flag
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatalf("the parser doesn't read what is written: %v", err)
	}
	if again, err := json.Marshal(read); err != nil || string(again) != string(text) {
		t.Errorf("read and written again: %s, not %s (%v)", again, text, err)
	}
}

// Lists of names stand in the model, in schema.json and in openapi.yaml.
func TestDocumentsHaveTheSameNames(t *testing.T) {
	described, schema := openapi(t), authoring(t)
	for _, c := range []struct {
		schema, member string
		names          []string
	}{
		{"Constraint", "operator", flagset.Operators()},
		{"Gate", "type", texts(flagset.GateTypes())},
		{"Settings", "group_conflict", texts([]flagset.GroupConflict{flagset.DenyWins, flagset.AllowWins})},
	} {
		same(t, "openapi.yaml: "+c.schema+"."+c.member, described[c.schema].Properties[c.member].names(), "flagset", c.names)
		same(t, "schema.json: "+c.schema+"."+c.member, schema[c.schema].Properties[c.member].names(), "flagset", c.names)
	}
	same(t, "openapi.yaml: Role", described["Role"].names(), "controlplane/api",
		texts([]api.Role{api.RoleAdmin, api.RoleEditor, api.RoleViewer, api.RoleSDK, api.RoleClient}))
	same(t, "openapi.yaml: State", described["State"].names(), "controlplane/api",
		texts([]api.State{api.StateOn, api.StatePartial, api.StateOff, api.StateKilled, api.StateUnreadable}))
}

// openapi.yaml requires of an answer what is written even of an empty document, and nothing else.
func TestAnswersRequireWhatIsAlwaysWritten(t *testing.T) {
	described := openapi(t)
	for name, empty := range map[string]any{
		"Flag": api.Flag{}, "FlagPage": api.FlagPage{}, "Index": api.Index{}, "Edit": api.LiveEdit{}, "Host": api.Host{}, "HostList": api.HostList{}, "HostReport": api.HostReport{}, "UsageHistory": api.UsageHistory{}, "UsageCount": api.UsageCount{}, "UsageIndex": api.UsageIndex{}, "UsageIndexFlag": api.UsageIndexFlag{}, "IndexFlag": api.IndexFlag{}, "Segment": api.Segment{}, "SegmentList": api.SegmentList{}, "Environment": api.Environment{},
		"EnvironmentList": api.EnvironmentList{}, "AuditEntry": api.AuditEntry{}, "Difference": api.Difference{}, "Change": api.Change{},
		"Evaluation": api.Evaluation{}, "Preview": api.Preview{}, "PreviewShare": api.PreviewShare{}, "Token": api.Token{}, "Webhook": api.Webhook{},
		"Problem": api.ProblemDocument{},
	} {
		same(t, "openapi.yaml: "+name+" requires", described[name].required(described), "an empty one has", slices.Sorted(maps.Keys(marshalled(t, empty))))
	}
}

// required returns what a schema and its parts require.
func (o object) required(all map[string]object) []string {
	names := slices.Clone(o.Required)
	for _, part := range append(o.AllOf, all[strings.TrimPrefix(o.Ref, "#/components/schemas/")]) {
		if part.Ref != "" || len(part.Required) > 0 || len(part.AllOf) > 0 {
			names = append(names, part.required(all)...)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

func texts[T ~string](list []T) (out []string) {
	for _, one := range list {
		out = append(out, string(one))
	}
	return out
}

// same compares two lists, whatever their order.
func same(t *testing.T, what string, got []string, where string, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v\n%s: %v", what, got, where, want)
	}
}
