package controlplane

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// The audit is the queue. For each webhook and environment, the store has the revision up to which changes were delivered. So nothing is
// lost with a replica, and the next leader continues where the last one stopped.

const (
	// A delivery is tried maxAttempts times: firstRetry after the first failure, then after twice as long each time, up to lastRetry. That
	// is two and a half hours in all. Then it is given up, so that a dead receiver doesn't hold back later changes for ever.
	maxAttempts = 12
	firstRetry  = 2 * time.Second
	lastRetry   = time.Hour
	// sendDeadline bounds one attempt.
	sendDeadline = 15 * time.Second
	// idleBeat is how often a replica checks whether webhooks exist.
	idleBeat = time.Minute
)

// hooks is what the delivering goroutine shares with the rest of the service.
type hooks struct {
	changed chan struct{} // webhooks were created or deleted
	lead    atomic.Bool
	quick   atomic.Bool // tests don't wait for seconds
}

func (h *hooks) init() { h.changed = make(chan struct{}, 1) }

// times returns the first pause between attempts, and the beat of the election.
func (h *hooks) times() (retry, beat time.Duration) {
	if h.quick.Load() {
		return time.Millisecond, 20 * time.Millisecond
	}
	return firstRetry, leaderBeat
}

func (h *hooks) leading() bool { return h.lead.Load() }

// wake makes the delivering goroutine look at the webhooks again.
func (h *hooks) wake() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// deliver takes part in the election while webhooks exist. While it leads, it runs one goroutine for each webhook.
func (s *Service) deliver(ctx context.Context) {
	workers := map[string]*worker{}
	stop := func(keep []Webhook) {
		for id, w := range workers {
			if !slices.ContainsFunc(keep, func(k Webhook) bool { return k.ID == id }) {
				w.cancel()
				<-w.ended
				delete(workers, id)
			}
		}
	}
	candidate := &candidate{s: s}
	defer func() {
		stop(nil)
		s.hooks.lead.Store(false)
		candidate.resign()
	}()
	for ctx.Err() == nil {
		list, err := s.readWebhooks(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("webhooks wait for the store", "error", err)
		}
		lead := err == nil && len(list) > 0 && candidate.stand(ctx)
		s.hooks.lead.Store(lead)
		if lead {
			stop(list)
			for _, w := range list {
				if workers[w.ID] == nil {
					workers[w.ID] = s.startWorker(ctx, w)
				}
			}
		} else {
			stop(nil)
		}
		_, wait := s.hooks.times()
		if err == nil && len(list) == 0 {
			wait = idleBeat
			candidate.resign()
		}
		select {
		case <-s.hooks.changed:
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// worker delivers one webhook.
type worker struct {
	s        *Service
	hook     Webhook
	progress storedDelivery
	cancel   context.CancelFunc
	ended    chan struct{}
}

func (s *Service) startWorker(ctx context.Context, hook Webhook) *worker {
	ctx, cancel := context.WithCancel(ctx)
	w := &worker{s: s, hook: hook, cancel: cancel, ended: make(chan struct{})}
	w.progress = storedDelivery{Delivered: copied(hook.Delivered), LastDelivery: micros(hook.LastDelivery),
		LastFailure: micros(hook.LastFailure), LastError: hook.LastError}
	go func() {
		defer close(w.ended)
		w.run(ctx)
	}()
	return w
}

// run delivers the changes so far, and waits for more.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		v := w.s.view.Load()
		for env, st := range v.states {
			if len(w.hook.Envs) > 0 && !slices.Contains(w.hook.Envs, env) {
				continue
			}
			if err := w.catchUp(ctx, env, st); err != nil && ctx.Err() == nil {
				w.s.log.Warn("a webhook waits for the store", "webhook", w.hook.ID, "environment", env, "error", err)
				sleep(ctx, lastPause)
			}
		}
		select {
		case <-v.next:
		case <-ctx.Done():
		}
	}
}

// catchUp delivers an environment's changes up to a state.
func (w *worker) catchUp(ctx context.Context, env string, st *state) error {
	at, known := w.progress.Delivered[env]
	if !known {
		at = st.head.Floor - 1 // an environment created after the webhook: start at its beginning
	}
	for ; at < st.head.Revision && ctx.Err() == nil; at++ {
		e, err := store.ReadOne(ctx, w.s.store, auditKey(env, at+1))
		if err != nil {
			return err
		}
		if e.Revision != 0 { // otherwise the audit was trimmed, and it is too late
			entry, err := w.s.fullEntry(ctx, env, e)
			if err != nil {
				return err
			}
			if more := len(entry.Changes) - maxListed; more > 0 {
				entry.Changes, entry.Omitted = entry.Changes[:maxListed], more
			}
			for i := range entry.Changes {
				entry.Changes[i].explain()
			}
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
func (w *worker) send(ctx context.Context, entry AuditEntry) {
	id := fmt.Sprintf("%s-%s-%d", w.hook.ID, entry.Environment, entry.Revision)
	pause, _ := w.s.hooks.times()
	for attempt := 1; ctx.Err() == nil; attempt++ {
		sending, cancel := context.WithTimeout(ctx, sendDeadline)
		err := w.s.config.Webhooks.Send(sending, Delivery{Webhook: w.hook, ID: id, Attempt: attempt, Entry: entry})
		cancel()
		if err == nil {
			w.progress.LastDelivery, w.progress.LastError = w.s.now().UnixMicro(), ""
			return
		}
		if ctx.Err() != nil {
			return
		}
		w.progress.LastFailure, w.progress.LastError = w.s.now().UnixMicro(), clip(err.Error(), failureDetail)
		if attempt == maxAttempts {
			w.s.log.Error("a webhook's delivery is given up", "webhook", w.hook.ID, "delivery", id, "error", err)
			return
		}
		w.s.log.Warn("a webhook's delivery failed and is tried again", "webhook", w.hook.ID, "delivery", id, "attempt", attempt, "error", err)
		if err := w.save(ctx); err != nil {
			w.s.log.Warn("a webhook's progress can't be written", "webhook", w.hook.ID, "error", err)
		}
		sleep(ctx, jitter(pause))
		pause = min(2*pause, lastRetry)
	}
}

// save writes how far the webhook was delivered, unless it was deleted.
func (w *worker) save(ctx context.Context) error {
	e, err := store.ReadOne(ctx, w.s.store, webhookPrefix+w.hook.ID)
	if err != nil || e.Revision == 0 {
		return err
	}
	_, err = w.s.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: e.Key, Revision: e.Revision}},
		Ops:    []store.Op{{Key: deliveryPrefix + w.hook.ID, Value: marshalStored(w.progress)}},
	})
	return err
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
