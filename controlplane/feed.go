package controlplane

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// ahead reports whether a host is ahead of a state, because it comes from a replica that was faster.
func (p Position) ahead(st *state) bool {
	return p.Lineage == st.head.lineage() && p.Revision > st.head.Revision
}

const (
	// frameGap is the shortest time between two frames of a stream, so that a burst of changes costs hosts at most fifty frames a second.
	// Why: RATIONALE.md "Why do a stream's frames leave at once, instead of after 20 ms?"
	frameGap = 20 * time.Millisecond
	// This many states are remembered, so that a host that comes back gets a delta. There are fewer if the records that only they hold,
	// such as versions of a large flag, take more room than keptBytes.
	kept      = 128
	keptBytes = 64 << 20
)

// recent returns the newest of the states that are worth keeping, oldest first.
func recent(states []*state) []*state {
	room := keptBytes
	for i := len(states) - 1; i >= 0; i-- {
		if i < len(states)-1 {
			room -= states[i].holds(states[i+1])
		}
		if room < 0 || len(states)-i > kept {
			return states[i+1:]
		}
	}
	return states
}

// holds returns how many bytes of records a state has that a later one doesn't share.
func (s *state) holds(later *state) int {
	size := 0
	for _, lists := range [][2][]*record{{s.flags, later.flags}, {s.segments, later.segments}} {
		list, other := lists[0], lists[1]
		for _, r := range list {
			for len(other) > 0 && other[0].key() < r.key() {
				other = other[1:]
			}
			if len(other) == 0 || other[0] != r {
				size += len(r.raw)
			}
		}
	}
	return size
}

// feeds are the environments' feeds.
type feeds struct {
	mu  sync.Mutex
	all map[string]*feed
}

// feed is what one environment's streams see. All of them see the newest state at once, at most every frameGap.
type feed struct {
	now      atomic.Pointer[shown]
	watchers atomic.Int64

	mu      sync.Mutex
	waiting *state      // the timer will show it
	skipped []*state    // states before it that were not shown; hosts may have polled them
	timer   *time.Timer // nil if none runs
	last    time.Time   // when something was last shown
}

// shown is what streams see until next is closed.
type shown struct {
	newest   *Snapshot // nil if the environment is gone
	previous *state    // the state before, with its bytes; nil for none
	past     []*state  // earlier and skipped states, oldest first, without bytes
	next     chan struct{}
}

// of returns an environment's feed, or nil if the environment doesn't exist. A new view becomes visible before the feeds are offered it. A
// caller that comes in between, for an environment that was just created, makes its feed.
func (f *feeds) of(env string, newest *atomic.Pointer[view]) *feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if st := newest.Load().states[env]; st != nil && f.all[env] == nil {
		f.open(env).offer(st)
	}
	return f.all[env]
}

// open returns an environment's feed, and makes one if there is none. The caller holds f.mu.
func (f *feeds) open(env string) *feed {
	if f.all == nil {
		f.all = map[string]*feed{}
	}
	if f.all[env] == nil {
		f.all[env] = &feed{}
	}
	return f.all[env]
}

// offer hands the states of a new view to the feeds.
func (f *feeds) offer(states map[string]*state, gone []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for env, st := range states {
		f.open(env).offer(st)
	}
	for _, env := range gone {
		if feed := f.all[env]; feed != nil {
			feed.end()
			delete(f.all, env)
		}
	}
}

// stop ends the timers.
func (f *feeds) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, feed := range f.all {
		feed.mu.Lock()
		if feed.timer != nil {
			feed.timer.Stop()
		}
		feed.mu.Unlock()
	}
}

