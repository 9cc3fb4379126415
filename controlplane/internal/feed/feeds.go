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
	return f.watch(ctx, env, after, format, false)
}

// Read watches for the program that holds the control plane: Settle waits for it.
func (f *Feeds) Read(ctx context.Context, env string, after engine.Position, format int) iter.Seq2[*Frame, error] {
	return f.watch(ctx, env, after, format, true)
}

func (f *Feeds) watch(ctx context.Context, env string, after engine.Position, format int, reads bool) iter.Seq2[*Frame, error] {
	return func(yield func(*Frame, error) bool) {
		feed := f.find(env)
		if feed == nil {
			yield(nil, model.NoEnvironment(env))
			return
		}
		feed.watchers.Add(1)
		defer feed.watchers.Add(-1)
		at := after
		var r *reader
		if reads {
			r = feed.enter(at)
			defer feed.leave(r)
		}
		var has *Snapshot // what is at the position, in the format; nil if that isn't known
		send := func(to *Snapshot, frame *Frame, err error) bool {
			at, has = to.Position(), to.In(format)
			if err != nil {
				f.log.Error("a frame can't be made; hosts keep what they have", "environment", env, "revision", at.Revision, "error", err)
				return true
			}
			return yield(frame, nil)
		}
		if p := f.newest(env); p != nil && !feed.knows(at, p, format) {
			if frame, err := p.In(format).whole(); !send(p, frame, err) {
				return
			}
		}
		for {
			var urgent <-chan struct{}
			if reads {
				feed.move(r, at)
				urgent = feed.hurry()
			}
			now := feed.current.Load()
			if now.newest == nil {
				yield(nil, model.Errorf(api.Gone, "the environment %q was deleted", env))
				return
			}
			newest := now.newest.Position()
			if !at.Covers(newest) {
				if frame, err := now.frame(at, format); !send(now.newest, frame, err) {
					return
				}
				continue
			}
			select {
			case <-now.next:
			case <-urgent: // a new lineage is published before it is sent, or the one before would follow
				p := f.newest(env)
				if p == nil || p.Position().Lineage != newest.Lineage || at.Covers(p.Position()) {
					continue
				}
				if base := feed.remembered(at, p.formats); has == nil && base != nil {
					has = base.In(format)
				}
				if frame, err := p.In(format).frame(has); !send(p, frame, err) {
					return
				}
			case <-ctx.Done():
				return
			case <-f.closed:
				yield(nil, model.Closed())
				return
			}
		}
	}
}
