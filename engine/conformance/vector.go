package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

// vector is one line of a .jsonl file.
type vector struct {
	ID            int               `json:"id"`
	Family        string            `json:"family"`
	GroupConflict string            `json:"group_conflict"`
	Flag          stored            `json:"flag"`
	Segments      map[string]stored `json:"segments"`
	Parents       map[string]stored `json:"parents"`
	Options       options           `json:"options"`
	Score16       *int32            `json:"score16"`
	PureEnabled   *bool             `json:"pure_enabled"`
	Enabled       *bool             `json:"enabled"`
	Variant       *string           `json:"variant"`
	Errors        map[string]string `json:"errors"`
}

// stored is a flag or a segment as the reference stores it. With a store error its look-up fails, so it counts as
// missing.
type stored struct {
	Name       string `json:"name"`
	Gates      []gate `json:"gates"`
	StoreError any    `json:"store_error"`
}

type gate struct {
	Type    string `json:"type"`
	For     any    `json:"for"`
	Enabled bool   `json:"enabled"`
	Value   any    `json:"value"`
}

type options struct {
	Actor   *struct{ Key *string } `json:"actor"` // a map without an id has no key
	Groups  []string               `json:"groups"`
	Context map[string]any         `json:"context"`
	Now     string                 `json:"now"`
}

// readLines reads a .jsonl file.
func readLines(file string, data []byte) ([]Case, error) {
	var cases []Case
	for n, line := range bytes.Split(data, []byte{'\n'}) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		c, err := readLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		c.File = file
		cases = append(cases, c)
	}
	return cases, nil
}

// readLine reads one case. A line with a set is one of ours, a line with bytes or a reason to skip was emitted, and
// any other is a reference's.
func readLine(line []byte) (Case, error) {
	var form struct{ Set, Snapshot, Skipped json.RawMessage }
	if err := json.Unmarshal(line, &form); err != nil {
		return Case{}, err
	}
	switch {
	case form.Set != nil:
		return readOwn(line)
	case form.Snapshot != nil || form.Skipped != nil:
		return readEmitted(line)
	}
	var v vector
	if err := decode(line, &v); err != nil {
		return Case{}, err
	}
	return v.build()
}

// decode reads JSON and keeps integers and floats apart.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

func (v *vector) build() (Case, error) {
	c := Case{ID: v.ID, Family: v.Family, Flag: v.Flag.Name, pure: v.PureEnabled}
	c.Set.Settings.GroupConflict = flagset.GroupConflict(v.GroupConflict)
	flag, err := v.Flag.flag(v.Flag.Name)
	if err != nil {
		return c, err
	}
	c.Set.Flags = append(c.Set.Flags, flag)
	for _, key := range slices.Sorted(maps.Keys(v.Parents)) {
		if parent := v.Parents[key]; key != v.Flag.Name && parent.StoreError == nil {
			flag, err := parent.flag(key)
			if err != nil {
				return c, err
			}
			c.Set.Flags = append(c.Set.Flags, flag)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(v.Segments)) {
		if s := v.Segments[key]; s.StoreError == nil {
			if err := s.segment(key, &c.Set); err != nil {
				return c, err
			}
		}
	}
	if c.Request, err = v.Options.request(v.Flag.Name); err != nil {
		return c, err
	}
	if v.Errors["enabled"] == "" {
		c.Expect.Enabled = v.Enabled
	}
	if v.Errors["variant"] == "" {
		c.Expect.Variant = &Variant{v.Variant}
	}
	c.Expect.Score16 = v.Score16
	c.Skip = skip(&c, v.Errors)
	return c, nil
}

func (o *options) request(flag string) (request.Request, error) {
	r := request.Request{Flags: []string{flag}, Groups: o.Groups, Attributes: map[string]any{}}
	if o.Actor != nil {
		r.Actor, r.Keyless = o.Actor.Key, o.Actor.Key == nil
	}
	for name, v := range o.Context {
		r.Attributes[name] = value(v)
	}
	now, err := flagset.ParseTime(o.Now)
	if err != nil {
		return r, fmt.Errorf("now: %q is %w", o.Now, err)
	}
	r.Now = now
	return r, nil
}

func (s *stored) flag(key string) (flagset.Flag, error) {
	f := flagset.Flag{Key: key}
	for i, g := range s.Gates {
		gate, err := g.gate()
		if err != nil {
			return f, fmt.Errorf("flag %q, gate %d: %w", key, i, err)
		}
		f.Gates = append(f.Gates, gate)
	}
	return f, nil
}

// segment adds a segment, which consists of the constraints of its first rule gate, and is empty without one.
func (s *stored) segment(key string, set *flagset.Set) error {
	for _, g := range s.Gates {
		if g.Type != "rule" {
			continue
		}
		rule, err := g.gate()
		if err != nil {
			return fmt.Errorf("segment %q: %w", key, err)
		}
		set.Segments = append(set.Segments, flagset.Segment{Key: key, Constraints: rule.Constraints})
		return nil
	}
	return nil
}

// gate returns the gate in the authoring model.
func (g *gate) gate() (flagset.Gate, error) {
	out := flagset.Gate{Type: flagset.GateType(g.Type), Enabled: g.Enabled}
	switch v := g.For.(type) {
	case string:
		out.Target = v
	case json.Number:
		ratio, err := v.Float64()
		if err != nil {
			return out, err
		}
		out.Ratio = &ratio
	}
	switch out.Type {
	case flagset.VariantGate:
		weights, ok := g.Value.(map[string]any)
		if !ok {
			return out, fmt.Errorf("weights are %v", g.Value)
		}
		for _, name := range slices.Sorted(maps.Keys(weights)) {
			out.Variants = append(out.Variants, flagset.Variant{Name: name, Weight: weight(weights[name])})
		}
	case flagset.Rule:
		var err error
		out.Constraints, err = constraints(g.Value)
		return out, err
	case flagset.Schedule:
		window, ok := g.Value.(map[string]any)
		if !ok {
			return out, fmt.Errorf("the window is %v", g.Value)
		}
		out.From, out.Until = bound(window["from"]), bound(window["until"])
	}
	return out, nil
}

// constraints returns the constraints in a rule's value.
func constraints(v any) ([]flagset.Constraint, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var list []struct {
		Attribute, Operator string
		Values              []any
	}
	if err := decode(text, &list); err != nil {
		return nil, err
	}
	out := make([]flagset.Constraint, len(list))
	for i, c := range list {
		out[i] = flagset.Constraint{Attribute: c.Attribute, Operator: c.Operator}
		for _, v := range c.Values {
			out[i].Values = append(out[i].Values, value(v))
		}
	}
	return out, nil
}

// bound returns one end of a schedule. If it isn't a string, the reference never opens the schedule, so it becomes
// text that isn't a time.
func bound(v any) *string {
	if v == nil {
		return nil
	}
	text, ok := v.(string)
	if !ok {
		text = fmt.Sprint(v)
	}
	return &text
}

func weight(v any) flagset.Number {
	switch w := value(v).(type) {
	case int64:
		return flagset.Int(w)
	case *big.Int:
		return flagset.Integer(w)
	case float64:
		return flagset.Float(w)
	}
	return flagset.Int(-1) // not a weight at all, which is refused like this one
}

// value returns a JSON value with its type as written: 5 is an integer and 5.0 a float. The reader for flags would
// make them the same.
func value(v any) any {
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			f, _ := v.Float64()
			return f
		}
		i, _ := new(big.Int).SetString(string(v), 10)
		return flagset.Integer(i).Value()
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = value(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = value(v[name])
		}
		return object
	}
	return v
}
