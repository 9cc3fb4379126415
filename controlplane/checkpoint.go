package controlplane

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// A checkpoint is a whole environment as of a revision, so that going far back in time doesn't have to start at the present. One is due
// after checkpointEvery changes, once their audit takes as much room as the environment. So checkpoints never take more room than the
// audit, and going back reads at most as much as two of them.
// Why: RATIONALE.md "Why is the past rebuilt backwards?"
const checkpointEvery = 1_000

// storedCheckpoint is a checkpoint in its stored form. Its records are in the body.
type storedCheckpoint struct {
	Head  []byte `msgpack:"head"`
	Body  string `msgpack:"body"`
	Parts int    `msgpack:"parts"`
}

type storedRecord struct {
	Kind uint8  `msgpack:"kind"`
	Key  string `msgpack:"key"`
	Raw  []byte `msgpack:"raw"`
}

// due reports whether a checkpoint of the state should be written.
func (s *state) due() bool {
	if s.head.Revision-s.head.Checkpoint < checkpointEvery {
		return false
	}
	size := 0
	for _, list := range [][]*record{s.flags, s.segments} {
		for _, r := range list {
			size += len(r.raw)
		}
	}
	const packed = 4 // stored records are about this many times smaller than raw ones
	return s.head.Logged > int64(size/packed)
}

// writeCheckpoint writes a checkpoint of a state. Replicas may do so at the same time; the head says which one counts.
func (s *Service) writeCheckpoint(ctx context.Context, st *state) error {
	var all []storedRecord
	for _, list := range [][]*record{st.flags, st.segments} {
		for _, r := range list {
			all = append(all, storedRecord{uint8(r.compiled.Kind), r.key(), r.raw})
		}
	}
	id := hexRevision(st.head.Revision) + "-" + randomName()
	body := bodyOps(st.env, id, marshalStored(all))
	stg := staging{id: id, has: map[string][32]byte{}}
	if err := s.upload(ctx, &stg, body); err != nil {
		return err
	}
	h := st.head
	h.Checkpoint, h.Logged = h.Revision, 0
	result, err := s.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: headKey(st.env), Revision: st.headAt}},
		Ops: []store.Op{
			{Key: checkpointKey(st.env, h.Revision), Value: marshalStored(storedCheckpoint{marshalStored(st.head), id, len(body)})},
			{Key: headKey(st.env), Value: marshalStored(h)},
		},
	})
	if err == nil && !result.Committed { // the environment has changed in the meantime: the next checkpoint will do
		prefix := bodyPrefix + st.env + "/" + id + "/"
		_, err = s.store.Commit(ctx, store.Txn{Ops: []store.Op{{Key: prefix, Delete: true, To: store.PrefixEnd(prefix)}}})
	}
	return err
}

// checkpointFrom returns the earliest checkpoint at or after a revision, or nil if none shortens the way.
func (s *Service) checkpointFrom(ctx context.Context, st *state, revision int64) (*past, int64, error) {
	r := store.Range{From: checkpointKey(st.env, st.head.Revision), To: checkpointKey(st.env, revision-1), KeysOnly: true}
	last := ""
	if _, err := store.ReadAll(ctx, s.store, r, func(e store.Entry) error { last = e.Key; return nil }); err != nil || last == "" {
		return nil, 0, err
	}
	e, err := store.ReadOne(ctx, s.store, last)
	if err != nil || e.Revision == 0 {
		return nil, 0, err
	}
	at, err := revisionOf(e.Key)
	if err != nil {
		return nil, 0, err
	}
	var stored storedCheckpoint
	if err := unmarshalStored(e.Value, &stored); err != nil {
		return nil, 0, err
	}
	h, err := parseHead(stored.Head)
	if err != nil {
		return nil, 0, err
	}
	var all []storedRecord
	if err := s.readBody(ctx, st.env, stored.Body, stored.Parts, &all); err != nil {
		return nil, 0, err
	}
	p := &past{head: h, known: map[string]*record{}, text: map[string][]byte{}}
	for _, stored := range all {
		r, err := parseRecord(snapshot.Kind(stored.Kind), stored.Key, stored.Raw, nil)
		if err != nil {
			return nil, 0, err
		}
		p.known[r.kind()+"/"+r.key()] = r
	}
	return p, at, nil
}
