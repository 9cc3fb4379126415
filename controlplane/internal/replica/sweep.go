package replica

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	// sweepEvery is the time between sweeps. A sweep with nothing to do is cheap: a few reads of keys.
	sweepEvery = time.Hour
	// sweepPause is how long after a large change a sweep removes what it replaced. By then, replicas have long applied
	// it.
	sweepPause = time.Minute
)

// SweepSoon asks for a sweep.
func (rep *Replica) SweepSoon() {
	select {
	case rep.sweeps <- struct{}{}:
	default:
	}
}

// RetainAudit changes how long the audit is kept. What is older goes with the next sweep, which comes soon.
func (rep *Replica) RetainAudit(d time.Duration) {
	if rep.retention.Swap(int64(d)) != int64(d) {
		rep.SweepSoon()
	}
}

// SweepLoop sweeps from time to time, and soon after it is asked to, until the context ends.
func (rep *Replica) SweepLoop(ctx context.Context) {
	pause := model.Jitter(sweepEvery) // so that replicas don't all sweep at once
	due, next := time.Now().Add(pause), time.NewTimer(pause)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-rep.sweeps:
			if soon := time.Now().Add(sweepPause); soon.Before(due) { // whoever asks again doesn't put it off
				due = soon
				next.Reset(sweepPause)
			}
		case <-next.C:
			rep.Sweep(ctx)
			pause := model.Jitter(sweepEvery)
			due = time.Now().Add(pause)
			next.Reset(pause)
		}
	}
}

// Sweep removes what nothing names any more, trims the audit, and writes checkpoints. Replicas may sweep at the same
// time. Every deletion is guarded by the environment's head as it was when the sweep decided on it, so a change that
// begins in the meantime wins.
func (rep *Replica) Sweep(ctx context.Context) {
	if err := rep.sweepSessions(ctx); err != nil {
		rep.log.Warn("the sweep of sessions is postponed", "error", err)
	}
	heads := map[string]store.Entry{}
	if _, err := store.ReadAll(ctx, rep.store, store.Under(stored.HeadPrefix), func(e store.Entry) error {
		heads[strings.TrimPrefix(e.Key, stored.HeadPrefix)] = e
		return nil
	}); err != nil {
		rep.log.Warn("the sweep is postponed", "error", err)
		return
	}
	for env, e := range heads {
		h, err := model.ParseHead(e.Value)
		if err != nil {
			rep.log.Error("an environment's head can't be read", "environment", env, "error", err)
			continue
		}
		w := sweeper{rep: rep, env: env, head: h, headAt: e.Revision}
		for _, step := range []func(context.Context) error{w.stages, w.generations, w.pieces, w.checkpoint, w.trim, w.trimFailures, w.hosts, w.counts, w.forget} {
			if err := step(ctx); err != nil {
				rep.log.Warn("a step of the sweep is postponed", "environment", env, "error", err)
				break
			}
		}
	}
}

// sweeper sweeps one environment.
type sweeper struct {
	rep    *Replica
	env    string
	head   model.Head
	headAt int64
}

// commit applies operations if the head is still the same. It is urgent, since a sweep frees room.
func (w *sweeper) commit(ctx context.Context, ops []store.Op) (store.Result, error) {
	return w.rep.store.Commit(ctx, store.Txn{Guards: []store.Guard{{Key: stored.HeadKey(w.env), Revision: w.headAt}}, Ops: ops, Urgent: true})
}

// put writes a changed head together with other operations.
func (w *sweeper) put(ctx context.Context, h model.Head, ops ...store.Op) error {
	result, err := w.commit(ctx, append(ops, store.Op{Key: stored.HeadKey(w.env), Value: stored.Marshal(h)}))
	if err == nil && result.Committed {
		w.head, w.headAt = h, result.Revision
	}
	return err
}

// stages gives up stages that have taken too long.
func (w *sweeper) stages(ctx context.Context) error {
	old := w.rep.now().Add(-model.StageAge).UnixMicro()
	h := w.head
	h.Stages = slices.DeleteFunc(slices.Clone(h.Stages), func(s model.Stage) bool { return s.Began < old })
	if len(h.Stages) == len(w.head.Stages) {
		return nil
	}
	return w.put(ctx, h)
}

// generations deletes generations that the head doesn't name.
func (w *sweeper) generations(ctx context.Context) error {
	for _, prefix := range []string{stored.FlagPrefix + w.env + "/", stored.SegmentPrefix + w.env + "/"} {
		r := store.Under(prefix)
		r.Limit, r.KeysOnly = 1, true
		for {
			page, err := w.rep.store.Read(ctx, r)
			if err != nil {
				return err
			}
			if len(page.Entries) == 0 {
				break
			}
			generation, _, _ := strings.Cut(strings.TrimPrefix(page.Entries[0].Key, prefix), "/")
			all := store.Under(prefix + generation + "/")
			if w.head.Deleted && !w.head.Staged(generation) || generation != w.head.Generation && !w.head.Staged(generation) {
				if err := w.delete(ctx, all); err != nil {
					return err
				}
			}
			r.From = all.To
		}
	}
	return nil
}

