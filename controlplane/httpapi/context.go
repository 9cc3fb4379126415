package httpapi

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// evaluationContext is for whom to decide, read from the body of an OFREP request without a map and without copying
// each value. The standard library checks the JSON; then one pass finds the context's members in it.
type evaluationContext struct {
	text       string // the body
	context    string // the context in the body; "" for none
	input      engine.Input
	attributes []engine.Attribute
	groups     []string
}

// forget releases a request's text.
func (s *evaluationContext) forget() {
	clear(s.attributes[:cap(s.attributes)])
	clear(s.groups[:cap(s.groups)])
	*s = evaluationContext{attributes: s.attributes[:0], groups: s.groups[:0]}
}

func invalidContext(details string) *ofrepError {
	return &ofrepError{status: http.StatusBadRequest, code: "INVALID_CONTEXT", details: details}
}

// read reads a request's body.
func (s *evaluationContext) read(body []byte) *ofrepError {
	if !json.Valid(body) {
		return &ofrepError{status: http.StatusBadRequest, code: "PARSE_ERROR", details: "the body is not a JSON document"}
	}
	s.text = string(body)
	at := cursor{text: s.text}
	if at.peek() != '{' {
		return &ofrepError{status: http.StatusBadRequest, code: "PARSE_ERROR", details: "the body is not a JSON object"}
	}
	for name, value := range at.members() {
		if name == "context" {
			s.context = value // of two members with one name the later counts, as everywhere
		}
	}
	switch {
	case s.context == "" || s.context == "null":
		s.context = ""
	case s.context[0] != '{':
		return invalidContext("the context is not a JSON object")
	default:
		at = cursor{text: s.context}
		for name, value := range at.members() {
			if err := s.add(name, value); err != nil {
				return err
			}
		}
	}
	s.trim()
	in := &s.input
	in.Attributes, in.Groups = s.attributes, s.groups
	if in.Presence == engine.NoActor && len(s.groups) > 0 {
		in.Presence = engine.Keyless
	}
	return nil
}

// add takes one member of the context.
func (s *evaluationContext) add(name, value string) *ofrepError {
	if len(name) > engine.MaxNameBytes {
		return invalidContext("the name of an attribute is longer than " + strconv.Itoa(engine.MaxNameBytes) + " bytes")
	}
	if value[0] == '"' && len(value) > engine.MaxValueBytes {
		return invalidContext("the attribute " + quote(name) + " is longer than " + strconv.Itoa(engine.MaxValueBytes) + " bytes")
	}
	switch name {
	case "targetingKey":
		s.input.Actor, s.input.Presence = "", engine.NoActor
		if value[0] == '"' {
			s.input.Actor = unquote(value)
		} else if value != "null" {
			return invalidContext("targetingKey is not a string")
		}
		if len(s.input.Actor) > engine.MaxNameBytes {
			return invalidContext("targetingKey is longer than " + strconv.Itoa(engine.MaxNameBytes) + " bytes")
		}
		if s.input.Actor != "" {
			s.input.Presence = engine.Keyed
		}
	case "groups":
		s.readGroups(value)
	}
	a := member(name, value)
	for i := range s.attributes {
		if s.attributes[i].Name == name {
			s.attributes[i] = a
			return nil
		}
	}
	// Keep more than the engine takes, so that trim can choose, but not thousands, which would take quadratic time.
	if len(s.attributes) > 4*engine.MaxAttributes {
		return invalidContext("the context has more than " + strconv.Itoa(4*engine.MaxAttributes) + " attributes")
	}
	s.attributes = append(s.attributes, a)
	return nil
}

// readGroups takes a list of strings as the actor's groups. Anything else is only an attribute.
func (s *evaluationContext) readGroups(value string) {
	s.groups = s.groups[:0]
	if value[0] != '[' {
		return
	}
	at := cursor{text: value}
	for item := range at.items() {
		if item[0] != '"' {
			s.groups = s.groups[:0]
			return
		}
		if len(s.groups) < engine.MaxGroups {
			s.groups = append(s.groups, unquote(item))
		}
	}
}

// trim keeps as many attributes as the engine takes: like host SDKs, those that come first in the alphabet.
func (s *evaluationContext) trim() {
	if len(s.attributes) > engine.MaxAttributes {
		slices.SortFunc(s.attributes, func(a, b engine.Attribute) int { return strings.Compare(a.Name, b.Name) })
		s.attributes = s.attributes[:engine.MaxAttributes]
	}
}

// member returns a member of the context in the form that the engine compares.
func member(name, value string) engine.Attribute {
	switch value[0] {
	case '"':
		return engine.String(name, unquote(value))
	case 't', 'f':
		return engine.Bool(name, value == "true")
	case 'n':
		return engine.Null(name)
	case '[', '{':
		return engine.Encoded(name, nested(value))
	}
	return number(name, value)
}

// number keeps an integer of any length. A float without a fraction within ±2^53 becomes an integer, because some
// languages can't tell 5 from 5.0.
func number(name, text string) engine.Attribute {
	if len(text) > engine.MaxValueBytes {
		return engine.Null(name)
	}
	if strings.IndexByte(text, '.') < 0 && strings.IndexByte(text, 'e') < 0 && strings.IndexByte(text, 'E') < 0 {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return engine.Int(name, n)
		}
		return engine.Integer(name, text)
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return engine.Null(name) // beyond a float's range
	case f == math.Trunc(f) && math.Abs(f) <= 1<<53:
		return engine.Int(name, int64(f))
	}
	return engine.Float(name, f)
}

// unquote returns the text of a valid JSON string. For most, removing the quotes is enough.
func unquote(raw string) string {
	plain := raw[1 : len(raw)-1]
	if strings.IndexByte(plain, '\\') < 0 && utf8.ValidString(plain) {
		return plain
	}
	var text string
	_ = json.Unmarshal([]byte(raw), &text) // it is valid; bytes that aren't UTF-8 become U+FFFD
	return text
}

// appendQuoted appends a string that needs escapes.
func appendQuoted(dst []byte, s string) []byte {
	data, _ := json.Marshal(s) // a string: it can't fail
	return append(dst, data...)
}
