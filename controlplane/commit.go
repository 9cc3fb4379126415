package controlplane

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// commit writes a draft in one transaction if it fits. Otherwise it first stages the large parts. It returns false without an error if the
// draft's state is out of date.
func (s *Service) commit(ctx context.Context, d *draft, stg *staging) (bool, error) {
	entry, body, err := d.entry()
	if err != nil {
		return false, err
	}
	var records, pieces []store.Op
	if d.with.len() < s.store.Limits().Ops {
		records, pieces = d.recordOps()
	}
	many := len(records) < d.with.len() || !s.fits(d.finalOps(records, entry))
	d.values = s.written.add(d, records)
	last, guard := join(records, pieces), d.st.headAt
	if many || body != nil || !s.fits(d.finalOps(last, entry)) {
		if ok, err := s.stage(ctx, d, stg); !ok {
			return false, err
		}
		parts := pieces // of a large flag, or a large audit entry; nearly all other changes are one transaction
		last = records
		if many {
			parts, last = s.generationOps(d, stg), nil
			d.head.Generation = stg.id
		}
		if err := s.upload(ctx, stg, join(parts, body)); err != nil {
			return false, err
		}
		if guard, err = s.stillAt(ctx, d, stg); guard == 0 {
			return false, err
		}
	}
	result, err := s.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: headKey(d.st.env), Revision: guard}},
		Ops:    d.finalOps(last, entry),
	})
	if err != nil {
		return false, err
	}
	if result.Committed && stg.id != "" {
		s.sweepSoon()
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

// fits reports whether operations fit into one transaction. It leaves some room for the store's own framing.
func (s *Service) fits(ops []store.Op) bool {
	limits := s.store.Limits()
	size := 0
	for _, op := range ops {
		size += opSize(op)
	}
	return len(ops) <= limits.Ops && size <= limits.Bytes
}

func opSize(op store.Op) int { return len(op.Key) + len(op.To) + len(op.Value) + 32 }

// finalOps returns the operations that make the draft visible, with its head and audit entry.
func (d *draft) finalOps(records []store.Op, entry store.Op) []store.Op {
	return join(records, []store.Op{entry, {Key: headKey(d.st.env), Value: marshalStored(d.head)}})
}

// recordOps returns the operations that put and delete the changed records in the current generation, and those that put the pieces that
// they need.
func (d *draft) recordOps() (records, pieces []store.Op) {
	named := map[string]bool{}
	for _, kind := range []snapshot.Kind{snapshot.FlagRecord, snapshot.SegmentRecord} {
		for key, r := range *d.with.of(kind) {
			at := recordPrefix(d.st.env, d.head.Generation, kind) + key
			before := d.st.record(kind, key)
			if r == nil {
				records = append(records, store.Op{Key: at, Delete: true})
				continue
			}
			value, need := put(r.raw)
			r.pieces = nil
			for _, p := range need {
				r.pieces = append(r.pieces, part{p.name, len(p.data)})
			}
			records = append(records, store.Op{Key: at, Value: value})
			pieces = append(pieces, d.pieceOps(need, before, named)...)
		}
	}
	return records, pieces
}

// written holds the records that this replica is writing, by their stored value. When they come back through the watch, the replica
// needn't read them again, which matters for a large flag.
type written struct {
	mu  sync.Mutex
	all map[string]*record
}

// add remembers a draft's records, and returns their values.
func (w *written) add(d *draft, ops []store.Op) (values []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[string]*record{}
	}
	for _, op := range ops {
		kind := snapshot.FlagRecord
		if strings.HasPrefix(op.Key, segmentPrefix) {
			kind = snapshot.SegmentRecord
		}
		if r := (*d.with.of(kind))[tail(op.Key)]; r != nil {
			w.all[string(op.Value)] = r
			values = append(values, string(op.Value))
		}
	}
	return values
}

func (w *written) find(value []byte) *record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all[string(value)]
}

func (w *written) forget(values []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, value := range values {
		delete(w.all, value)
	}
}

// pieceOps returns the operations that put the pieces that the old record doesn't have. The old record stays until the draft is visible.
func (d *draft) pieceOps(need []piece, before *record, named map[string]bool) []store.Op {
	if before != nil {
		for _, p := range before.pieces {
			named[p.name] = true
		}
	}
	var ops []store.Op
	for _, p := range need {
		if !named[p.name] {
			named[p.name] = true
			ops = append(ops, store.Op{Key: pieceKey(d.st.env, p.name), Value: pack(p.data)})
		}
	}
	return ops
}

