package replica

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// A checkpoint is a whole environment as of a revision, so that going far back in time doesn't have to start at the
// present. One is due after checkpointEvery changes, once their audit takes as much room as the environment. So
// checkpoints never take more room than the audit, and going back reads at most as much as two of them.
// Why: RATIONALE.md "Why is the past rebuilt backwards?"
const checkpointEvery = 1_000

// due reports whether a checkpoint of the state should be written.
func due(s *model.State) bool {
	if s.Head.Revision-s.Head.Checkpoint < checkpointEvery {
		return false
	}
	size := 0
	for r := range s.Records() {
		size += len(r.Raw)
	}
	const packed = 4 // stored records are about this many times smaller than raw ones
	return s.Head.Logged > int64(size/packed)
}

// WriteCheckpoint writes a checkpoint of a state. Replicas may do so at the same time; the head says which one counts.
func (rep *Replica) WriteCheckpoint(ctx context.Context, st *model.State) error {
	var all []stored.CheckpointRecord
	for r := range st.Records() {
		all = append(all, stored.CheckpointRecord{Kind: uint8(r.Compiled.Kind), Key: r.Key(), Raw: r.Raw})
	}
	id := stored.HexRevision(st.Head.Revision) + "-" + model.RandomName()
	body := stored.BodyOps(st.Env, id, stored.Marshal(all))
	stg := staging{id: id, has: map[string][32]byte{}}
	if err := rep.upload(ctx, &stg, false, body); err != nil {
		return err
	}
	h := st.Head
	h.Checkpoint, h.Logged = h.Revision, 0
	result, err := rep.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: stored.HeadKey(st.Env), Revision: st.HeadAt}},
		Ops: []store.Op{
			{Key: stored.CheckpointKey(st.Env, h.Revision), Value: stored.Marshal(stored.Checkpoint{Head: stored.Marshal(st.Head), Body: id, Parts: len(body)})},
			{Key: stored.HeadKey(st.Env), Value: stored.Marshal(h)},
		},
	})
	if err == nil && !result.Committed { // the environment has changed in the meantime: the next checkpoint will do
		prefix := stored.BodyPrefix + st.Env + "/" + id + "/"
		_, err = rep.store.Commit(ctx, store.Txn{Ops: []store.Op{{Key: prefix, Delete: true, To: store.PrefixEnd(prefix)}}})
	}
	return err
}

// checkpointFrom returns the earliest checkpoint at or after a revision, or nil if none shortens the way.
func (rep *Replica) checkpointFrom(ctx context.Context, st *model.State, revision int64) (*model.Past, int64, error) {
	r := store.Range{From: stored.CheckpointKey(st.Env, st.Head.Revision), To: stored.CheckpointKey(st.Env, revision-1), KeysOnly: true}
	last := ""
	if _, err := store.ReadAll(ctx, rep.store, r, func(e store.Entry) error { last = e.Key; return nil }); err != nil || last == "" {
		return nil, 0, err
	}
	e, err := store.ReadOne(ctx, rep.store, last)
	if err != nil || e.Revision == 0 {
		return nil, 0, err
	}
	at, err := stored.RevisionOf(e.Key)
	if err != nil {
		return nil, 0, err
	}
	var saved stored.Checkpoint
	if err := stored.Unmarshal(e.Value, &saved); err != nil {
		return nil, 0, err
	}
	h, err := model.ParseHead(saved.Head)
	if err != nil {
		return nil, 0, err
	}
	var all []stored.CheckpointRecord
	if err := stored.ReadBody(ctx, rep.store, st.Env, saved.Body, saved.Parts, &all); err != nil {
		return nil, 0, err
	}
	p := model.NewPast(h)
	for _, saved := range all {
		r, err := model.ParseRecord(saved.RecordKind(), saved.Key, saved.Raw, nil)
		if err != nil {
			return nil, 0, err
		}
		p.Known[r.Kind()+"/"+r.Key()] = r
	}
	return p, at, nil
}
