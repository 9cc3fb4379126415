package controlplane

import (
	"context"
	"encoding/base64"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// FrameKind says what a frame carries.
type FrameKind string

// The kinds of frame.
const (
	FrameSnapshot FrameKind = "snapshot" // a whole snapshot
	FrameDelta    FrameKind = "delta"    // what turns the host's snapshot into the newest
)

// Frame is one message to hosts, immutable, and shared by all that are at the same place.
type Frame struct {
	kind     FrameKind
	data     []byte
	position Position
	id       [32]byte
	err      error
	made     sync.Once

	encoded sync.Once
	text    string
}

// Kind says what Data is.
func (f *Frame) Kind() FrameKind { return f.kind }

// Data is a snapshot or a delta, as engine/snapshot/FORMAT.md describes them. It must not be changed.
func (f *Frame) Data() []byte { return f.data }

// Position is where the host is when it has applied the frame.
func (f *Frame) Position() Position { return f.position }

// ID is the content id of the snapshot that the host then has.
func (f *Frame) ID() [32]byte { return f.id }

// Base64 is Data in base64 (standard, padded), on one line.
func (f *Frame) Base64() string {
	f.encoded.Do(func() { f.text = base64.StdEncoding.EncodeToString(f.data) })
	return f.text
}

// Watch gives what brings a host from a position to the newest snapshot, and then what each change brings, waiting for them.
// Where the position is not known any more, or is the zero Position, the first frame is a whole snapshot; where it is the
// newest, the first frame is the next change. A change that follows a quiet time is given at once, and those within
// frameGap of a frame are gathered into one. Who reads slowly gets the newest, not what came before.
//
// It ends with the context, without an error; with Gone when the environment is deleted; with Unavailable when the service
// is closed; at once with NotFound.
func (s *Service) Watch(ctx context.Context, env string, after Position) iter.Seq2[*Frame, error] {
	return func(yield func(*Frame, error) bool) {
		f := s.feeds.of(env)
		if f == nil {
			yield(nil, noEnvironment(env))
			return
		}
		f.watchers.Add(1)
		defer f.watchers.Add(-1)
		at := after
		if st := s.view.Load().states[env]; st != nil && at != st.head.position() && !at.ahead(st) && !f.knows(at) {
			frame, err := st.snapshot.whole()
			if err != nil {
				s.log.Error("a snapshot can't be made", "environment", env, "error", err)
			} else if !yield(frame, nil) {
				return
			}
			at = st.head.position()
		}
		for {
			now := f.now.Load()
			if now.newest == nil {
				yield(nil, fail(Gone, "the environment %q was deleted", env))
				return
			}
			if position := now.newest.Position(); position != at && !at.ahead(now.newest.state) {
				frame, err := now.frame(at)
				if err != nil {
					s.log.Error("a frame can't be made; hosts keep what they have", "environment", env, "revision", position.Revision, "error", err)
				} else if !yield(frame, nil) {
					return
				}
				at = position
				continue
			}
			select {
			case <-now.next:
			case <-ctx.Done():
				return
			case <-s.done:
				yield(nil, errClosed())
				return
			}
		}
	}
}

// ahead says that a host is ahead of a state: it comes from a replica that was faster.
func (p Position) ahead(st *state) bool {
	return p.Lineage == st.head.lineage() && p.Revision > st.head.Revision
}

const (
	// frameGap is the least time between two frames of a stream: a burst of changes costs hosts fifty frames a second.
	frameGap = 20 * time.Millisecond
	// kept is how many snapshots are remembered, so that a host that comes back gets a delta.
	kept = 128
)

// feeds are the environments' feeds.
type feeds struct {
	mu  sync.Mutex
	all map[string]*feed
}

// feed is what one environment's streams are shown: the newest state at most every frameGap, all at once.
type feed struct {
	now      atomic.Pointer[shown]
	watchers atomic.Int64

	mu      sync.Mutex
	waiting *state      // to be shown by the timer
	skipped []*state    // what came before it and was not shown; hosts may have polled it
	timer   *time.Timer // nil: none runs
	last    time.Time   // when something was shown
}

// shown is what streams see until next is closed.
type shown struct {
	newest   *Snapshot // nil: the environment is gone
	previous *state    // the one before, with its bytes; nil: none
	past     []*state  // those before that or skipped, oldest first, without
	next     chan struct{}
}

func (f *feeds) of(env string) *feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[env]
}

// offer tells the feeds of a new view.
func (f *feeds) offer(states map[string]*state, gone []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[string]*feed{}
	}
	for env, st := range states {
		if f.all[env] == nil {
			f.all[env] = &feed{}
		}
		f.all[env].offer(st)
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

// offer shows a state now, if nothing was shown for frameGap, else as soon as that is over.
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

// show shows what waits; f.mu is held.
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
		next.past = append(next.past, skipped...)
		next.past = next.past[max(0, len(next.past)-kept):]
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

// light is the state without what was made of it: its records are shared anyway, its bytes are not.
func (s *state) light() *state {
	return newState(s.env, s.head, s.headAt, s.at, s.flags, s.segments)
}

// frame is what brings a host from a position to the newest snapshot.
func (s *shown) frame(from Position) (*Frame, error) {
	base := s.base(from)
	if base == nil {
		return s.newest.whole()
	}
	f := s.newest.frame(from)
	f.made.Do(func() { f.err = f.fill(s.newest, base) })
	return f, f.err
}

// whole is the frame of the whole snapshot.
func (p *Snapshot) whole() (*Frame, error) {
	f := p.frame(Position{})
	f.made.Do(func() { f.err = f.fill(p, nil) })
	return f, f.err
}

// knows says whether a host at a position can go on from there, now or when what waits is shown.
func (f *feed) knows(p Position) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now.Load()
	is := func(st *state) bool { return st.head.position() == p }
	return now.newest != nil && is(now.newest.state) || now.base(p) != nil || f.waiting != nil && is(f.waiting) || slices.ContainsFunc(f.skipped, is)
}

// base is the remembered state at a position; nil if there is none.
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

// fill makes a frame, once for all hosts that are at the same place. A delta larger than the snapshot is no use.
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

// frame is the shared frame for hosts at a position.
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
