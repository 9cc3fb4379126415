package replica

import (
	"context"
	"errors"
	"fmt"
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

	view  atomic.Pointer[View]
	heard time.Time            // when the store last said anything; only Follow uses it
	loss  atomic.Pointer[Loss] // of the store; nil while the replica follows it
	feeds *feed.Feeds

	ownWrites ownWrites
	locksMu   sync.Mutex
	locks     map[string]chan struct{} // by environment: one change at a time
	retention atomic.Int64             // of the audit, in nanoseconds
	sweeps    chan struct{}            // asks for a sweep
	restored  chan restored            // environments that went back
}

// Open returns a replica that has read everything. Its streams, waits and writes end with the lifetime.
func Open(ctx, lifetime context.Context, c Config) (*Replica, error) {
	rep := &Replica{
		config: c, store: c.Store, log: c.Log, lifetime: lifetime, locks: map[string]chan struct{}{},
		sweeps: make(chan struct{}, 1), restored: make(chan restored, 64),
	}
	rep.retention.Store(int64(c.AuditRetention))
	rep.feeds = feed.New(c.Log, rep.Snapshot, lifetime.Done())
	if err := rep.checkLayout(ctx); err != nil {
		return nil, err
	}
	if err := rep.load(ctx); err != nil {
		return nil, model.Unavailable("the store can't be read", err)
	}
	rep.heard = time.Now()
	return rep, nil
}

// View returns the newest view.
func (rep *Replica) View() *View { return rep.view.Load() }

// Snapshot returns an environment's newest snapshot, or nil.
func (rep *Replica) Snapshot(env string) *feed.Snapshot { return rep.view.Load().Snapshots[env] }

// Feeds returns the feeds that hosts watch.
func (rep *Replica) Feeds() *feed.Feeds { return rep.feeds }

// Loss says that a replica doesn't follow its store.
type Loss struct {
	Since time.Time // when it last heard of the store
	Final bool      // the store has failed, and won't come back by itself
}

// Loss returns how the replica lost its store, or nil if it follows it.
func (rep *Replica) Loss() *Loss { return rep.loss.Load() }

func (rep *Replica) now() time.Time { return rep.config.Clock() }

// These are the pauses between attempts to follow a store that doesn't answer.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = 2 * time.Second
)

// maxSilence is how long a watch may say nothing before the replica takes the store for lost. With the time until the
// store has been silent for so long, an operator learns of it within fifteen seconds.
const maxSilence = 2*store.WatchBeat + 2*time.Second

var errSilent = fmt.Errorf("the store has said nothing for %v", maxSilence)

// Follow keeps the view up to date with the store until the context ends.
func (rep *Replica) Follow(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		began := rep.heard
		err := rep.followOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if rep.heard != began {
			pause = firstPause
		}
		rep.lost(err)
		if errors.Is(err, store.ErrCompacted) {
			rep.log.Warn("the store no longer keeps what this replica has missed; it reads everything again", "error", err)
			before := rep.View()
			if err = rep.load(ctx); err == nil {
				rep.notice(ctx, before)
				continue
			}
		}
		rep.log.Debug("the replica tries to follow the store again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, lastPause)
	}
}

// followOnce applies the batches of one watch until it ends or falls silent.
func (rep *Replica) followOnce(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(maxSilence, func() { cancel(errSilent) })
	defer silent.Stop()
	for batch, err := range rep.store.Watch(ctx, rep.view.Load().At) {
		if err != nil {
			return err
		}
		silent.Stop() // what this replica does with a batch is not the store's silence
		if err := rep.apply(ctx, batch); err != nil {
			return err
		}
		rep.found()
		silent.Reset(maxSilence)
	}
	return context.Cause(ctx)
}

// found records that the replica follows the store.
func (rep *Replica) found() {
	rep.heard = time.Now()
	if loss := rep.loss.Swap(nil); loss != nil {
		rep.log.Info("the replica follows the store again", "after", rep.heard.Sub(loss.Since).Round(time.Millisecond))
	}
}

// lost records that the replica doesn't follow the store, since it last heard of it.
func (rep *Replica) lost(err error) {
	before, now := rep.loss.Load(), &Loss{Since: rep.heard, Final: errors.Is(err, store.ErrFailed)}
	if before != nil && before.Final == now.Final {
		return
	}
	rep.loss.Store(now)
	switch {
	case now.Final:
		rep.log.Error("the store has failed: this replica serves from memory, and changes are refused until it is started again",
			"last_heard", now.Since.UTC(), "error", err)
	case !errors.Is(err, store.ErrCompacted):
		rep.log.Error("the store is lost: this replica serves from memory, and changes are refused until the store answers",
			"last_heard", now.Since.UTC(), "error", err)
	}
}
