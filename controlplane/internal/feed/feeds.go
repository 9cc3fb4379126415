package feed

import (
	"context"
	"iter"
	"log/slog"
	"sync"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// Feeds are the environments' feeds.
type Feeds struct {
	log    *slog.Logger
	newest func(env string) *Snapshot // nil if the replica knows no such environment
	closed <-chan struct{}

	mu  sync.Mutex
	all map[string]*feed
}

// New returns the feeds of a replica that knows the newest snapshots. Their streams end when closed is closed.
func New(log *slog.Logger, newest func(env string) *Snapshot, closed <-chan struct{}) *Feeds {
	return &Feeds{log: log, newest: newest, closed: closed, all: map[string]*feed{}}
}

// Update publishes the newest snapshots, and ends the feeds of environments that are gone.
func (f *Feeds) Update(newest map[string]*Snapshot, gone []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for env, p := range newest {
		f.open(env).update(p)
	}
	for _, env := range gone {
		if feed := f.all[env]; feed != nil {
			feed.end()
			delete(f.all, env)
		}
	}
}

// find returns an environment's feed, or nil if the environment doesn't exist. A new view becomes visible before the
// feeds are updated. A caller that comes in between, for an environment that was just created, makes its feed.
func (f *Feeds) find(env string) *feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.newest(env); p != nil && f.all[env] == nil {
		f.open(env).update(p)
	}
	return f.all[env]
}

// open returns an environment's feed, and makes one if there is none. The caller holds f.mu.
func (f *Feeds) open(env string) *feed {
	if f.all[env] == nil {
		f.all[env] = &feed{}
	}
	return f.all[env]
}

// Watchers returns how many streams watch an environment.
func (f *Feeds) Watchers(env string) int {
	if feed := f.find(env); feed != nil {
		return int(feed.watchers.Load())
	}
	return 0
}

// Stop ends the timers.
func (f *Feeds) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, feed := range f.all {
		feed.mu.Lock()
		feed.stopTimer()
		feed.mu.Unlock()
	}
}

// Watch yields the frames, in a format that is written, that bring a host from a position to the newest snapshot and
// keep it there, until the context ends. The last item is an error if the environment doesn't exist (NotFound), was
// deleted (Gone), or the feeds were closed (Unavailable).
func (f *Feeds) Watch(ctx context.Context, env string, after engine.Position, format int) iter.Seq2[*Frame, error] {
	return func(yield func(*Frame, error) bool) {
		feed := f.find(env)
		if feed == nil {
			yield(nil, model.NoEnvironment(env))
			return
		}
		feed.watchers.Add(1)
		defer feed.watchers.Add(-1)
		at := after
		if p := f.newest(env); p != nil && !feed.knows(at, p, format) {
			frame, err := p.In(format).whole()
			if err != nil {
				f.log.Error("a snapshot can't be made", "environment", env, "error", err)
			} else if !yield(frame, nil) {
				return
			}
			at = p.Position()
		}
		for {
			now := feed.current.Load()
			if now.newest == nil {
				yield(nil, model.Errorf(api.Gone, "the environment %q was deleted", env))
				return
			}
			if position := now.newest.Position(); !at.Covers(position) {
				frame, err := now.frame(at, format)
				if err != nil {
					f.log.Error("a frame can't be made; hosts keep what they have", "environment", env, "revision", position.Revision, "error", err)
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
			case <-f.closed:
				yield(nil, model.Closed())
				return
			}
		}
	}
}
