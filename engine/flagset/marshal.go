package flagset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// The forms below have the members of the authoring form in the order in which people read them. A member that a
// gate's type doesn't have is left out. A member that it has is written even if it is empty.

type flagForm struct {
	Key         string   `json:"key"`
	Description string   `json:"description"`
	Owner       string   `json:"owner"`
	Tags        []string `json:"tags"`
	Permanent   bool     `json:"permanent"`
	Killed      bool     `json:"killed"`
	OffVariant  *string  `json:"off_variant"`
	Gates       []Gate   `json:"gates"`
}

type gateForm struct {
	Type        GateType      `json:"type"`
	Target      *string       `json:"target,omitempty"`
	Enabled     *bool         `json:"enabled,omitempty"`
	Ratio       *float64      `json:"ratio,omitempty"`
	Variants    *[]Variant    `json:"variants,omitempty"`
	Constraints *[]Constraint `json:"constraints,omitempty"`
	From        **string      `json:"from,omitempty"`
	Until       **string      `json:"until,omitempty"`
}

type variantForm struct {
	Name    string          `json:"name"`
	Weight  Number          `json:"weight"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

type constraintForm struct {
	Attribute string          `json:"attribute"`
	Operator  string          `json:"operator"`
	Values    json.RawMessage `json:"values"`
}

type segmentForm struct {
	Key         string       `json:"key"`
	Description string       `json:"description"`
	Constraints []Constraint `json:"constraints"`
}

type settingsForm struct {
	GroupConflict GroupConflict `json:"group_conflict"`
}

type setForm struct {
	Settings Settings  `json:"settings"`
	Flags    []Flag    `json:"flags"`
	Segments []Segment `json:"segments"`
}

// MarshalJSON writes the authoring form.
func (f Flag) MarshalJSON() ([]byte, error) {
	form := flagForm(f)
	form.Tags, form.Gates = filled(f.Tags), filled(f.Gates)
	return marshal(form)
}

// UnmarshalJSON reads the authoring form. If something doesn't fit it, the error is an *InvalidError.
func (f *Flag) UnmarshalJSON(data []byte) error { return unmarshal(data, f, (*reader).flag) }

// MarshalJSON writes the members that the gate's type has.
func (g Gate) MarshalJSON() ([]byte, error) {
	form := gateForm{Type: g.Type}
	switch g.Type {
	case Boolean:
		form.Enabled = &g.Enabled
	case Actor, Group, Prerequisite:
		form.Target, form.Enabled = &g.Target, &g.Enabled
	case SegmentGate:
		form.Target, form.Enabled, form.Ratio = &g.Target, &g.Enabled, g.Ratio
	case Rule:
		constraints := filled(g.Constraints)
		form.Enabled, form.Ratio, form.Constraints = &g.Enabled, g.Ratio, &constraints
	case PercentageOfTime, PercentageOfActors:
		form.Ratio = g.Ratio
	case VariantGate:
		variants := filled(g.Variants)
		form.Variants = &variants
	case Schedule:
		form.From, form.Until = &g.From, &g.Until
	default:
		return nil, fmt.Errorf("%q is not a gate type", g.Type)
	}
	return marshal(form)
}

// UnmarshalJSON reads the authoring form.
func (g *Gate) UnmarshalJSON(data []byte) error { return unmarshal(data, g, (*reader).gate) }

// MarshalJSON writes the authoring form. It writes a payload unchanged.
func (v Variant) MarshalJSON() ([]byte, error) { return marshal(variantForm(v)) }

// UnmarshalJSON reads the authoring form.
func (v *Variant) UnmarshalJSON(data []byte) error { return unmarshal(data, v, (*reader).variant) }

// MarshalJSON writes the authoring form, with every number exact.
func (c Constraint) MarshalJSON() ([]byte, error) {
	return marshal(constraintForm{c.Attribute, c.Operator, appendValue(nil, filled(c.Values))})
}

// UnmarshalJSON reads the authoring form.
func (c *Constraint) UnmarshalJSON(data []byte) error {
	return unmarshal(data, c, (*reader).constraint)
}

// MarshalJSON writes the authoring form.
func (s Segment) MarshalJSON() ([]byte, error) {
	form := segmentForm(s)
	form.Constraints = filled(s.Constraints)
	return marshal(form)
}

// UnmarshalJSON reads the authoring form.
func (s *Segment) UnmarshalJSON(data []byte) error { return unmarshal(data, s, (*reader).segment) }

// MarshalJSON writes the authoring form, and spells out the default.
func (s Settings) MarshalJSON() ([]byte, error) {
	return marshal(settingsForm{s.Conflict()})
}

// UnmarshalJSON reads the authoring form.
func (s *Settings) UnmarshalJSON(data []byte) error { return unmarshal(data, s, (*reader).settings) }

// MarshalJSON writes the authoring form.
func (s Set) MarshalJSON() ([]byte, error) {
	return marshal(setForm{s.Settings, filled(s.Flags), filled(s.Segments)})
}

// WriteJSON writes a set as Set.MarshalJSON does, but only has one of its parts in memory at a time. It returns the first
// error of its arguments.
func WriteJSON(to io.Writer, settings Settings, flags iter.Seq2[Flag, error], segments iter.Seq2[Segment, error]) error {
	text, err := settings.MarshalJSON()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to, `{"settings":%s,"flags":[`, text); err != nil {
		return err
	}
	if err := writeJSONList(to, flags); err != nil {
		return err
	}
	if _, err := io.WriteString(to, `],"segments":[`); err != nil {
		return err
	}
	if err := writeJSONList(to, segments); err != nil {
		return err
	}
	_, err = io.WriteString(to, "]}")
	return err
}

func writeJSONList[T json.Marshaler](to io.Writer, list iter.Seq2[T, error]) error {
	comma := []byte(nil)
	for item, err := range list {
		if err != nil {
			return err
		}
		text, err := item.MarshalJSON()
		if err != nil {
			return err
		}
		if _, err := to.Write(append(comma, text...)); err != nil {
			return err
		}
		comma = []byte{','}
	}
	return nil
}

// UnmarshalJSON reads the authoring form.
func (s *Set) UnmarshalJSON(data []byte) error { return unmarshal(data, s, (*reader).set) }

// Conflict returns the setting, or its default if it is empty.
func (s Settings) Conflict() GroupConflict {
	if s.GroupConflict == "" {
		return DenyWins
	}
	return s.GroupConflict
}

// filled returns the list, or an empty list for nil, which JSON writes as [].
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// marshal is json.Marshal, except that it leaves <, > and & unescaped.
func marshal(form any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(form)
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'}), err
}

func unmarshal[T any](data []byte, into *T, read func(*reader, *node) T) error {
	value, problems := parseJSON(data, nil, read)
	if err := Err(problems); err != nil {
		return err
	}
	*into = value
	return nil
}
