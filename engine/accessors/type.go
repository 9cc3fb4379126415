package accessors

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// Kind is the kind of a payload, or of a part of one.
type Kind uint8

// These are the kinds.
const (
	Any     Kind = iota // of several types, or null alone
	Boolean             //
	Integer             // within ±2^53, which every language holds exactly
	Number              //
	Text                //
	List                // of Element
	Object              // with Members
)

// Type is the type of a payload.
type Type struct {
	Kind    Kind
	Element *Type    // of a list; nil if it is always empty
	Members []Member // of an object, ascending by key
}

// Member is a member of an object.
type Member struct {
	Key      string
	Name     Name // unique among the object's members
	Optional bool // it may be absent, or null
	Type     *Type
}

// typeOf returns the type of a JSON value.
func typeOf(value []byte) *Type {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return &Type{}
	}
	return typeOfValue(v)
}

// typeOfValue returns the type of a decoded value; nil for null.
func typeOfValue(v any) *Type {
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		return &Type{Kind: Boolean}
	case string:
		return &Type{Kind: Text}
	case json.Number:
		return &Type{Kind: numberKind(v.String())}
	case []any:
		t := &Type{Kind: List}
		for _, element := range v {
			if e := typeOfValue(element); e == nil {
				t.Element = &Type{}
			} else {
				t.Element = join(t.Element, e)
			}
		}
		return t
	case map[string]any:
		t := &Type{Kind: Object}
		for key, member := range v {
			m := typeOfValue(member)
			t.Members = append(t.Members, Member{Key: key, Optional: m == nil, Type: m})
		}
		t.arrange()
		return t
	}
	return &Type{}
}

// numberKind returns whether a number is an integer that every language holds.
func numberKind(text string) Kind {
	if strings.ContainsAny(text, ".eE") {
		return Number
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.CmpAbs(big.NewInt(1<<53)) > 0 {
		return Number
	}
	return Integer
}

// arrange sorts an object's members and names them.
func (t *Type) arrange() {
	slices.SortFunc(t.Members, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
	keys := make([]string, len(t.Members))
	for i, m := range t.Members {
		keys[i] = m.Key
	}
	for i, name := range namesOf(keys, nil) {
		t.Members[i].Name = name
	}
}

// join returns the type of what is of one type or the other; nil stands for nothing seen yet.
func join(a, b *Type) *Type {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.Kind == Integer && b.Kind == Number, a.Kind == Number && b.Kind == Integer:
		return &Type{Kind: Number}
	case a.Kind != b.Kind:
		return &Type{}
	case a.Kind == List:
		return &Type{Kind: List, Element: join(a.Element, b.Element)}
	case a.Kind == Object:
		return joinObjects(a, b)
	}
	return a
}

func joinObjects(a, b *Type) *Type {
	t := &Type{Kind: Object}
	others := map[string]Member{}
	for _, m := range b.Members {
		others[m.Key] = m
	}
	for _, m := range a.Members {
		other, found := others[m.Key]
		delete(others, m.Key)
		t.Members = append(t.Members, Member{Key: m.Key, Optional: m.Optional || other.Optional || !found, Type: join(m.Type, other.Type)})
	}
	for _, m := range others {
		t.Members = append(t.Members, Member{Key: m.Key, Optional: true, Type: m.Type})
	}
	t.arrange()
	return t
}
