package gonfalon

import (
	"math"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Option describes the context of a call, or its default. Options are values: you can keep them and pass them again.
// Of two that set the same thing, the later counts.
type Option struct {
	kind     optionKind
	state    uint8 // the presence of an actor, the type of a default, stateTooLarge
	bits     uint64
	member   Member
	prepared *prepared
	// Its name is the text of an option that has a text, so that options stay small: an actor's id or, if it has none,
	// what was handed in instead.
	attribute engine.Attribute
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

// InGroups sets the groups that the actor is in, any number of them. Without For there is still an actor, of which only
// the groups are known, if there is a group.
func InGroups(names ...string) Option {
	groups := make([]string, len(names))
	for i := range names {
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
	} else if a, whole := attribute(text(name), any(value)); whole {
		o.attribute = a
	} else {
		o.attribute, o.state = a, stateTooLarge
	}
	return o
}

// Attributes adds a map of attributes.
func Attributes(values map[string]any) Option {
	list, large := make([]engine.Attribute, 0, len(values)), false
	for name, value := range values {
		a, whole := attribute(text(name), value)
		list, large = append(list, a), large || !whole
	}
	return Option{kind: optionPrepared, prepared: &prepared{
		in: engine.Input{Attributes: list}, large: large, plain: !large && len(list) <= engine.MaxAttributes,
	}}
}

// ContextOf reads a context in the form that OpenFeature and OFREP have: targetingKey is the actor, as in [For], groups
// are its groups, a list of strings or one string, and all of it are attributes.
func ContextOf(values map[string]any) Option {
	names, strange := groupsOf(values["groups"])
	o := Prepare(For(values["targetingKey"]), InGroups(names...), Attributes(values))
	if strange {
		o.prepared.unreadable, o.prepared.plain = "what isn't a string among the groups names no group", false
	}
	return o
}

// groupsOf returns the names in a string or a list, and whether there was anything else.
func groupsOf(v any) (names []string, strange bool) {
	left := maxListed
	list := normal(v, 0, &left)
	if left < 0 {
		return make([]string, maxListed+1), false // as many as no decision rests on
	}
	switch list := list.(type) {
	case nil:
		return nil, !isNil(v)
	case string:
		return []string{list}, false
	case []any:
		for _, item := range list {
			if name, ok := item.(string); ok {
				names = append(names, name)
			} else {
				strange = true
			}
		}
		return names, strange
	}
	return nil, true
}

// Default sets the answer for when nothing is known: no snapshot yet, no variant to serve, a payload of another type.
// Without it, the answer is false, "", 0 or nil. Default(true) makes a flag fail open while nothing is loaded; an
// unknown flag is off nevertheless, so that a misspelt key turns nothing on.
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
		in: q.in, actor: q.actor, member: q.member, fallback: q.fallback, fixed: q.fixed, scope: q.scope, unreadable: q.unreadable,
		large: q.large,
		plain: q.member == nil && q.scope == nil && q.unreadable == "" && !q.wide(),
	}}
}

// prepared is a context that was built ahead of the calls that use it.
type prepared struct {
	in         engine.Input
	actor      bool // an actor was given, not only groups
	member     Member
	fallback   fallback
	fixed      fixed
	scope      *scope // of a context.Context: what was decided there
	unreadable string // what can't be read of it; empty for nothing
	large      bool   // an attribute has more in it than is read
	plain      bool   // in is all that the engine needs
}

// stateTooLarge is the state of an attribute that has more in it than is read.
const stateTooLarge = 1

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
