package webhooks

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// The audit is the queue. For each webhook and environment, the store has the revision up to which changes were
// delivered. So nothing is lost with a replica, and the next leader continues where the last one stopped.

const (
	// A delivery is tried maxAttempts times: firstRetry after the first failure, then after twice as long each time, up
	// to lastRetry. That is two and a half hours in all. Then it is given up, so that a dead receiver doesn't hold back
	// later changes for ever.
	maxAttempts = 12
	firstRetry  = 2 * time.Second
	lastRetry   = time.Hour
	// sendDeadline bounds one attempt.
	sendDeadline = 15 * time.Second
	// idleBeat is how often a replica checks whether webhooks exist.
	idleBeat = time.Minute
)

// Sender delivers. An error is a failed attempt, and the delivery is tried again later.
type Sender interface {
	Send(ctx context.Context, d api.Delivery) error
}

// Config says what to deliver, and how.
type Config struct {
	Store   store.Store
	Log     *slog.Logger
	Clock   func() time.Time
	Replica string // this replica's name in the election
	Sender  Sender // nil if this replica delivers nothing
	// Progress returns how far each environment has come, and a channel that is closed when one goes on.
	Progress func() (map[string]Progress, <-chan struct{})
}

// Progress is how far an environment has come.
type Progress struct {
	Floor    int64 // the earliest revision whose audit entry is still there
	Revision int64 // the newest
}

// Deliverer delivers the audit to webhooks, while its replica leads.
type Deliverer struct {
	Config
	changed chan struct{} // webhooks were created or deleted
	lead    atomic.Bool
	quick   atomic.Bool
}

// New returns a deliverer, which does nothing until Run.
func New(c Config) *Deliverer {
	return &Deliverer{Config: c, changed: make(chan struct{}, 1)}
}

// Leads reports whether this replica delivers webhooks.
func (v *Deliverer) Leads() bool { return v.lead.Load() }

// Hurry makes the election and the pauses between attempts short, for tests that don't wait for seconds.
func (v *Deliverer) Hurry() {
	v.quick.Store(true)
	v.Wake()
}

// times returns the first pause between attempts, and the beat of the election.
func (v *Deliverer) times() (retry, beat time.Duration) {
	if v.quick.Load() {
		return time.Millisecond, 20 * time.Millisecond
	}
	return firstRetry, leaderBeat
}

