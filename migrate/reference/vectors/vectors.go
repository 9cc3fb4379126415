// Package vectors reads the references' answers in engine/conformance as package reference understands them. It is for
// tests.
package vectors

import (
	"bytes"
	"encoding/json"
	"iter"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/conformance"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// Files names the file of each library's answers.
var Files = map[reference.Library]string{reference.Bandera: "bandera.jsonl", reference.FunWithFlags: "fun_with_flags.jsonl"}

// Vector is a question with the library's answers.
type Vector struct {
	ID            int
	Family        string
	GroupConflict string
	Name          string           // of the flag that is asked for
	Flags         []reference.Flag // all that exist, with segments under their reserved names
	Question      reference.Question
	Enabled       *bool
	Variant       *string
	Score16       *int
	Errors        map[string]string // what the library raised instead of an answer
}

// line is the form of a vector; engine/conformance/README.md describes it.
type line struct {
	ID                int
	Family            string
	GroupConflict     string `json:"group_conflict"`
	Flag              flag
	Segments, Parents map[string]flag
	Options           struct {
		Actor   *struct{ Key *string }
		Groups  []string
		Context map[string]any
		Now     time.Time
	}
	Score16 *int
	Enabled *bool
	Variant *string
	Errors  map[string]string
}

type flag struct {
	Name       string
	StoreError any `json:"store_error"`
	Gates      []struct {
		Type    reference.Type
		For     any
		Enabled bool
		Value   any
	}
}

// Read yields the vectors of a file.
func Read(t testing.TB, file string) iter.Seq[Vector] {
	t.Helper()
	data, err := conformance.Vectors.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(Vector) bool) {
		for text := range bytes.Lines(data) {
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			var l line
			if err := d.Decode(&l); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if !yield(l.vector(t)) {
				return
			}
		}
	}
}

func (l *line) vector(t testing.TB) Vector {
	v := Vector{ID: l.ID, Family: l.Family, GroupConflict: l.GroupConflict, Name: l.Flag.Name, Enabled: l.Enabled, Variant: l.Variant, Score16: l.Score16, Errors: l.Errors}
	v.Flags = append(v.Flags, l.Flag.read(t, l.Flag.Name))
	for name, f := range l.Parents {
		if name != l.Flag.Name && f.StoreError == nil {
			v.Flags = append(v.Flags, f.read(t, name))
		}
	}
	for name, f := range l.Segments {
		if f.StoreError == nil {
			v.Flags = append(v.Flags, f.read(t, reference.SegmentPrefix+name))
		}
	}
	q := &v.Question
	q.Groups, q.Now = l.Options.Groups, l.Options.Now.UnixMicro()
	if l.Options.Actor != nil {
		q.Actor, q.Keyless = l.Options.Actor.Key, l.Options.Actor.Key == nil
	}
	if l.Options.Context != nil {
		q.Context = value(t, l.Options.Context).(map[string]any)
	}
	return v
}

func (f flag) read(t testing.TB, name string) reference.Flag {
	out := reference.Flag{Name: name}
	for _, g := range f.Gates {
		gate := reference.Gate{Type: g.Type, Enabled: g.Enabled}
		switch v := value(t, g.For).(type) {
		case string:
			gate.For = v
		case float64:
			gate.Ratio = v
		}
		switch v := value(t, g.Value).(type) {
		case map[string]any:
			if g.Type == reference.Variant {
				gate.Weights = v
			} else {
				gate.From, gate.Until = v["from"], v["until"]
			}
		case []any:
			for _, item := range v {
				c := item.(map[string]any)
				values, _ := c["values"].([]any)
				gate.Constraints = append(gate.Constraints, reference.Constraint{Attribute: c["attribute"].(string), Operator: c["operator"].(string), Values: values})
			}
		}
		out.Gates = append(out.Gates, gate)
	}
	return out
}

func value(t testing.TB, v any) any {
	converted, err := reference.Value(v)
	if err != nil {
		t.Fatal(err)
	}
	return converted
}
