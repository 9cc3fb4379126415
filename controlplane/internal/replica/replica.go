package replica

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Config says how to open a Replica.
type Config struct {
	Store           store.Store
	Log             *slog.Logger
	Clock           func() time.Time
	AuditRetention  time.Duration
	Formats         feed.Formats // of snapshots
	WebhooksChanged func()       // called when a webhook was created or deleted
}

// Replica follows a store, holds what it knows of it as immutable views, and writes changes. It is safe for concurrent
// use.
type Replica struct {
	config   Config
	store    store.Store
	log      *slog.Logger
	lifetime context.Context // ends when the service is closed

	view      atomic.Pointer[View]
	lostSince atomic.Pointer[time.Time] // since when the replica doesn't follow the store; nil if it does
	feeds     *feed.Feeds

	ownWrites ownWrites
	locksMu   sync.Mutex
	locks     map[string]chan struct{} // by environment: one change at a time
	sweeps    chan struct{}            // asks for a sweep
	restored  chan restored            // environments that went back
}

// Open returns a replica that has read everything. Its streams, waits and writes end with the lifetime.
func Open(ctx, lifetime context.Context, c Config) (*Replica, error) {
	rep := &Replica{
		config: c, store: c.Store, log: c.Log, lifetime: lifetime, locks: map[string]chan struct{}{}, sweeps: make(chan struct{}, 1), restored: make(chan restored, 64),
	}
	rep.feeds = feed.New(c.Log, rep.Snapshot, lifetime.Done())
	if err := rep.checkLayout(ctx); err != nil {
		return nil, err
	}
	if err := rep.load(ctx); err != nil {
		return nil, model.Unavailable("the store can't be read", err)
	}
	return rep, nil
}

// View returns the newest view.
func (rep *Replica) View() *View { return rep.view.Load() }

// Snapshot returns an environment's newest snapshot, or nil.
func (rep *Replica) Snapshot(env string) *feed.Snapshot { return rep.view.Load().Snapshots[env] }

// Feeds returns the feeds that hosts watch.
func (rep *Replica) Feeds() *feed.Feeds { return rep.feeds }

// LostSince returns since when the replica doesn't follow the store, or nil if it does.
func (rep *Replica) LostSince() *time.Time { return rep.lostSince.Load() }

func (rep *Replica) now() time.Time { return rep.config.Clock() }

// These are the pauses between attempts to follow a store that doesn't answer.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = 2 * time.Second
)

// Follow keeps the view up to date with the store until the context ends.
func (rep *Replica) Follow(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		var err error
		for batch, failed := range rep.store.Watch(ctx, rep.view.Load().At) {
			if err = failed; err != nil {
				break
			}
			if err = rep.apply(ctx, batch); err != nil {
				break
			}
			rep.synced(true)
			pause = firstPause
		}
		if ctx.Err() != nil {
			return
		}
		rep.synced(false)
		if errors.Is(err, store.ErrCompacted) {
			rep.log.Warn("the store no longer keeps what this replica has missed; it reads everything again")
			before := rep.View()
			if err = rep.load(ctx); err == nil {
				rep.notice(ctx, before)
				continue
			}
		}
		rep.log.Warn("the replica lost the store and tries again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, lastPause)
	}
}

// synced records whether the replica follows the store.
func (rep *Replica) synced(is bool) {
	if is {
		rep.lostSince.Store(nil)
	} else if rep.lostSince.Load() == nil {
		now := time.Now()
		rep.lostSince.Store(&now)
	}
}
