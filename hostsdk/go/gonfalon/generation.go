package gonfalon

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// generation is a snapshot that serves, with what the client adds to it. It alone knows whether the engine is the
// native one, whose calls cost no interface and no allocation.
type generation struct {
	native nativeSnapshot // empty if another engine loaded the snapshot
	loaded Snapshot
	info   SnapshotInfo
	timed  bool                              // there are schedules: the time may matter
	since  int64                             // when it came, in Unix microseconds; 0: before the client began
	needs  []need                            // by flag
	asks   []atomic.Pointer[needs]           // by flag, asked of the engine once
	fixed  []atomic.Pointer[engine.Decision] // by flag, of an engine behind the interface: decisions that are the same for every context
	counts *counts                           // nil if usage isn't reported

	floatsOnce sync.Once
	floats     []bool // by flag: whether any of its numbers has a fraction; nil until it is asked for
}

// need says what a decision about one flag takes besides its context.
type need uint8

const (
	needNow need = 1 << iota
	needRoll
	needScratch
)

func newGeneration(loaded Snapshot, counted bool) *generation {
	n := loaded.Len()
	g := &generation{
		loaded: loaded, info: loaded.Info(), timed: engine.Timed(loaded.Bytes()),
		needs: make([]need, n), asks: make([]atomic.Pointer[needs], n),
	}
	g.info.Position.ID = g.info.ID
	g.native, _ = loaded.(nativeSnapshot)
	for i := range n {
		g.needs[i] = g.need(i)
	}
	if g.native.Snapshot == nil {
		g.fixed = make([]atomic.Pointer[engine.Decision], n)
	}
	if counted {
		g.counts = newCounts(n)
	}
	return g
}

// need returns what the native engine says. Another engine is asked when the flag is first decided.
func (g *generation) need(i int32) (n need) {
	s := g.native.Snapshot
	if s == nil {
		return 0
	}
	if s.NeedsRoll(i) {
		n |= needRoll
	}
	if s.NeedsNow(i) {
		n |= needNow
	}
	if s.NeedsScratch(i) {
		n |= needScratch
	}
	return n
}

func (g *generation) find(key string) int32 {
	if g.native.Snapshot != nil {
		return g.native.Find(key)
	}
	return g.loaded.Find(key)
}

// findSimple returns the number of a flag that the native engine decides by nothing but the context, or −1.
func (g *generation) findSimple(key string) int32 {
	if g.native.Snapshot != nil {
		if i := g.native.Snapshot.Find(key); i >= 0 && g.needs[i] == 0 {
			return i
		}
	}
	return -1
}

// count counts an evaluation of flag i.
func (g *generation) count(i int32, on bool) {
	if g.counts != nil {
		g.counts.add(i, on)
	}
}

// decide decides flag i for q.
func (g *generation) decide(c *Client, i int32, q *query, d *engine.Decision) error {
	if q.member != nil || q.wide() {
		return g.decideNarrow(c, i, q, d)
	}
	if g.native.Snapshot == nil {
		return g.decideForeign(c, i, q, d)
	}
	// A clock costs more than most decisions, so it is read only for the flags that look at it.
	q.settle(c, g.needs[i])
	return g.native.Decide(i, &q.in, d)
}

// decideForeign decides flag i by an engine behind the interface, which has to write down whatever it is handed. It is
// handed only what the flag can ask for, and a decision that is the same for every context is asked for once.
func (g *generation) decideForeign(c *Client, i int32, q *query, d *engine.Decision) error {
	if known := g.fixed[i].Load(); known != nil {
		*d = *known
		return nil
	}
	n, err := g.needsOf(i)
	if err != nil {
		return err
	}
	var what need
	if n.now {
		what |= needNow
	}
	if n.roll {
		what |= needRoll
	}
	q.settle(c, what)
	// What is handed to an interface moves to the heap, so that is memory of a pool.
	call := calls.Get().(*foreign)
	n.lean(q, &call.in, call.room[:0])
	err = g.loaded.Decide(i, &call.in, &call.d)
	if *d = call.d; err == nil && d.Fixed {
		g.fixed[i].Store(new(*d))
	}
	if len(n.attributes) > 0 {
		clear(call.room[:])
	}
	call.in, call.d = engine.Input{}, engine.Decision{}
	calls.Put(call)
	return err
}

// foreign is memory of one call on an engine behind the interface.
type foreign struct {
	in   engine.Input
	d    engine.Decision
	room [room]engine.Attribute
}

var calls = sync.Pool{New: func() any { return new(foreign) }}

// settle fills in the time and the chance that are needed and that the caller hasn't set.
func (q *query) settle(c *Client, n need) {
	if n&needNow != 0 && q.fixed&fixedNow == 0 {
		q.in.Now = c.now()
	}
	if n&needRoll != 0 && q.fixed&fixedRoll == 0 {
		q.in.Roll = rand.Uint64()
	}
}

// settleAll is settle for any of the flags.
func (g *generation) settleAll(c *Client, q *query) {
	n := needRoll
	if g.timed {
		n |= needNow
	}
	q.settle(c, n)
}

// hasFloats reports whether any of a flag's payloads is a number with a fraction.
func (g *generation) hasFloats(key string) bool {
	i := g.find(key)
	if g.native.Snapshot != nil {
		return g.native.HasFloats(i)
	}
	g.floatsOnce.Do(func() { g.floats = engine.Floats(g.loaded.Bytes()) })
	return g.floats[i]
}

// now is the client's time in Unix microseconds.
func (c *Client) now() int64 {
	now := time.Now()
	if c.config.Clock != nil {
		c.guard("the clock", func() { now = c.config.Clock() })
	}
	return now.UnixMicro()
}
