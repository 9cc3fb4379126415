package controlplane

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// system is the name of a pseudo-environment. Tokens and webhooks, which belong to no environment, have their head and audit there.
const system = ""

// systemChange builds a change of tokens or webhooks, given the head after it. It returns what to guard besides the head, what to write, and
// what the audit records.
type systemChange func(*head) (guards []store.Guard, ops []store.Op, changes []Change, err error)

// writeSystem makes the change, and returns once this replica has applied it. With IfAbsent it is made only if there was no change before;
// otherwise the error has the code Exists. A dry run builds the change and leaves it at that.
func (s *Service) writeSystem(ctx context.Context, action, key string, o WriteOptions, build systemChange) (err error) {
	defer func() {
		if err != nil && !o.DryRun {
			s.recordRefusal(ctx, system, action, key, o, err)
		}
	}()
	if err := checkOptions(&o); err != nil {
		return err
	}
	ctx, cancel := s.within(ctx, writeDeadline)
	defer cancel()
	unlock, err := s.lock(ctx, system)
	if err != nil {
		return err
	}
	defer unlock()
	var tried [][]byte // nonces of commits that the store didn't answer
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		at, err := s.trySystem(ctx, action, key, o, build, &tried)
		switch {
		case err == nil && o.DryRun:
			return nil
		case at != 0:
			_, err = s.wait(ctx, at)
			return err
		case err == nil:
			continue // somebody else's change came first
		case CodeOf(err) != Internal && CodeOf(err) != Unavailable:
			return err
		case errors.Is(err, store.ErrNoSpace):
			return unavailable("the store is full", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return unavailable("the store did not answer", err)
		}
	}
}

// trySystem tries once. It returns the store's revision of the change, or 0 without an error if a guard didn't hold.
func (s *Service) trySystem(ctx context.Context, action, key string, o WriteOptions, build systemChange, tried *[][]byte) (int64, error) {
	e, err := store.ReadOne(ctx, s.store, headKey(system))
	if err != nil {
		return 0, err
	}
	st := &state{env: system, headAt: e.Revision, head: head{Lineage: random(16), Created: s.now().UnixMicro()}}
	if e.Revision != 0 {
		if st.head, err = parseHead(e.Value); err != nil {
			return 0, err
		}
	}
	if slices.ContainsFunc(*tried, func(nonce []byte) bool { return bytes.Equal(nonce, st.head.Nonce) }) {
		return e.Revision, nil // the store committed it, but didn't say so
	}
	if o.IfAbsent && e.Revision != 0 {
		return 0, fail(Exists, "it is there already")
	}
	d := newDraft(st, s.now(), action, key, o)
	guards, ops, changes, err := build(&d.head)
	if err != nil {
		return 0, err
	}
	if o.DryRun {
		return 0, nil
	}
	d.changes = changes
	entry, _, err := d.entry()
	if err != nil {
		return 0, err
	}
	result, err := s.store.Commit(ctx, store.Txn{
		Guards: append(guards, store.Guard{Key: headKey(system), Revision: e.Revision}),
		Ops:    d.finalOps(ops, entry),
	})
	if err != nil {
		*tried = append(*tried, d.head.Nonce)
		return 0, err
	}
	if !result.Committed {
		return 0, nil
	}
	return result.Revision, nil
}
