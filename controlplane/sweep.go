package controlplane

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	// sweepEvery is the time between sweeps. A sweep with nothing to do is cheap: a few reads of keys.
	sweepEvery = time.Hour
	// sweepPause is how long after a large change a sweep removes what it replaced. By then, replicas have long applied it.
	sweepPause = time.Minute
)

// jitter returns a duration between half of d and one and a half of d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d) }

// sweepSoon asks for a sweep.
func (s *Service) sweepSoon() {
	select {
	case s.sweeps <- struct{}{}:
	default:
	}
}

// sweep removes what nothing names any more, trims the audit, and writes checkpoints. Replicas may sweep at the same time. Every deletion is
// guarded by the environment's head as it was when the sweep decided on it, so a change that begins in the meantime wins.
func (s *Service) sweep(ctx context.Context) {
	heads := map[string]store.Entry{}
	if _, err := store.ReadAll(ctx, s.store, store.Under(headPrefix), func(e store.Entry) error {
		heads[strings.TrimPrefix(e.Key, headPrefix)] = e
		return nil
	}); err != nil {
		s.log.Warn("the sweep is put off", "error", err)
		return
	}
	for env, e := range heads {
		h, err := parseHead(e.Value)
		if err != nil {
			s.log.Error("an environment's head can't be read", "environment", env, "error", err)
			continue
		}
		w := sweeper{s: s, env: env, head: h, headAt: e.Revision}
		for _, step := range []func(context.Context) error{w.stages, w.generations, w.pieces, w.checkpoint, w.trim, w.trimFailures, w.forget} {
			if err := step(ctx); err != nil {
				s.log.Warn("a step of the sweep is put off", "environment", env, "error", err)
				break
			}
		}
	}
}

// sweeper sweeps one environment.
type sweeper struct {
	s      *Service
	env    string
	head   head
	headAt int64
}

// commit applies operations if the head is still the same.
func (w *sweeper) commit(ctx context.Context, ops []store.Op) (store.Result, error) {
	return w.s.store.Commit(ctx, store.Txn{Guards: []store.Guard{{Key: headKey(w.env), Revision: w.headAt}}, Ops: ops})
}

// put writes a changed head together with other operations.
func (w *sweeper) put(ctx context.Context, h head, ops ...store.Op) error {
	result, err := w.commit(ctx, append(ops, store.Op{Key: headKey(w.env), Value: marshalStored(h)}))
	if err == nil && result.Committed {
		w.head, w.headAt = h, result.Revision
	}
	return err
}

// stages gives up stages that have taken too long.
func (w *sweeper) stages(ctx context.Context) error {
	old := w.s.now().Add(-stageAge).UnixMicro()
	h := w.head
	h.Stages = slices.DeleteFunc(slices.Clone(h.Stages), func(s stage) bool { return s.Began < old })
	if len(h.Stages) == len(w.head.Stages) {
		return nil
	}
	return w.put(ctx, h)
}

// generations deletes generations that the head doesn't name.
func (w *sweeper) generations(ctx context.Context) error {
	for _, prefix := range []string{flagPrefix + w.env + "/", segmentPrefix + w.env + "/"} {
		r := store.Under(prefix)
		r.Limit, r.KeysOnly = 1, true
		for {
			page, err := w.s.store.Read(ctx, r)
			if err != nil || len(page.Entries) == 0 {
				return err
			}
			generation, _, _ := strings.Cut(strings.TrimPrefix(page.Entries[0].Key, prefix), "/")
			all := store.Under(prefix + generation + "/")
			if w.head.Deleted && !w.head.staged(generation) || generation != w.head.Generation && !w.head.staged(generation) {
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
		page, err := w.s.store.Read(ctx, r)
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

// pieces deletes pieces that no record names. While a change is being staged it deletes none, since that change may need them.
func (w *sweeper) pieces(ctx context.Context) error {
	if w.env == system || len(w.head.Stages) > 0 {
		return nil
	}
	named := map[string]bool{}
	if !w.head.Deleted {
		st := w.s.view.Load().states[w.env]
		if st == nil || st.headAt != w.headAt {
			return nil // this replica's state differs from the head: leave it for the next sweep
		}
		for _, list := range [][]*record{st.flags, st.segments} {
			for _, r := range list {
				for _, p := range r.pieces {
					named[pieceKey(w.env, p.name)] = true
				}
			}
		}
	}
	r := store.Under(piecePrefix + w.env + "/")
	r.KeysOnly = true
	var ops []store.Op
	if _, err := store.ReadAll(ctx, w.s.store, r, func(e store.Entry) error {
		if !named[e.Key] {
			ops = append(ops, store.Op{Key: e.Key, Delete: true})
		}
		return nil
	}); err != nil {
		return err
	}
	for part := range slices.Chunk(ops, w.s.store.Limits().Ops) {
		if result, err := w.commit(ctx, part); err != nil || !result.Committed {
			return err
		}
	}
	return nil
}

// checkpoint writes a checkpoint if it is due.
func (w *sweeper) checkpoint(ctx context.Context) error {
	st := w.s.view.Load().states[w.env]
	if st == nil || st.headAt != w.headAt || !st.due() {
		return nil
	}
	return w.s.writeCheckpoint(ctx, st)
}

// trim deletes audit entries past the retention. The revision before the oldest remaining entry can still be rebuilt.
func (w *sweeper) trim(ctx context.Context) error {
	e, err := store.ReadOne(ctx, w.s.store, headKey(w.env))
	if err != nil || e.Revision == 0 {
		return err
	}
	if w.head, err = parseHead(e.Value); err != nil {
		return err
	}
	w.headAt = e.Revision
	cutoff := w.s.now().Add(-w.s.config.AuditRetention)
	revision, err := w.s.revisionAt(ctx, &state{env: w.env, head: w.head}, At{Time: cutoff})
	if CodeOf(err) == Gone {
		return nil // nothing is that old
	}
	if err != nil || revision <= w.head.Floor {
		return err
	}
	h := w.head
	h.Floor = revision
	return w.put(ctx, h,
		store.Op{Key: auditKey(w.env, revision), Delete: true, To: store.PrefixEnd(auditPrefix + w.env + "/")},
		store.Op{Key: checkpointKey(w.env, revision), Delete: true, To: store.PrefixEnd(checkpointPrefix + w.env + "/")},
		store.Op{Key: bodyPrefix + w.env + "/", Delete: true, To: bodyPrefix + w.env + "/" + hexRevision(revision+1)},
	)
}

// trimFailures deletes all but the newest refused changes.
func (w *sweeper) trimFailures(ctx context.Context) error {
	r := store.Under(failurePrefix + w.env + "/")
	page, err := w.s.store.Read(ctx, store.Range{From: r.From, To: r.To, Limit: maxFailures, KeysOnly: true})
	if err != nil || !page.More {
		return err
	}
	_, err = w.s.store.Commit(ctx, store.Txn{Ops: []store.Op{{Key: page.Entries[len(page.Entries)-1].Key + "\x00", Delete: true, To: r.To}}})
	return err
}

// forget deletes what else a deleted environment has left. Its audit is kept as long as any other.
func (w *sweeper) forget(ctx context.Context) error {
	if !w.head.Deleted {
		return nil
	}
	return w.delete(ctx, store.Under(usagePrefix+w.env+"/"))
}
