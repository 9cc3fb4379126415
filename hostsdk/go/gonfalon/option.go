package gonfalon

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

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

// Option describes the context of a call, or its default. Options are values: you can keep them and pass them again.
// Of two that set the same thing, the later counts.
type Option struct {
	kind      optionKind
	state     uint8 // the presence of an actor, the type of a default
	bits      uint64
	member    Member
	prepared  *prepared
	attribute engine.Attribute // its name is the text of an option that has a text, so that options stay small
}

type optionKind uint8

const (
	optionNone optionKind = iota
	optionActor
	optionGroups
	optionAttribute
	optionPrepared
	optionDefault
	optionNow
	optionRoll
)

// For sets the actor: a string, or anything with ActorID() string. If it has InGroup(string) bool too, that decides
// about groups. A nil actor is no actor. Any other type counts as no actor either: an invented id would assign it to
// an arbitrary share of actors.
func For[A any](actor A) Option {
	// Conversions stay apart, so that a string isn't copied to the heap for the interfaces below.
	if id, ok := any(actor).(string); ok {
		return Option{kind: optionActor, state: uint8(engine.Keyed), attribute: engine.Attribute{Name: text(id)}}
	}
	o := Option{kind: optionActor, state: uint8(engine.NoActor)}
	o.member, _ = any(actor).(Member)
	if known, ok := any(actor).(Actor); ok {
		o.state, o.attribute.Name = uint8(engine.Keyed), text(known.ActorID())
	} else if id, ok := named(actor); ok {
		o.state, o.attribute.Name = uint8(engine.Keyed), text(id)
	} else if o.member != nil {
		o.state = uint8(engine.Keyless)
	}
	return o
}

// named returns the text of a string of a named type.
func named(actor any) (string, bool) {
	v := reflect.ValueOf(actor)
	if v.Kind() != reflect.String {
		return "", false
	}
	return v.String(), true
}

// InGroups sets the groups that the actor is in. Without For there is still an actor, of which only the groups are
// known.
func InGroups(names ...string) Option {
	groups := make([]string, min(len(names), engine.MaxGroups))
	for i := range groups {
		groups[i] = text(names[i])
	}
	return Option{kind: optionGroups, prepared: &prepared{in: engine.Input{Groups: groups}}}
}

// With adds one attribute to the context. ../../README.md lists the kinds of value; any other counts as null.
func With[V any](name string, value V) Option {
	o := Option{kind: optionAttribute}
	if s, ok := any(value).(string); ok {
		o.attribute = engine.String(text(name), text(s))
	} else if n, ok := any(value).(int); ok {
		o.attribute = engine.Int(text(name), int64(n))
	} else {
		o.attribute = attribute(text(name), any(value))
	}
	return o
}

// Attributes adds a map of attributes.
func Attributes(values map[string]any) Option {
	list := make([]engine.Attribute, 0, len(values))
	for name, value := range values {
		list = append(list, attribute(text(name), value))
	}
	if len(list) > engine.MaxAttributes {
		slices.SortFunc(list, func(a, b engine.Attribute) int { return strings.Compare(a.Name, b.Name) })
		list = list[:engine.MaxAttributes]
	}
	return Option{kind: optionPrepared, prepared: &prepared{in: engine.Input{Attributes: list}}}
}

// Default sets the answer for when nothing is known: no snapshot yet, no such flag, no variant to serve, a payload of
// another type. Without it, the answer is false, "", 0 or nil: flags fail closed. Default(true) makes one fail open.
func Default[V bool | string | int | int64 | float64](value V) Option {
	o := Option{kind: optionDefault}
	switch v := any(value).(type) {
	case bool:
		o.state = defaultBool
		if v {
			o.bits = 1
		}
	case string:
		o.state, o.attribute.Name = defaultString, v
	case int:
		o.state, o.bits = defaultInt, uint64(v)
	case int64:
		o.state, o.bits = defaultInt, uint64(v)
	case float64:
		o.state, o.bits = defaultFloat, math.Float64bits(v)
	}
	return o
}

// At sets the time of a decision, for tests and previews.
func At(t time.Time) Option { return Option{kind: optionNow, bits: uint64(t.UnixMicro())} }

// Roll sets the chance that percentage_of_time gates use, for tests and replays.
func Roll(n uint64) Option { return Option{kind: optionRoll, bits: n} }

// Prepare makes one option of many, so that the context is built once for many calls. Any number of goroutines may use
// it.
func Prepare(opts ...Option) Option {
	var q query
	q.readAll(opts)
	return Option{kind: optionPrepared, prepared: &prepared{
		in: q.in, member: q.member, fallback: q.fallback, fixed: q.fixed, scope: q.scope,
	}}
}

// prepared is a context that was built ahead of the calls that use it.
type prepared struct {
	in       engine.Input
	member   Member
	fallback fallback
	fixed    fixed
	scope    *scope // of a context.Context: what was decided there
}

// Types of a default.
const (
	defaultNone uint8 = iota
	defaultBool
	defaultString
	defaultInt
	defaultFloat
)

// fallback is the caller's default.
type fallback struct {
	kind uint8
	text string
	bits uint64
}
