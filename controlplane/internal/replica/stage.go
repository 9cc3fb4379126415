package replica

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// staging is what a change has staged so far.
type staging struct {
	id  string
	has map[string][sha256.Size]byte // key: hash of its value
}

// note remembers operations that were committed.
func (g *staging) note(ops []store.Op) {
	for _, op := range ops {
		if op.Delete {
			delete(g.has, op.Key)
		} else {
			g.has[op.Key] = sha256.Sum256(op.Value)
		}
	}
}

// stage notes in the head that a change is being staged. It returns false without an error if the draft's state is out
// of date.
// Why: RATIONALE.md "Why is nothing swept while a change is being staged?"
func (rep *Replica) stage(ctx context.Context, d *Draft, stg *staging) (bool, error) {
	if stg.id != "" && d.Base.Head.Staged(stg.id) {
		return true, nil // by an earlier try
	}
	id := model.RandomName()
	h := d.Base.Head
	h.Stages = append(slices.Clone(h.Stages), model.Stage{ID: id, Began: rep.now().UnixMicro()})
	result, err := rep.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: stored.HeadKey(d.Base.Env), Revision: d.Base.HeadAt}},
		Ops:    []store.Op{{Key: stored.HeadKey(d.Base.Env), Value: stored.Marshal(h)}},
		Urgent: d.Intent.Urgent,
	})
	if err != nil || !result.Committed {
		return false, err
	}
	*stg = staging{id: id, has: map[string][sha256.Size]byte{}}
	return true, nil
}

// stillAt reads the head again, since staging took a while, and returns the head's revision in the store, to guard by.
// It returns 0 without an error if the environment is at another revision than the draft's state, or if a sweep gave
// the stage up.
func (rep *Replica) stillAt(ctx context.Context, d *Draft, stg *staging) (int64, error) {
	e, err := store.ReadOne(ctx, rep.store, stored.HeadKey(d.Base.Env))
	if err != nil || e.Revision == 0 {
		return 0, err
	}
	h, err := model.ParseHead(e.Value)
	if err != nil {
		return 0, err
	}
	if h.Revision != d.Base.Head.Revision || h.LineageID() != d.Base.Head.LineageID() || !h.Staged(stg.id) {
		return 0, nil
	}
	d.Head.Stages = h.Stages
	d.Head.Unstage(stg.id)
	return e.Revision, nil
}

// upload stages the operations that aren't staged yet, in as many transactions as they need. Nothing reads them before
// the head says so.
func (rep *Replica) upload(ctx context.Context, stg *staging, urgent bool, ops []store.Op) error {
	batch := stored.NewBatcher(rep.store, urgent, stg.note)
	for _, op := range ops {
		if has, ok := stg.has[op.Key]; ok && !op.Delete && has == sha256.Sum256(op.Value) {
			continue
		}
		if err := batch.Add(ctx, op); err != nil {
			return fmt.Errorf("staging the parts of the change: %w", err)
		}
	}
	if err := batch.Flush(ctx); err != nil {
		return fmt.Errorf("staging the parts of the change: %w", err)
	}
	return nil
}
