package feed

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine"
)

const (
	// FrameGap is the shortest time between two frames of a stream, so that a burst of changes costs hosts at most
	// fifty frames a second.
	// Why: RATIONALE.md "Why do a stream's frames leave at once, instead of after 20 ms?"
	FrameGap = 20 * time.Millisecond
	// This many states are remembered, so that a host that comes back gets a delta. There are fewer if what only they hold,
	// such as versions of a large flag, takes more room than maxPastBytes.
	maxPast      = 128
	maxPastBytes = 32 << 20
)

// feed is what one environment's streams see. All of them see the newest snapshot at once, at most every frameGap.
type feed struct {
	current  atomic.Pointer[publication]
	watchers atomic.Int64

	mu        sync.Mutex
	waiting   *Snapshot      // the timer will publish it
	skipped   []*model.State // states before it that were not published; hosts may have polled them
	timer     *time.Timer    // nil if none runs
	published time.Time      // when something was last published

	readers map[*reader]bool // nil before the first
	moved   chan struct{}    // closed when a reader moves
	urgent  chan struct{}    // closed when a write waits for readers; nil if nobody listens
}

// publication is what streams see until next is closed.
type publication struct {
	newest   *Snapshot      // nil if the environment is gone
	previous *Snapshot      // the one before; nil for none
	past     []*model.State // earlier and skipped states, oldest first, without bytes
	next     chan struct{}
}

// update publishes a snapshot now if nothing was published for frameGap, or else as soon as frameGap is over.
func (f *feed) update(to *Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.current.Load(); now != nil && now.newest.Position() == to.Position() && f.waiting == nil {
		return // the state changed nothing that hosts see
	}
	if f.waiting != nil {
		f.skipped = append(f.skipped, f.waiting.state)
		f.skipped = f.skipped[max(0, len(f.skipped)-maxPast):]
	}
	f.waiting = to
	if f.timer != nil {
		return
	}
	wait := FrameGap - time.Since(f.published)
	if wait <= 0 {
		f.publish()
		return
	}
	f.timer = time.AfterFunc(wait, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.timer = nil
		if f.waiting != nil {
			f.publish()
		}
	})
}

// publish publishes the waiting snapshot. The caller holds f.mu.
func (f *feed) publish() {
	newest, skipped := f.waiting, f.skipped
	f.waiting, f.skipped, f.published = nil, nil, time.Now()
	before := f.current.Load()
	next := &publication{newest: newest, next: make(chan struct{})}
	if before != nil {
		if before.newest.Position() == newest.Position() {
			return
		}
		next.previous = before.newest
		next.past = slices.Clone(before.past)
		if before.previous != nil {
			next.past = append(next.past, before.previous.state)
		}
		next.past = worthKeeping(append(next.past, skipped...))
	}
	f.current.Store(next)
	if before != nil {
		close(before.next)
	}
}

// end tells the streams that the environment is gone.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopTimer()
	f.waiting = nil
	before := f.current.Load()
	f.current.Store(&publication{next: make(chan struct{})})
	if before != nil {
		close(before.next)
	}
}

// stopTimer stops the timer. The caller holds f.mu.
func (f *feed) stopTimer() {
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
}

// knows reports whether a host at a position can continue from there, now or once the waiting snapshot is published:
// its place is remembered, with its content id if the host names one. newest is the replica's newest snapshot. A host
// that is ahead of it in the same lineage can continue, because other replicas may be ahead too.
func (f *feed) knows(at engine.Position, newest *Snapshot, format int) bool {
	base := newest
	if !newest.Position().Same(at) {
		if base = f.remembered(at, newest.formats); base == nil {
			return at.Covers(newest.Position())
		}
	}
	return base.In(format).Has(at.ID)
}

// remembered returns the snapshot at a position, or nil.
func (f *feed) remembered(at engine.Position, formats Formats) *Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.current.Load()
	switch {
	case now.newest != nil && now.newest.Position().Same(at):
		return now.newest
	case f.waiting != nil && f.waiting.Position().Same(at):
		return f.waiting
	}
	for _, st := range f.skipped {
		if positionOf(st).Same(at) {
			return NewSnapshot(st, formats)
		}
	}
	return now.base(at)
}

// frame returns the frame that brings a host from a position to the newest snapshot, in a format.
func (p *publication) frame(from engine.Position, format int) (*Frame, error) {
	if base := p.base(from); base != nil && base.In(format).Has(from.ID) {
		return p.newest.In(format).frame(base.In(format))
	}
	return p.newest.In(format).whole()
}

// base returns the remembered snapshot at a position, or nil.
func (p *publication) base(from engine.Position) *Snapshot {
	if p.previous != nil && p.previous.Position().Same(from) {
		return p.previous
	}
	for _, st := range p.past {
		if positionOf(st).Same(from) {
			return NewSnapshot(st, p.newest.formats) // its bytes are not worth keeping: the frame is
		}
	}
	return nil
}

// worthKeeping returns the newest of the states that are worth keeping, oldest first.
func worthKeeping(states []*model.State) []*model.State {
	room := maxPastBytes
	for i := len(states) - 1; i >= 0; i-- {
		if i < len(states)-1 {
			room -= heldBeside(states[i].Flags, states[i+1].Flags) + heldBeside(states[i].Segments, states[i+1].Segments)
		}
		if room < 0 || len(states)-i > maxPast {
			return states[i+1:]
		}
	}
	return states
}

// heldBeside returns about how much memory a list holds beside a later one: itself, unless they are the same, and the
// records that they don't share.
func heldBeside(list, later []*model.Record) int {
	if len(list) == 0 || len(list) == len(later) && &list[0] == &later[0] {
		return 0
	}
	const pointer = 8
	size := pointer * len(list)
	for _, r := range list {
		for len(later) > 0 && later[0].Key() < r.Key() {
			later = later[1:]
		}
		if len(later) == 0 || later[0] != r {
			size += r.Size()
		}
	}
	return size
}
