package gonfalon

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// generation is a snapshot that serves, with what the client adds to it.
type generation struct {
	native *engine.Snapshot // the snapshot, if the engine is the native one: calls on it cost no interface and no allocation
	loaded Snapshot
	info   Info
	timed  bool                       // there are schedules: the time may matter
	needs  []bool                     // by flag, of a native engine: time, chance or memory
	groups []atomic.Pointer[[]string] // by flag, asked of the engine once
	counts *counts                    // nil where nobody wants to know
}

func newGeneration(loaded Snapshot, counted bool) *generation {
	g := &generation{loaded: loaded, info: loaded.Info(), timed: schedules(loaded.Bytes()) > 0, groups: make([]atomic.Pointer[[]string], loaded.Len())}
	if n, ok := loaded.(nativeSnapshot); ok {
		g.native, g.needs = n.Snapshot, make([]bool, n.Len())
		for i := range n.Len() {
			g.needs[i] = n.NeedsNow(i) || n.NeedsRoll(i) || n.NeedsScratch(i)
		}
	}
	if counted {
		g.counts = newCounts(loaded.Len())
	}
	return g
}

func (g *generation) find(key string) int32 {
	if g.native != nil {
		return g.native.Find(key)
	}
	return g.loaded.Find(key)
}

// decide decides flag i for q.
func (g *generation) decide(c *Client, i int32, q *query, d *engine.Decision) error {
	if q.member != nil {
		return g.decideMember(c, i, q, d)
	}
	if g.native == nil {
		return g.decideForeign(c, i, q, d)
	}
	// A clock costs more than most decisions, so it is read for the flags that look at it only.
	if q.fixed&fixedNow == 0 && g.native.NeedsNow(i) {
		q.in.Now = c.now()
	}
	if q.fixed&fixedRoll == 0 && g.native.NeedsRoll(i) {
		q.in.Roll = rand.Uint64()
	}
	if !g.native.NeedsScratch(i) {
		g.native.Decide(i, &q.in, nil, d)
		return nil
	}
	sc := scratches.Get().(*engine.Scratch)
	g.native.Decide(i, &q.in, sc, d)
	scratches.Put(sc)
	return nil
}

// settle gives an input the time and chance that it lacks.
func (g *generation) settle(c *Client, q *query) {
	if q.fixed&fixedNow == 0 && g.timed {
		q.in.Now = c.now()
	}
	if q.fixed&fixedRoll == 0 {
		q.in.Roll = rand.Uint64()
	}
}

// decideForeign calls another engine. What is handed to an interface moves to the heap, so that is memory of a pool.
//
//go:noinline
func (g *generation) decideForeign(c *Client, i int32, q *query, d *engine.Decision) error {
	g.settle(c, q)
	call := calls.Get().(*foreign)
	call.in = q.in
	err := g.loaded.Decide(i, &call.in, &call.d)
	*d = call.d
	*call = foreign{}
	calls.Put(call)
	return err
}

// decideMember asks the actor for the groups that the flag names.
//
//go:noinline
func (g *generation) decideMember(c *Client, i int32, q *query, d *engine.Decision) error {
	names, err := g.groupsOf(i)
	if err != nil {
		return err
	}
	asked := *q
	asked.member = nil
	var room [16]string
	asked.in.Groups = ask(q.member, names, append(room[:0], q.in.Groups...))
	return g.decide(c, i, &asked, d)
}

// ask adds those of names that the actor is in to groups.
func ask(actor Member, names, groups []string) []string {
	for _, name := range names {
		if len(groups) == engine.MaxGroups {
			break
		}
		if actor.InGroup(name) {
			groups = append(groups, name)
		}
	}
	return groups
}

func (g *generation) groupsOf(i int32) ([]string, error) {
	if known := g.groups[i].Load(); known != nil {
		return *known, nil
	}
	names, err := g.loaded.Groups(i)
	if err != nil {
		return nil, err
	}
	g.groups[i].Store(&names)
	return names, nil
}

// allGroups are the groups that any of these flags names, nil standing for all flags.
func (g *generation) allGroups(flags []int32) ([]string, error) {
	var all []string
	seen := map[string]bool{}
	add := func(i int32) error {
		names, err := g.groupsOf(i)
		for _, name := range names {
			if !seen[name] {
				seen[name] = true
				all = append(all, name)
			}
		}
		return err
	}
	if flags == nil {
		for i := range g.loaded.Len() {
			if err := add(i); err != nil {
				return nil, err
			}
		}
	}
	for _, i := range flags {
		if err := add(i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// now is the client's time in Unix microseconds.
func (c *Client) now() int64 {
	if c.config.Clock != nil {
		return c.config.Clock().UnixMicro()
	}
	return time.Now().UnixMicro()
}
