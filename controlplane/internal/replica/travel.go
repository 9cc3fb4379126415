package replica

import (
	"context"
	"fmt"
	"sort"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// At returns an environment as it was. It winds the newest state back, change by change, with what the audit holds of
// each; checkpoints shorten the way. An error has the code NotFound (no such revision yet) or Gone (past the retention,
// or before the environment was created).
func (rep *Replica) At(ctx context.Context, env string, at api.At) (*model.State, error) {
	st, err := rep.Current(ctx, env)
	if err != nil || at.IsZero() {
		return st, err
	}
	revision := at.Revision
	if revision == 0 {
		if revision, err = rep.revisionAt(ctx, st, at); err != nil {
			return nil, err
		}
	}
	switch {
	case revision > st.Head.Revision:
		return nil, model.Errorf(api.NotFound, "the environment is at revision %d; there is no revision %d yet", st.Head.Revision, revision)
	case revision < st.Head.Floor:
		return nil, model.Errorf(api.Gone, "revision %d can't be rebuilt: the audit of this environment only goes back to revision %d", revision, st.Head.Floor)
	case revision == st.Head.Revision:
		return st, nil
	}
	return rep.windBack(ctx, st, revision)
}

// revisionAt returns the last revision at a time. Times rise with revisions, so it needs only a few reads.
func (rep *Replica) revisionAt(ctx context.Context, st *model.State, at api.At) (int64, error) {
	us := at.Time.UnixMicro()
	if us >= st.Head.Time {
		return st.Head.Revision, nil
	}
	var failed error
	floor := st.Head.Floor
	n := sort.Search(int(st.Head.Revision-floor)+1, func(i int) bool {
		e, err := store.ReadOne(ctx, rep.store, stored.AuditKey(st.Env, floor+int64(i)))
		if err != nil || e.Revision == 0 {
			// The floor's own entry may already be trimmed. Its time is before every time that can be asked for.
			if err != nil || i > 0 {
				failed = fmt.Errorf("revision %d of the audit can't be read: %w", floor+int64(i), orBroken(err))
			}
			return false
		}
		entry, _, err := stored.ParseEntry(st.Env, e)
		if err != nil {
			failed = err
			return false
		}
		return entry.Time.UnixMicro() > us
	})
	if failed != nil {
		return 0, model.Unavailable("the audit of the past can't be read", failed)
	}
	if n == 0 {
		return 0, model.Errorf(api.Gone, "the audit of this environment does not go back to %s", at.Time.UTC().Format("2006-01-02T15:04:05Z"))
	}
	return floor + int64(n) - 1, nil
}

func orBroken(err error) error {
	if err == nil {
		return stored.ErrBroken
	}
	return err
}

// windBack undoes every change after a revision.
func (rep *Replica) windBack(ctx context.Context, st *model.State, revision int64) (*model.State, error) {
	p, from, err := rep.checkpointFrom(ctx, st, revision)
	if err != nil {
		return nil, model.Unavailable("the audit of the past can't be read", err)
	}
	if p == nil {
		p, from = model.PastOf(st), st.Head.Revision
	}
	r := store.Range{From: stored.AuditKey(st.Env, from), To: stored.AuditKey(st.Env, revision)} // newest first
	next := from
	_, err = store.ReadAll(ctx, rep.store, r, func(e store.Entry) error {
		entry, err := stored.FullEntry(ctx, rep.store, st.Env, e)
		if err != nil {
			return err
		}
		if entry.Revision != next {
			return fmt.Errorf("%w: revision %d is missing in the audit", stored.ErrBroken, next)
		}
		next--
		return p.Undo(&entry)
	})
	if err == nil && next != revision {
		err = fmt.Errorf("%w: revision %d is missing in the audit", stored.ErrBroken, next)
	}
	if err != nil {
		return nil, model.Unavailable("the past can't be rebuilt", err)
	}
	return p.State(st, revision)
}
