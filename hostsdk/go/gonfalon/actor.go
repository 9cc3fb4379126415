package gonfalon

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Actor is something that flags are evaluated for. Its id is the targeting key: the same id is always in the same
// share of actors.
type Actor interface {
	// ActorID returns the id.
	ActorID() string
}

// Member is an actor that can tell which groups it is in. It is asked only for the groups that a flag names.
type Member interface {
	// InGroup reports whether the actor is in a group.
	InGroup(name string) bool
}

// For sets the actor: a string, an integer of any type, a float without a fraction within ±2^53, an [Actor], or an
// [encoding.TextMarshaler] such as a UUID. A pointer stands for what it points to. If the actor is a [Member], it
// decides about groups.
//
// A nil pointer is nobody, and so is any other value, such as a boolean or something that only has a String method:
// an invented id would put it in an arbitrary share of actors. The client counts and logs such values, see
// [Stats].Unreadable.
// Why: RATIONALE.md "Why is something that can only print itself nobody?"
func For[A any](actor A) Option {
	// Conversions stay apart, so that a string isn't copied to the heap for the interfaces below.
	if id, ok := any(actor).(string); ok {
		return Option{kind: optionActor, state: uint8(engine.Keyed), attribute: engine.Attribute{Name: text(id)}}
	}
	o := Option{kind: optionActor, state: uint8(engine.NoActor)}
	if isNil(actor) {
		return o
	}
	o.member, _ = any(actor).(Member)
	if id, ok := identity(actor, 0); ok {
		o.state, o.attribute.Name = uint8(engine.Keyed), text(id)
	} else if o.member != nil {
		o.state = uint8(engine.Keyless)
	} else if !isNothing(actor) {
		o.attribute.Name = fmt.Sprintf("an actor of type %T has no id, and is nobody", actor)
	}
	return o
}

// identity returns the id that a value has, or false if it has none. Methods of the program's own may panic, and a
// decision never does.
func identity(actor any, depth int) (id string, ok bool) {
	defer func() {
		if recover() != nil {
			id, ok = "", false
		}
	}()
	switch v := actor.(type) {
	case Actor:
		return v.ActorID(), true
	case json.Number:
		return digits(number(string(v)))
	case *big.Int:
		return v.String(), true
	case big.Int:
		return v.String(), true
	case encoding.TextMarshaler:
		data, err := v.MarshalText()
		return string(data), err == nil
	}
	switch v := reflect.ValueOf(actor); v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Pointer:
		if depth == maxDepth || isNil(v.Elem().Interface()) {
			return "", false
		}
		return identity(v.Elem().Interface(), depth+1)
	case reflect.Bool, reflect.Array, reflect.Slice, reflect.Map:
		return "", false
	default:
		return digits(reflected(v, 0, new(int))) // no list or map gets here
	}
}

// digits returns an integer in decimal; false for anything else.
func digits(v any) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case *big.Int:
		return v.String(), true
	}
	return "", false
}

// isNil reports whether a value is nil or a nil pointer, whose methods aren't called.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// isNothing is isNil for a pointer to a nil pointer, too.
func isNothing(v any) bool {
	r := reflect.ValueOf(v)
	for depth := 0; r.Kind() == reflect.Pointer && depth < maxDepth; depth++ {
		r = r.Elem()
	}
	return !r.IsValid()
}
