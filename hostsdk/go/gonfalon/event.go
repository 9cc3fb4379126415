package gonfalon

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// EventKind is a kind of event.
type EventKind uint8

const (
	// StateChanged says that the client's state is another one.
	StateChanged EventKind = iota
	// FlagsChanged says that flags can decide differently: there is a new snapshot, or a schedule has opened or closed.
	FlagsChanged
)

// Event is a change of a client.
type Event struct {
	Kind EventKind

	State, Previous State // of StateChanged
	Err             error // of StateChanged: what is wrong with the source, if anything is

	Info           SnapshotInfo // of FlagsChanged: the snapshot that serves now
	Flags          []string     // of FlagsChanged: every flag whose decision can differ, through segments, parents and schedules too, ascending
	Segments       []string     // of FlagsChanged: the segments that are new, changed or gone, ascending
	LineageChanged bool         // of FlagsChanged: the environment was created again, or restored
}

// events delivers events to subscribers, in order, from one goroutine.
type events struct {
	queue   chan Event
	dropped atomic.Int64
	hooked  bool          // there are hooks that want changes
	joined  chan struct{} // for the goroutine that watches schedules: there is another subscriber
	mu      sync.Mutex
	since   int64 // when somebody began to listen after nobody had, on the client's clock
	next    int
	subs    map[int]func(Event)
}

// maxEvents is how many events wait for slow subscribers; a change a millisecond fills it in a quarter of a second.
const maxEvents = 256

func (e *events) init() {
	e.queue, e.joined, e.subs = make(chan Event, maxEvents), make(chan struct{}, 1), map[int]func(Event){}
}

// heard reports whether anybody listens, and since when.
func (e *events) heard() (since int64, heard bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.since, e.hooked || len(e.subs) > 0
}

// put never waits: an event that finds the queue full is dropped, and counted.
func (e *events) put(event Event) {
	select {
	case e.queue <- event:
	default:
		e.dropped.Add(1)
	}
}

// Subscribe calls f with each event from now on, one after another, until stop is called. f should return quickly:
// other subscribers wait for it, and events are dropped while 256 of them are waiting. If f panics, that is logged.
func (c *Client) Subscribe(f func(Event)) (stop func()) {
	e := &c.events
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.subs) == 0 && !e.hooked {
		e.since = c.now()
	}
	id := e.next
	e.next++
	e.subs[id] = f
	select {
	case e.joined <- struct{}{}:
	default:
	}
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.subs, id)
	}
}

// dispatch is the goroutine that calls subscribers and hooks.
func (c *Client) dispatch(ctx context.Context) {
	for {
		select {
		case event := <-c.events.queue:
			c.deliver(event)
		case <-ctx.Done():
			for len(c.events.queue) > 0 {
				c.deliver(<-c.events.queue)
			}
			return
		}
	}
}

func (c *Client) deliver(event Event) {
	switch {
	case event.Kind == FlagsChanged:
		c.config.Logger.Info("gonfalon: flags changed", "env", c.config.Environment, "revision", event.Info.Position.Revision, "flags", len(event.Flags), "segments", len(event.Segments))
	case event.State == Ready:
		c.config.Logger.Info("gonfalon: ready", "env", c.config.Environment, "was", event.Previous)
	default:
		c.config.Logger.Warn("gonfalon: "+event.State.String(), "env", c.config.Environment, "was", event.Previous, "error", event.Err)
	}
	for _, hook := range c.config.Hooks {
		if hook.Changed != nil {
			c.guard("a hook", func() { hook.Changed(event) })
		}
	}
	for _, id := range c.events.subscribers() {
		if f := c.events.subscriber(id); f != nil {
			c.guard("a subscriber", func() { f(event) })
		}
	}
}

// subscribers returns those who listen now, in the order in which they began.
func (e *events) subscribers() []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.subs))
}

// subscriber returns a subscriber's function; nil if one before it has stopped it.
func (e *events) subscriber(id int) func(Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.subs[id]
}

// announce puts the event of what changed between two snapshots.
func (c *Client) announce(old, g *generation) {
	event := Event{Kind: FlagsChanged, Info: g.info}
	before := ""
	if old != nil {
		before = old.loaded.Bytes()
		event.LineageChanged = old.info.Position.Lineage != g.info.Position.Lineage
	}
	event.Segments, event.Flags = engine.Changes(before, g.loaded.Bytes())
	c.events.put(event)
}
