package httpapi

import (
	"encoding/json"
	"math"
	"net/http"
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
	memberOf   map[string]bool // the groups, if there are many; see in
	members    int             // of the context, counting repeated ones
}

// maxMembers bounds the members of a context, all of which count. Each is compared with those before it.
const maxMembers = 4 * engine.MaxAttributes

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
	in := &s.input
	in.Attributes, in.Groups = s.attributes, s.groups
	if in.Presence == engine.NoActor && len(s.groups) > 0 {
		in.Presence = engine.Keyless
	}
	return nil
}

// add takes one member of the context.
func (s *evaluationContext) add(name, value string) *ofrepError {
	if s.members++; s.members > maxMembers {
		return invalidContext("the context has more than " + strconv.Itoa(maxMembers) + " attributes")
	}
	if len(name) > engine.MaxNameBytes {
		return invalidContext("the name of an attribute is longer than " + strconv.Itoa(engine.MaxNameBytes) + " bytes")
	}
	if value[0] == '"' && len(value) > engine.MaxValueBytes {
		return invalidContext("the attribute " + quote(name) + " is longer than " + strconv.Itoa(engine.MaxValueBytes) + " bytes")
	}
	switch name {
	case "targetingKey":
		key, ok := actorKey(value)
		if len(key) > engine.MaxNameBytes {
			return invalidContext("targetingKey is longer than " + strconv.Itoa(engine.MaxNameBytes) + " bytes")
		}
		s.input.Actor, s.input.Presence = key, engine.NoActor
		if ok {
			s.input.Presence = engine.Keyed
		}
	case "groups":
		s.memberOf = nil
		s.readGroups(value)
	}
	a := member(name, value)
	for i := range s.attributes {
		if s.attributes[i].Name == name {
			s.attributes[i] = a
			return nil
		}
	}
	s.attributes = append(s.attributes, a)
	return nil
}

// actorKey returns the actor's key: a string, or an integer in decimal digits. Anything else is nobody.
// Why: hostsdk/README.md "Contexts"
func actorKey(value string) (key string, ok bool) {
	switch value[0] {
	case '"':
		return unquote(value), true
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return integer(value)
	}
	return "", false
}

// readGroups takes the strings of a list, or one string, as the actor's groups. Anything else is only an attribute.
func (s *evaluationContext) readGroups(value string) {
	s.groups = s.groups[:0]
	switch value[0] {
	case '"':
		s.groups = append(s.groups, unquote(value))
	case '[':
		at := cursor{text: value}
		for item := range at.items() {
			if item[0] == '"' {
				s.groups = append(s.groups, unquote(item))
			}
		}
	}
}

// in reports whether the actor is in a group. It makes a set of the groups when it is first asked.
func (s *evaluationContext) in(group string) bool {
	if s.memberOf == nil {
		s.memberOf = make(map[string]bool, len(s.groups))
		for _, name := range s.groups {
			s.memberOf[name] = true
		}
	}
	return s.memberOf[group]
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
	if digits, ok := integer(text); ok {
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return engine.Int(name, n)
		}
		return engine.Integer(name, digits)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return engine.Null(name) // beyond a float's range
	}
	return engine.Float(name, f)
}

// integer returns the decimal digits of a JSON number, if it counts as an integer.
func integer(text string) (digits string, ok bool) {
	if strings.IndexByte(text, '.') < 0 && strings.IndexByte(text, 'e') < 0 && strings.IndexByte(text, 'E') < 0 {
		if text == "-0" {
			text = "0"
		}
		return text, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return "", false
	}
	return strconv.FormatInt(int64(f), 10), true
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