// offer shows a state now if nothing was shown for frameGap, or else as soon as frameGap is over.
func (f *feed) offer(st *state) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now.Load()
	if now != nil && now.newest.Position() == st.head.position() && f.waiting == nil {
		return // the state changed nothing that hosts see
	}
	if f.waiting != nil {
		f.skipped = append(f.skipped, f.waiting.light())
		f.skipped = f.skipped[max(0, len(f.skipped)-kept):]
	}
	f.waiting = st
	if f.timer != nil {
		return
	}
	wait := frameGap - time.Since(f.last)
	if wait <= 0 {
		f.show()
		return
	}
	f.timer = time.AfterFunc(wait, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.timer = nil
		if f.waiting != nil {
			f.show()
		}
	})
}

// show shows the waiting state. The caller holds f.mu.
func (f *feed) show() {
	st, skipped := f.waiting, f.skipped
	f.waiting, f.skipped, f.last = nil, nil, time.Now()
	before := f.now.Load()
	next := &shown{newest: st.snapshot, next: make(chan struct{})}
	if before != nil {
		if before.newest.Position() == st.head.position() {
			return
		}
		next.previous = before.newest.state
		next.past = slices.Clone(before.past)
		if before.previous != nil {
			next.past = append(next.past, before.previous.light())
		}
		next.past = recent(append(next.past, skipped...))
	}
	f.now.Store(next)
	if before != nil {
		close(before.next)
	}
}

// end tells the streams that the environment is gone.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
	f.waiting = nil
	before := f.now.Load()
	f.now.Store(&shown{next: make(chan struct{})})
	if before != nil {
		close(before.next)
	}
}

// light returns the state without its snapshot. Its records are shared with other states anyway, but its bytes aren't.
func (s *state) light() *state {
	return newState(s.env, s.head, s.headAt, s.at, s.flags, s.segments)
}

// frame returns the frame that brings a host from a position to the newest snapshot.
func (s *shown) frame(from Position) (*Frame, error) {
	base := s.base(from)
	if base == nil {
		return s.newest.whole()
	}
	f := s.newest.frame(from)
	f.made.Do(func() { f.err = f.fill(s.newest, base) })
	return f, f.err
}

// whole returns the frame with the whole snapshot.
func (p *Snapshot) whole() (*Frame, error) {
	f := p.frame(Position{})
	f.made.Do(func() { f.err = f.fill(p, nil) })
	return f, f.err
}

// knows reports whether a host at a position can continue from there, now or once the waiting state is shown.
func (f *feed) knows(p Position) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now.Load()
	is := func(st *state) bool { return st.head.position() == p }
	return now.newest != nil && is(now.newest.state) || now.base(p) != nil || f.waiting != nil && is(f.waiting) || slices.ContainsFunc(f.skipped, is)
}

// base returns the remembered state at a position, or nil.
func (s *shown) base(from Position) *state {
	if s.previous != nil && s.previous.head.position() == from {
		return s.previous
	}
	for _, st := range s.past {
		if st.head.position() == from {
			return st.light() // its bytes are not worth keeping: the frame is
		}
	}
	return nil
}

// fill makes a frame once for all hosts at the same position. If the delta is larger than the snapshot, it sends the snapshot.
func (f *Frame) fill(to *Snapshot, base *state) error {
	if err := to.assemble(); err != nil {
		return err
	}
	f.kind, f.data, f.id = FrameSnapshot, to.Bytes(), to.ID()
	if base == nil {
		return nil
	}
	if err := base.snapshot.assemble(); err != nil {
		return err
	}
	delta, err := snapshot.Delta(base.snapshot.Bytes(), to.Bytes())
	if err != nil {
		return err
	}
	if len(delta) < len(f.data) {
		f.kind, f.data = FrameDelta, delta
	}
	return nil
}

// frame returns the frame that all hosts at a position share.
func (p *Snapshot) frame(from Position) *Frame {
	p.framesMu.Lock()
	defer p.framesMu.Unlock()
	if p.frames == nil {
		p.frames = map[Position]*Frame{}
	}
	f := p.frames[from]
	if f == nil {
		f = &Frame{position: p.Position()}
		p.frames[from] = f
	}
	return f
}
