package controlplane

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	// writeDeadline bounds a change whose caller sets no deadline. It is long enough for the store to elect another leader, which takes a
	// few seconds.
	writeDeadline = 15 * time.Second
	// bulkDeadline bounds changes of many things. It is far below stageAge.
	bulkDeadline = 2 * time.Minute
)

// write makes a change. It builds a draft on the environment's newest state and commits it if that state is still current; otherwise it does
// both again. It returns once this replica has applied the change. Changes of one environment wait for each other here, so only changes
// from other replicas conflict.
// Why: RATIONALE.md "What happens when the store doesn't answer a commit?"
func (s *Service) write(ctx context.Context, env, action, key string, o WriteOptions, build func(*state, *draft) error) (*draft, error) {
	ctx, cancel := context.WithTimeout(ctx, writeDeadline)
	defer cancel()
	return s.writeOn(ctx, env, action, key, o, s.current, build)
}

// writeOn is write on a base other than the environment's newest state, and with enough time for changes of many things.
func (s *Service) writeOn(ctx context.Context, env, action, key string, o WriteOptions,
	base func(context.Context, string) (*state, error), build func(*state, *draft) error) (d *draft, err error) {
	defer func() {
		if err != nil && !o.DryRun {
			s.recordRefusal(ctx, env, action, key, o, err)
		}
	}()
	if err := checkOptions(&o); err != nil {
		return nil, err
	}
	ctx, cancel := s.within(ctx, bulkDeadline)
	defer cancel()
	unlock, err := s.lock(ctx, env)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var tries attempts
	defer func() {
		for _, d := range tries.drafts {
			s.written.forget(d.values)
		}
	}()
	staging := &staging{}
	for {
		st, err := base(ctx, env)
		if found := tries.find(ctx, s, env, st); found != nil {
			s.settle(ctx, found)
			return found, nil
		}
		if err != nil {
			if tries.unsure && tries.pause(ctx) {
				continue
			}
			if len(tries.drafts) > 0 && !tries.unsure && ctx.Err() != nil {
				return nil, &Error{Code: Conflict, Message: "others kept changing the environment: try again", Err: err}
			}
			return nil, err
		}
		d := newDraft(st, s.now(), action, key, o)
		if err := build(st, d); err != nil {
			return nil, err
		}
		if d.empty() || o.DryRun {
			return d, nil
		}
		tries.add(d)
		committed, err := s.commit(ctx, d, staging)
		switch {
		case committed:
			s.settle(ctx, d)
			return d, nil
		case err == nil:
			continue // somebody else's change came first
		case errors.Is(err, store.ErrNoSpace):
			return nil, &Error{Code: Unavailable, Message: "the store is full", Err: err}
		case errors.Is(err, store.ErrTooLarge):
			return nil, &Error{Code: TooLarge, Message: "the change is larger than the store takes", Err: err}
		}
		tries.unsure = true
		if !tries.pause(ctx) {
			return nil, &Error{Code: Unavailable, Message: "the store did not answer, and it is unknown whether the change was written", Err: err}
		}
	}
}

// settle waits until this replica has applied a committed change. If that takes too long, the change is committed all the same.
func (s *Service) settle(ctx context.Context, d *draft) {
	v := s.view.Load()
	deadline := time.NewTimer(applyDeadline)
	defer deadline.Stop()
	for {
		st := v.states[d.st.env]
		if d.head.Deleted && st == nil || st != nil && st.head.Revision >= d.head.Revision && bytes.Equal(st.head.Lineage, d.head.Lineage) {
			return
		}
		select {
		case <-v.next:
			v = s.view.Load()
		case <-deadline.C:
			s.log.Warn("a change is written, but this replica has not applied it in time", "environment", d.st.env, "revision", d.head.Revision)
			return
		case <-ctx.Done():
			return
		case <-s.done:
			return
		}
	}
}

// attempts remembers what a change has tried to commit. If the store did not answer, an attempt may have been committed, or may still be;
// the nonce in its audit entry identifies it.
type attempts struct {
	drafts []*draft
	unsure bool
	last   time.Duration
}

func (a *attempts) add(d *draft) { a.drafts = append(a.drafts, d) }

// pause waits before the next try. It returns false if no time is left.
func (a *attempts) pause(ctx context.Context) bool {
	a.last = min(max(2*a.last, firstPause), lastPause)
	select {
	case <-time.After(a.last):
		return true
	case <-ctx.Done():
		return false
	}
}

// find looks for an attempt that the store committed without saying so.
func (a *attempts) find(ctx context.Context, s *Service, env string, st *state) *draft {
	if !a.unsure {
		return nil
	}
	for _, d := range a.drafts {
		if st != nil && bytes.Equal(st.head.Nonce, d.head.Nonce) {
			return d
		}
		e, err := store.ReadOne(ctx, s.store, auditKey(env, d.head.Revision))
		if err != nil || e.Revision == 0 {
			continue
		}
		var entry storedEntry
		if unmarshalStored(e.Value, &entry) == nil && bytes.Equal(entry.Nonce, d.head.Nonce) {
			return d
		}
	}
	return nil
}

// lock lets only one change of an environment at a time through on this replica.
func (s *Service) lock(ctx context.Context, env string) (unlock func(), err error) {
	s.locksMu.Lock()
	l := s.locks[env]
	if l == nil {
		l = make(chan struct{}, 1)
		s.locks[env] = l
	}
	s.locksMu.Unlock()
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, unavailable("the wait for other changes ended", context.Cause(ctx))
	case <-s.done:
		return nil, errClosed()
	}
}

// within returns the context with a deadline. Close also ends it.
func (s *Service) within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, most)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}
