package replica

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Draft is a change that is being written: the model's draft, and what the change writes besides records.
type Draft struct {
	*model.Draft
	guards    []store.Guard // must hold besides the head
	ops       []store.Op    // written besides the records
	values    []string      // the records' values, as ownWrites remembers them
	committed int64         // the revision of the store that has the change
}

// Base reads the state of an environment that a change is built on: Replica.Current, Vacant or System.
type Base func(ctx context.Context, env string) (*model.State, error)

// Build builds a change on a state. It is called again if the state is out of date by the time of the commit.
type Build func(*model.State, *Draft) error

// Require adds a guard to the change.
func (d *Draft) Require(g store.Guard) { d.guards = append(d.guards, g) }

// Write adds an operation to the change.
func (d *Draft) Write(ops ...store.Op) { d.ops = append(d.ops, ops...) }

// Empty reports whether the change changes nothing.
func (d *Draft) Empty() bool { return d.Draft.Empty() && len(d.ops) == 0 }

// Committed returns the revision of the store that has the change, or 0 if nothing was written.
func (d *Draft) Committed() int64 { return d.committed }

// Write makes a change. It builds a draft on a base, such as the environment's newest state, and commits it if that
// state is still current; otherwise it does both again. It returns once this replica has applied the change. Changes of
// one environment wait for each other here, so only changes from other replicas conflict.
// Why: RATIONALE.md "What happens when the store doesn't answer a commit?"
func (rep *Replica) Write(ctx context.Context, i model.Intent, base Base, build Build) (*Draft, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(rep.lifetime, cancel)()
	unlock, err := rep.lock(ctx, i.Environment)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var tries attempts
	defer func() {
		for _, d := range tries.drafts {
			rep.ownWrites.forget(d.values)
		}
	}()
	staging := &staging{}
	for {
		st, err := base(ctx, i.Environment)
		if found := tries.find(ctx, rep.store, st, i.Environment); found != nil {
			rep.settle(ctx, found)
			return found, nil
		}
		if err != nil {
			if tries.unsure && !errors.Is(err, store.ErrFailed) && tries.pause(ctx) {
				continue
			}
			if len(tries.drafts) > 0 && !tries.unsure && ctx.Err() != nil {
				return nil, &api.Error{Code: api.Conflict, Message: "other changes kept coming in between: try again", Err: err}
			}
			return nil, err
		}
		d := &Draft{Draft: model.NewDraft(st, rep.now(), i)}
		if err := build(st, d); err != nil {
			return nil, err
		}
		if d.Empty() || i.DryRun {
			return d, nil
		}
		tries.drafts = append(tries.drafts, d)
		committed, err := rep.commit(ctx, d, staging)
		switch {
		case committed:
			rep.settle(ctx, d)
			return d, nil
		case err == nil:
			continue // somebody else's change came first
		case errors.Is(err, store.ErrNoSpace):
			return nil, &api.Error{Code: api.Unavailable, Message: fullStore, Err: err}
		case errors.Is(err, store.ErrTooLarge):
			return nil, &api.Error{Code: api.TooLarge, Message: "the change is larger than the store accepts", Err: err}
		}
		tries.unsure = true
		if errors.Is(err, store.ErrFailed) || !tries.pause(ctx) {
			return nil, &api.Error{Code: api.Unavailable, Err: err,
				Message: "the store did not answer, and it is unknown whether the change was written"}
		}
	}
}

const fullStore = "the store is full, and accepts only kills and deletions: shorten the audit's retention, " +
	"delete environments that are no longer needed, or raise the store's quota"

// settle waits until this replica has applied a committed change, and the program's own readers have taken it. If that
// takes too long, the change is committed all the same.
func (rep *Replica) settle(ctx context.Context, d *Draft) {
	if _, err := rep.Wait(ctx, d.committed); err != nil {
		if ctx.Err() == nil {
			rep.log.Warn("a change is written, but this replica has not applied it in time",
				"environment", d.Base.Env, "revision", d.Head.Revision)
		}
		return
	}
	if p := rep.Snapshot(d.Base.Env); p != nil {
		rep.feeds.Settle(ctx, d.Base.Env, p.Position())
	}
}

// attempts remembers what a change has tried to commit. If the store did not answer, an attempt may have been
// committed, or may still be; the nonce in its audit entry identifies it.
type attempts struct {
	drafts []*Draft
	unsure bool
	last   time.Duration
}

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
func (a *attempts) find(ctx context.Context, from store.Store, st *model.State, env string) *Draft {
	if !a.unsure {
		return nil
	}
	for _, d := range a.drafts {
		if st != nil && bytes.Equal(st.Head.Nonce, d.Head.Nonce) {
			d.committed = st.HeadAt
			return d
		}
		e, err := store.ReadOne(ctx, from, stored.AuditKey(env, d.Head.Revision))
		if err != nil || e.Revision == 0 {
			continue
		}
		var entry stored.AuditEntry
		if stored.Unmarshal(e.Value, &entry) == nil && bytes.Equal(entry.Nonce, d.Head.Nonce) {
			d.committed = e.Revision
			return d
		}
	}
	return nil
}

// lock lets only one change of an environment at a time through on this replica.
func (rep *Replica) lock(ctx context.Context, env string) (unlock func(), err error) {
	rep.locksMu.Lock()
	l := rep.locks[env]
	if l == nil {
		l = make(chan struct{}, 1)
		rep.locks[env] = l
	}
	rep.locksMu.Unlock()
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-rep.lifetime.Done():
		return nil, model.Closed()
	case <-ctx.Done():
		return nil, model.Unavailable("the wait for other changes ended", context.Cause(ctx))
	}
}