// generationOps returns the operations that put all records into a new generation, and the pieces of the changed ones. They also delete
// whatever an earlier try put there and this one doesn't need.
func (s *Service) generationOps(d *draft, stg *staging) []store.Op {
	var ops []store.Op
	named, is := map[string]bool{}, map[string]bool{}
	for _, kind := range []snapshot.Kind{snapshot.FlagRecord, snapshot.SegmentRecord} {
		for _, r := range merge(d.st.list(kind), *d.with.of(kind)) {
			value, need := put(r.raw)
			key := recordPrefix(d.st.env, stg.id, kind) + r.key()
			ops, is[key] = append(ops, store.Op{Key: key, Value: value}), true
			if len(need) > 0 {
				ops = append(ops, d.pieceOps(need, d.st.record(kind, r.key()), named)...)
			}
		}
	}
	for key := range stg.has {
		if !is[key] && (strings.HasPrefix(key, flagPrefix) || strings.HasPrefix(key, segmentPrefix)) {
			ops = append(ops, store.Op{Key: key, Delete: true})
		}
	}
	return ops
}

// staging is what a change has staged so far.
type staging struct {
	id  string
	has map[string][sha256.Size]byte // key: hash of its value
}

// stage notes in the head that a change is being staged. It returns false without an error if the draft's state is out of date.
// Why: RATIONALE.md "Why is nothing swept while a change is being staged?"
func (s *Service) stage(ctx context.Context, d *draft, stg *staging) (bool, error) {
	if stg.id != "" && d.st.head.staged(stg.id) {
		return true, nil // by an earlier try
	}
	id := randomName()
	h := d.st.head
	h.Stages = append(slices.Clone(h.Stages), stage{ID: id, Began: s.now().UnixMicro()})
	result, err := s.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: headKey(d.st.env), Revision: d.st.headAt}},
		Ops:    []store.Op{{Key: headKey(d.st.env), Value: marshalStored(h)}},
	})
	if err != nil || !result.Committed {
		return false, err
	}
	*stg = staging{id: id, has: map[string][sha256.Size]byte{}}
	return true, nil
}

// stillAt reads the head again, since staging took a while, and returns the head's revision in the store, to guard by. It returns 0 without
// an error if the environment is at another revision than the draft's state, or if a sweep gave the stage up.
func (s *Service) stillAt(ctx context.Context, d *draft, stg *staging) (int64, error) {
	e, err := store.ReadOne(ctx, s.store, headKey(d.st.env))
	if err != nil || e.Revision == 0 {
		return 0, err
	}
	h, err := parseHead(e.Value)
	if err != nil {
		return 0, err
	}
	if h.Revision != d.st.head.Revision || h.lineage() != d.st.head.lineage() || !h.staged(stg.id) {
		return 0, nil
	}
	d.head.Stages = h.Stages
	d.head.unstage(stg.id)
	return e.Revision, nil
}

// upload stages the operations that aren't staged yet, in as many transactions as they need. Nothing reads them before the head says so.
func (s *Service) upload(ctx context.Context, stg *staging, ops []store.Op) error {
	var batch []store.Op
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if _, err := s.store.Commit(ctx, store.Txn{Ops: batch}); err != nil {
			return fmt.Errorf("putting the change's parts in place: %w", err)
		}
		for _, op := range batch {
			if op.Delete {
				delete(stg.has, op.Key)
			} else {
				stg.has[op.Key] = sha256.Sum256(op.Value)
			}
		}
		batch = nil
		return nil
	}
	limits, size := s.store.Limits(), 0
	for _, op := range ops {
		if has, ok := stg.has[op.Key]; ok && !op.Delete && has == sha256.Sum256(op.Value) {
			continue
		}
		if len(batch) == limits.Ops || size+opSize(op) > limits.Bytes {
			if err := flush(); err != nil {
				return err
			}
			size = 0
		}
		batch, size = append(batch, op), size+opSize(op)
	}
	return flush()
}

func (s *Service) now() time.Time { return s.config.Clock() }
