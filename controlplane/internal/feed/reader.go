package feed

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// readerPatience is how long a write waits for the readers of its own program. A reader that needs longer isn't waited
// for until it has caught up.
const readerPatience = time.Second

// reader is a watch by the program that holds the control plane. A write waits until its readers have taken what it
// wrote, so that the program reads its own writes.
// Why: RATIONALE.md "Why does a write wait for the clients of its own program?"
type reader struct {
	at   engine.Position // what it has taken
	slow bool            // a write has waited for it in vain
}

// enter adds a reader at a position.
func (f *feed) enter(at engine.Position) *reader {
	r := &reader{at: at}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readers == nil {
		f.readers, f.moved = map[*reader]bool{}, make(chan struct{})
	}
	f.readers[r] = true
	return r
}

// move notes what a reader has taken.
func (f *feed) move(r *reader, at engine.Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.at != at {
		r.at, r.slow = at, false
		f.wake()
	}
}

func (f *feed) leave(r *reader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.readers, r)
	f.wake()
}

// wake wakes the writes that wait for readers. The caller holds f.mu.
func (f *feed) wake() {
	close(f.moved)
	f.moved = make(chan struct{})
}

// hurry returns a channel that is closed when a write waits for readers, which then don't wait for FrameGap.
func (f *feed) hurry() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.urgent == nil {
		f.urgent = make(chan struct{})
	}
	return f.urgent
}

// Settle waits until the program's own readers have taken what is at a position, or are slow.
func (f *Feeds) Settle(ctx context.Context, env string, to engine.Position) {
	feed := f.find(env)
	if feed == nil {
		return
	}
	feed.mu.Lock()
	if len(feed.readers) > 0 && feed.urgent != nil {
		close(feed.urgent)
		feed.urgent = nil
	}
	feed.mu.Unlock()
	var late <-chan time.Time
	for {
		moved, behind := feed.behind(to)
		if !behind {
			return
		}
		if late == nil {
			timer := time.NewTimer(readerPatience)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-moved:
		case <-late:
			feed.giveUp(to)
		case <-ctx.Done():
			return
		case <-f.closed:
			return
		}
	}
}

// behind reports whether a reader that isn't slow has yet to take what is at a position, and returns a channel that is
// closed when a reader moves.
func (f *feed) behind(to engine.Position) (moved <-chan struct{}, behind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r := range f.readers {
		behind = behind || !r.slow && !r.at.Covers(to)
	}
	return f.moved, behind
}

// giveUp marks the readers that have yet to take what is at a position as slow.
func (f *feed) giveUp(to engine.Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r := range f.readers {
		r.slow = r.slow || !r.at.Covers(to)
	}
}
