package gonfalon

import (
	"math"
	"sync"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// query is one call's options put together.
type query struct {
	in       engine.Input
	actor    bool // an actor was given, not only groups
	member   Member
	fallback fallback
	fixed    fixed
	alone    bool // nothing but the scope's own context was given
	scope    *scope
	memory   *[room]engine.Attribute // holds in.Attributes, until release

	unreadable string // what can't be read of the options; empty for nothing
	large      bool   // an attribute has more in it than is read
}

// room is how many attributes a call can bring without a prepared context before it allocates.
const room = 16

var rooms = sync.Pool{New: func() any { return new([room]engine.Attribute) }}

// simple returns the input of a call that brings a prepared context or none, and at most a default. It returns nil if
// there is more to read.
func simple(opts []Option) *engine.Input {
	if len(opts) == 0 {
		return &nobody
	}
	p := opts[0].prepared
	if opts[0].kind != optionPrepared || len(opts) > 2 || len(opts) == 2 && opts[1].kind != optionDefault || !p.plain {
		return nil
	}
	return &p.in
}

// nobody is the input of a call without options.
var nobody engine.Input

// read puts the options together. Room for a few attributes comes from a pool, and goes back by release.
func (q *query) read(opts []Option) {
	switch n := q.merge(opts); {
	case n > room:
		q.fill(opts, make([]engine.Attribute, 0, n))
	case n > 0:
		q.memory = rooms.Get().(*[room]engine.Attribute)
		q.fill(opts, q.memory[:])
	}
}

// readAll is read for what outlives a call.
func (q *query) readAll(opts []Option) {
	if n := q.merge(opts); n > 0 {
		q.fill(opts, make([]engine.Attribute, 0, n))
	}
}

func (q *query) release() {
	if q.memory == nil {
		return
	}
	clear(q.in.Attributes)
	q.in.Attributes = nil
	rooms.Put(q.memory)
}

// fixed says which of time and chance the caller has set.
type fixed uint8

const (
	fixedNow fixed = 1 << iota
	fixedRoll
)

// merge takes everything but attributes from the options, and returns how many attributes they bring. If one prepared
// context brings all of them, it takes them too, without a copy, and returns 0.
func (q *query) merge(opts []Option) int {
	n, sources := 0, 0
	q.alone = len(opts) == 1
	for i := range opts {
		o := &opts[i]
		switch o.kind {
		case optionActor:
			q.setActor(o)
		case optionGroups:
			q.in.Groups = o.prepared.in.Groups
		case optionAttribute:
			n++
			sources++
			q.large = q.large || o.state == stateTooLarge
		case optionPrepared:
			q.mergePrepared(o.prepared)
			if have := len(o.prepared.in.Attributes); have > 0 {
				n += have
				sources++
				q.in.Attributes = o.prepared.in.Attributes
			}
		case optionDefault:
			q.fallback = fallback{o.state, o.attribute.Name, o.bits}
			q.alone = q.alone || len(opts) == 2 // a default changes no decision
		case optionNow:
			q.in.Now, q.fixed = int64(o.bits), q.fixed|fixedNow
		case optionRoll:
			q.in.Roll, q.fixed = o.bits, q.fixed|fixedRoll
		}
	}
	if q.large && q.unreadable == "" {
		q.unreadable = tooLarge
	}
	if !q.actor {
		q.in.Presence = engine.NoActor
		if len(q.in.Groups) > 0 {
			q.in.Presence = engine.Keyless
		}
	}
	if sources == 1 && len(q.in.Attributes) == n {
		return 0
	}
	q.in.Attributes = nil
	return n
}

func (q *query) setActor(o *Option) {
	q.in.Actor, q.in.Presence, q.member, q.unreadable = o.attribute.Name, engine.Presence(o.state), o.member, ""
	if q.actor = q.in.Presence != engine.NoActor; !q.actor {
		q.in.Actor, q.unreadable = "", o.attribute.Name
	}
}

// wide reports whether the context is beyond what the engine takes, unless what a flag doesn't ask for is left out.
func (q *query) wide() bool {
	return len(q.in.Groups) > engine.MaxGroups || len(q.in.Attributes) > engine.MaxAttributes
}

// mergePrepared takes what a prepared context says, and leaves the rest.
func (q *query) mergePrepared(p *prepared) {
	if p.actor {
		q.in.Actor, q.in.Presence, q.member, q.actor = p.in.Actor, p.in.Presence, p.member, true
	}
	if p.in.Groups != nil {
		q.in.Groups = p.in.Groups
	}
	if p.unreadable != "" {
		q.unreadable = p.unreadable
	}
	q.large = q.large || p.large
	if p.fallback.kind != defaultNone {
		q.fallback = p.fallback
	}
	if p.fixed&fixedNow != 0 {
		q.in.Now = p.in.Now
	}
	if p.fixed&fixedRoll != 0 {
		q.in.Roll = p.in.Roll
	}
	q.fixed |= p.fixed
	if p.scope != nil {
		q.scope = p.scope
	}
}

// fill writes the options' attributes into room, the last given first, since of two with one name the engine takes the
// first.
func (q *query) fill(opts []Option, room []engine.Attribute) {
	room = room[:0]
	for i := len(opts) - 1; i >= 0; i-- {
		switch o := &opts[i]; o.kind {
		case optionAttribute:
			room = append(room, o.attribute)
		case optionPrepared:
			room = append(room, o.prepared.in.Attributes...)
		}
	}
	q.in.Attributes = room
}

// defaultOf returns the default among the options.
func defaultOf(opts []Option) fallback {
	var q query
	q.merge(opts)
	return q.fallback
}

func (f fallback) bool() bool { return f.kind == defaultBool && f.bits != 0 }

func (f fallback) string() string {
	if f.kind == defaultString {
		return f.text
	}
	return ""
}

func (f fallback) int() int64 {
	if f.kind == defaultInt {
		return int64(f.bits)
	}
	return 0
}

func (f fallback) float() float64 {
	switch f.kind {
	case defaultFloat:
		return math.Float64frombits(f.bits)
	case defaultInt:
		return float64(int64(f.bits))
	}
	return 0
}