// delete deletes a range, a thousand keys at a time so that the store isn't held up.
func (w *sweeper) delete(ctx context.Context, r store.Range) error {
	r.Limit, r.KeysOnly = store.PageEntries, true
	for {
		page, err := w.rep.store.Read(ctx, r)
		if err != nil || len(page.Entries) == 0 {
			return err
		}
		to := page.Entries[len(page.Entries)-1].Key + "\x00"
		result, err := w.commit(ctx, []store.Op{{Key: r.From, Delete: true, To: to}})
		if err != nil || !result.Committed {
			return err
		}
		r.From = to
	}
}

// pieces deletes pieces that no record names. While a change is being staged it deletes none, since that change may
// need them.
func (w *sweeper) pieces(ctx context.Context) error {
	if w.env == stored.System || len(w.head.Stages) > 0 {
		return nil
	}
	named := map[string]bool{}
	if !w.head.Deleted {
		st := w.rep.View().State(w.env)
		if st == nil || st.HeadAt != w.headAt {
			return nil // this replica's state differs from the head: leave it for the next sweep
		}
		for _, u := range st.Unreadable {
			if u.Value == nil {
				continue // the record is in the state
			}
			layout, err := stored.LayoutOf(u.Value)
			if err != nil {
				return nil // its pieces can't be told from others
			}
			for _, p := range layout {
				named[stored.PieceKey(w.env, p.Name)] = true
			}
		}
		for r := range st.Records() {
			for _, p := range r.Pieces {
				named[stored.PieceKey(w.env, p.Name)] = true
			}
		}
	}
	r := store.Under(stored.PiecePrefix + w.env + "/")
	r.KeysOnly = true
	var ops []store.Op
	if _, err := store.ReadAll(ctx, w.rep.store, r, func(e store.Entry) error {
		if !named[e.Key] {
			ops = append(ops, store.Op{Key: e.Key, Delete: true})
		}
		return nil
	}); err != nil {
		return err
	}
	for part := range slices.Chunk(ops, w.rep.store.Limits().Ops) {
		if result, err := w.commit(ctx, part); err != nil || !result.Committed {
			return err
		}
	}
	return nil
}

// checkpoint writes a checkpoint if it is due.
func (w *sweeper) checkpoint(ctx context.Context) error {
	st := w.rep.View().State(w.env)
	if st == nil || st.HeadAt != w.headAt || !due(st) {
		return nil
	}
	return w.rep.WriteCheckpoint(ctx, st)
}

// trim deletes audit entries past the retention. The revision before the oldest remaining entry can still be rebuilt.
func (w *sweeper) trim(ctx context.Context) error {
	e, err := store.ReadOne(ctx, w.rep.store, stored.HeadKey(w.env))
	if err != nil || e.Revision == 0 {
		return err
	}
	if w.head, err = model.ParseHead(e.Value); err != nil {
		return err
	}
	w.headAt = e.Revision
	cutoff := w.rep.now().Add(-time.Duration(w.rep.retention.Load()))
	revision, err := w.rep.revisionAt(ctx, model.NewState(w.env, w.head, w.headAt, w.headAt, nil, nil), api.At{Time: cutoff})
	if api.CodeOf(err) == api.Gone {
		return nil // nothing is that old
	}
	if err != nil || revision <= w.head.Floor {
		return err
	}
	h := w.head
	h.Floor = revision
	return w.put(ctx, h,
		store.Op{Key: stored.AuditKey(w.env, revision), Delete: true, To: store.PrefixEnd(stored.AuditPrefix + w.env + "/")},
		store.Op{Key: stored.CheckpointKey(w.env, revision), Delete: true, To: store.PrefixEnd(stored.CheckpointPrefix + w.env + "/")},
		store.Op{Key: stored.BodyPrefix + w.env + "/", Delete: true, To: stored.BodyPrefix + w.env + "/" + stored.HexRevision(revision+1)},
	)
}

// trimFailures deletes all but the newest refused changes.
func (w *sweeper) trimFailures(ctx context.Context) error {
	r := store.Under(stored.FailurePrefix + w.env + "/")
	page, err := w.rep.store.Read(ctx, store.Range{From: r.From, To: r.To, Limit: stored.MaxFailures, KeysOnly: true})
	if err != nil || !page.More {
		return err
	}
	_, err = w.rep.store.Commit(ctx, store.Txn{Ops: []store.Op{{Key: page.Entries[len(page.Entries)-1].Key + "\x00", Delete: true, To: r.To}}})
	return err
}

// forget deletes what else a deleted environment has left. Its audit is kept as long as any other.
func (w *sweeper) forget(ctx context.Context) error {
	if !w.head.Deleted {
		return nil
	}
	for _, prefix := range []string{stored.UsagePrefix, stored.HourPrefix, stored.DayPrefix} {
		if err := w.delete(ctx, store.Under(prefix+w.env+"/")); err != nil {
			return err
		}
	}
	return nil
}
