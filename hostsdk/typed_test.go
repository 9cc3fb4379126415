package hostsdk_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
)

// typed is a value with its type, as testdata/README.md describes it: one member, whose name is the type.
type typed map[string]json.RawMessage

func (v typed) is(kind string) bool { _, ok := v[kind]; return ok }

// inGo reports whether Go has a type for the value: there an id is a string, and no decimals are known.
func (v typed) inGo() bool {
	if v.is("decimal") {
		return false
	}
	raw, isID := v["id"]
	if !isID {
		return true
	}
	var id typed
	return json.Unmarshal(raw, &id) == nil && (id.is("string") || id.is("surrogate") || id.is("raises"))
}

func (v typed) read(t *testing.T, into any) {
	t.Helper()
	for _, raw := range v {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
}

// made are values by name.
func made(t *testing.T, all map[string]typed) map[string]any {
	t.Helper()
	values := map[string]any{}
	for name, v := range all {
		values[name] = v.value(t)
	}
	return values
}

// value makes the value. It fails the test if Go has no such type.
func (v typed) value(t *testing.T) any {
	t.Helper()
	for kind, raw := range v {
		if make, ok := simple[kind]; ok {
			var text string
			if string(raw) != "null" && raw[0] == '"' {
				v.read(t, &text)
			} else {
				text = string(raw)
			}
			return make(t, text)
		}
		return v.composed(t, kind)
	}
	return nil
}

// simple makes a value of a text.
var simple = map[string]func(t *testing.T, text string) any{
	"string":    func(_ *testing.T, s string) any { return s },
	"surrogate": func(*testing.T, string) any { return "\xff" },
	"null":      func(*testing.T, string) any { return nil },
	"bool":      func(_ *testing.T, s string) any { return s == "true" },
	"prints":    func(_ *testing.T, s string) any { return prints{s} },
	"uuid":      func(_ *testing.T, s string) any { return uuid.MustParse(s) },
	"int": func(t *testing.T, s string) any {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
		return bigOf(t, s)
	},
	"bigint": func(t *testing.T, s string) any { return bigOf(t, s) },
	"float": func(t *testing.T, s string) any {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	},
	"time": func(t *testing.T, s string) any {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	},
	"nil_pointer": func(t *testing.T, s string) any {
		return map[string]any{"string": (*string)(nil), "int": (*int)(nil), "id": (*actor)(nil), "marshals": (*marshals)(nil), "member": (*member)(nil)}[s]
	},
}

// composed makes a value of other values, or of no value.
func (v typed) composed(t *testing.T, kind string) any {
	t.Helper()
	switch kind {
	case "list":
		var items []typed
		v.read(t, &items)
		list := make([]any, len(items))
		for i := range items {
			list[i] = items[i].value(t)
		}
		return list
	case "repeated":
		var of typed
		var times int
		v.read(t, &[]any{&of, &times})
		return slices.Repeat([]any{of.value(t)}, times)
	case "map":
		var members map[string]typed
		v.read(t, &members)
		return made(t, members)
	case "bytes":
		var data []byte
		v.read(t, &data)
		return data
	case "marshals":
		var text *string
		v.read(t, &text)
		return marshals{text}
	case "pointer":
		var to typed
		v.read(t, &to)
		switch value := to.value(t).(type) {
		case string:
			return &value
		case int64:
			return &value
		}
	case "id":
		var id typed
		v.read(t, &id)
		if id.is("raises") {
			return &actor{}
		}
		if text, ok := id.value(t).(string); ok {
			return &actor{&text}
		}
	}
	t.Fatalf("there is no type %q in Go", kind)
	return nil
}

func bigOf(t *testing.T, digits string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		t.Fatal(digits)
	}
	return n
}

// prints can only print itself.
type prints struct{ text string }

func (p prints) String() string { return p.text }

// marshals makes a text of itself, or fails.
type marshals struct{ text *string }

func (m marshals) MarshalText() ([]byte, error) {
	if m.text == nil {
		return nil, errors.New("no text")
	}
	return []byte(*m.text), nil
}

// actor knows its id; without one it panics when it is asked.
type actor struct{ id *string }

func (a actor) ActorID() string { return *a.id }

// member knows its id and its groups; without names it panics when it is asked.
type member struct {
	id    string
	names []string
}

func (m member) ActorID() string { return m.id }

func (m member) InGroup(name string) bool {
	if m.names == nil {
		panic("no groups")
	}
	return slices.Contains(m.names, name)
}