// Wake makes the deliverer look at the webhooks again.
func (v *Deliverer) Wake() {
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

// Run takes part in the election while webhooks exist, until the context ends. While it leads, it runs one goroutine
// for each webhook.
func (v *Deliverer) Run(ctx context.Context) {
	workers := map[string]*worker{}
	stop := func(keep []api.Webhook) {
		for id, w := range workers {
			if !slices.ContainsFunc(keep, func(k api.Webhook) bool { return k.ID == id }) {
				w.cancel()
				<-w.ended
				delete(workers, id)
			}
		}
	}
	candidate := &candidate{v: v}
	defer func() {
		stop(nil)
		v.lead.Store(false)
		candidate.resign(ctx)
	}()
	for ctx.Err() == nil {
		list, err := Read(ctx, v.Store)
		if err != nil && ctx.Err() == nil {
			v.Log.Warn("webhooks wait for the store", "error", err)
		}
		lead := err == nil && len(list) > 0 && candidate.stand(ctx)
		v.lead.Store(lead)
		if lead {
			stop(list)
			for _, w := range list {
				if workers[w.ID] == nil {
					workers[w.ID] = v.startWorker(ctx, w)
				}
			}
		} else {
			stop(nil)
		}
		_, wait := v.times()
		if err == nil && len(list) == 0 {
			wait = idleBeat
			candidate.resign(ctx)
		}
		select {
		case <-v.changed:
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// worker delivers one webhook.
type worker struct {
	v        *Deliverer
	hook     api.Webhook
	progress stored.Delivery
	cancel   context.CancelFunc
	ended    chan struct{}
}

func (v *Deliverer) startWorker(ctx context.Context, hook api.Webhook) *worker {
	ctx, cancel := context.WithCancel(ctx)
	w := &worker{v: v, hook: hook, cancel: cancel, ended: make(chan struct{})}
	w.progress = stored.Delivery{Delivered: map[string]int64{}, LastDelivery: stored.Micros(hook.LastDelivery),
		LastFailure: stored.Micros(hook.LastFailure), LastError: hook.LastError}
	maps.Copy(w.progress.Delivered, hook.Delivered)
	go func() {
		defer close(w.ended)
		w.run(ctx)
	}()
	return w
}

// run delivers the changes so far, and waits for more.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		progress, changed := w.v.Progress()
		for env, upTo := range progress {
			if len(w.hook.Envs) > 0 && !slices.Contains(w.hook.Envs, env) {
				continue
			}
			if err := w.catchUp(ctx, env, upTo); err != nil && ctx.Err() == nil {
				w.v.Log.Warn("a webhook waits for the store", "webhook", w.hook.ID, "environment", env, "error", err)
				sleep(ctx, firstRetry)
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// catchUp delivers an environment's changes up to a state.
func (w *worker) catchUp(ctx context.Context, env string, upTo Progress) error {
	at, known := w.progress.Delivered[env]
	if !known {
		at = upTo.Floor - 1 // an environment created after the webhook: start at its beginning
	}
	for ; at < upTo.Revision && ctx.Err() == nil; at++ {
		e, err := store.ReadOne(ctx, w.v.Store, stored.AuditKey(env, at+1))
		if err != nil {
			return err
		}
		if e.Revision != 0 { // otherwise the audit was trimmed, and it is too late
			entry, err := stored.FullEntry(ctx, w.v.Store, env, e)
			if err != nil {
				return err
			}
			model.Shorten(&entry)
			w.send(ctx, entry)
			if ctx.Err() != nil {
				return nil
			}
		}
		w.progress.Delivered[env] = at + 1
		if err := w.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// send tries until the delivery succeeds or is given up.
func (w *worker) send(ctx context.Context, entry api.AuditEntry) {
	id := fmt.Sprintf("%s-%s-%d", w.hook.ID, entry.Environment, entry.Revision)
	pause, _ := w.v.times()
	for attempt := 1; ctx.Err() == nil; attempt++ {
		sending, cancel := context.WithTimeout(ctx, sendDeadline)
		err := w.v.Sender.Send(sending, api.Delivery{Webhook: w.hook, ID: id, Attempt: attempt, Entry: entry})
		cancel()
		if err == nil {
			w.progress.LastDelivery, w.progress.LastError = w.v.Clock().UnixMicro(), ""
			return
		}
		if ctx.Err() != nil {
			return
		}
		w.progress.LastFailure, w.progress.LastError = w.v.Clock().UnixMicro(), stored.Clip(err.Error(), stored.MaxDetail)
		if attempt == maxAttempts {
			w.v.Log.Error("the delivery to a webhook is given up", "webhook", w.hook.ID, "delivery", id, "error", err)
			return
		}
		w.v.Log.Warn("the delivery to a webhook failed and is tried again",
			"webhook", w.hook.ID, "delivery", id, "attempt", attempt, "error", err)
		if err := w.save(ctx); err != nil {
			w.v.Log.Warn("a webhook's progress can't be written", "webhook", w.hook.ID, "error", err)
		}
		sleep(ctx, model.Jitter(pause))
		pause = min(2*pause, lastRetry)
	}
}

// save writes how far the webhook was delivered, unless it was deleted.
func (w *worker) save(ctx context.Context) error {
	e, err := store.ReadOne(ctx, w.v.Store, stored.WebhookPrefix+w.hook.ID)
	if err != nil || e.Revision == 0 {
		return err
	}
	_, err = w.v.Store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: e.Key, Revision: e.Revision}},
		Ops:    []store.Op{{Key: stored.DeliveryPrefix + w.hook.ID, Value: stored.Marshal(w.progress)}},
	})
	return err
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
