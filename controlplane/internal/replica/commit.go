package replica

import (
	"context"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// commit writes a draft in one transaction if it fits. Otherwise it first stages the large parts. It returns false
// without an error if the draft's state is out of date.
func (rep *Replica) commit(ctx context.Context, d *Draft, stg *staging) (bool, error) {
	entry, body := AuditOps(d.Draft)
	var err error
	var records, pieces []store.Op
	if d.Replaced.Len() < rep.store.Limits().Ops {
		records, pieces = d.recordOps()
	}
	many := len(records) < d.Replaced.Len() || !stored.Fits(rep.store.Limits(), d.finalOps(records, entry))
	d.values = rep.ownWrites.add(d, records)
	last, guard := join(records, pieces), d.Base.HeadAt
	if many || body != nil || !stored.Fits(rep.store.Limits(), d.finalOps(last, entry)) {
		if ok, err := rep.stage(ctx, d, stg); !ok {
			return false, err
		}
		parts := pieces // of a large flag, or a large audit entry; nearly all other changes are one transaction
		last = records
		if many {
			parts, last = rep.generationOps(d, stg), nil
			d.Head.Generation = stg.id
		}
		if err := rep.upload(ctx, stg, d.Intent.Urgent, join(parts, body)); err != nil {
			return false, err
		}
		if guard, err = rep.stillAt(ctx, d, stg); guard == 0 {
			return false, err
		}
	}
	result, err := rep.store.Commit(ctx, store.Txn{
		Guards: append(d.guards, store.Guard{Key: stored.HeadKey(d.Base.Env), Revision: guard}),
		Ops:    d.finalOps(last, entry),
		Urgent: d.Intent.Urgent,
	})
	if err != nil {
		return false, err
	}
	if result.Committed {
		d.committed = result.Revision
	}
	if result.Committed && stg.id != "" {
		rep.SweepSoon()
	}
	return result.Committed, nil
}

func join(lists ...[]store.Op) []store.Op {
	var all []store.Op
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// finalOps returns the operations that make the draft visible, with its head and audit entry.
func (d *Draft) finalOps(records []store.Op, entry store.Op) []store.Op {
	return join(d.ops, records, []store.Op{entry, {Key: stored.HeadKey(d.Base.Env), Value: stored.Marshal(d.Head)}})
}

// recordOps returns the operations that put and delete the changed records in the current generation, and those that
// put the pieces that they need.
func (d *Draft) recordOps() (records, pieces []store.Op) {
	named := map[string]bool{}
	for k := range d.Replaced {
		kind := snapshot.Kind(k)
		for key, r := range d.Replaced[kind] {
			at := stored.RecordPrefix(d.Base.Env, d.Head.Generation, kind) + key
			before := d.Base.Record(kind, key)
			if r == nil {
				records = append(records, store.Op{Key: at, Delete: true})
				continue
			}
			value, need := stored.Encode(r.Raw)
			r.Pieces = nil
			for _, p := range need {
				r.Pieces = append(r.Pieces, stored.PartOf(p))
			}
			records = append(records, store.Op{Key: at, Value: value})
			pieces = append(pieces, d.pieceOps(need, before, named)...)
		}
	}
	return records, pieces
}

// pieceOps returns the operations that put the pieces that the old record doesn't have. The old record stays until the
// draft is visible.
func (d *Draft) pieceOps(need []stored.Piece, before *model.Record, named map[string]bool) []store.Op {
	if before != nil {
		for _, p := range before.Pieces {
			named[p.Name] = true
		}
	}
	var ops []store.Op
	for _, p := range need {
		if !named[p.Name] {
			named[p.Name] = true
			ops = append(ops, store.Op{Key: stored.PieceKey(d.Base.Env, p.Name), Value: stored.Pack(p.Data)})
		}
	}
	return ops
}

// generationOps returns the operations that put all records into a new generation, and the pieces of the changed ones.
// They also delete whatever an earlier try put there and this one doesn't need.
func (rep *Replica) generationOps(d *Draft, stg *staging) []store.Op {
	var ops []store.Op
	named, is := map[string]bool{}, map[string]bool{}
	for _, kind := range []snapshot.Kind{snapshot.FlagRecord, snapshot.SegmentRecord} {
		for _, u := range d.Base.Unreadable {
			if u.Kind == kind && u.Value != nil { // as it is: this build can't write it
				key := stored.RecordPrefix(d.Base.Env, stg.id, kind) + u.Key
				ops, is[key] = append(ops, store.Op{Key: key, Value: u.Value}), true
			}
		}
		for _, r := range model.Merge(d.Base.List(kind), d.Replaced[kind]) {
			if u := d.Base.UnreadableRecord(kind, r.Key()); u != nil && u.Value != nil {
				continue // an earlier version
			}
			value, need := stored.Encode(r.Raw)
			key := stored.RecordPrefix(d.Base.Env, stg.id, kind) + r.Key()
			ops, is[key] = append(ops, store.Op{Key: key, Value: value}), true
			if len(need) > 0 {
				ops = append(ops, d.pieceOps(need, d.Base.Record(kind, r.Key()), named)...)
			}
		}
	}
	for key := range stg.has {
		if !is[key] && (strings.HasPrefix(key, stored.FlagPrefix) || strings.HasPrefix(key, stored.SegmentPrefix)) {
			ops = append(ops, store.Op{Key: key, Delete: true})
		}
	}
	return ops
}
