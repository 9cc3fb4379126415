package controlplane_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

var errFlaky = errors.New("no answer")

// flaky is a store that fails like a network.
type flaky struct {
	store.Store

	mu      sync.Mutex
	commits int // until they fail; below 0: they don't
	lose    int // so many commits are made, but not answered
	cut     int // so many watches end at their next batch
	failing chan struct{}
	held    chan struct{} // watches wait until it is closed; nil: they don't
}

// hold lets watches wait until release is called.
func (f *flaky) hold() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = make(chan struct{})
	return sync.OnceFunc(func() { close(f.held) })
}

// failAfter makes commits fail after this many more; -1 for never.
func (f *flaky) failAfter(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n < 0 {
		f.commits = -1
		return
	}
	f.commits, f.failing = n+1, make(chan struct{}, 1)
}

// until returns a context that ends when a commit has failed.
func (f *flaky) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	f.mu.Lock()
	failing := f.failing
	f.mu.Unlock()
	go func() {
		select {
		case <-failing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (f *flaky) Commit(ctx context.Context, t store.Txn) (store.Result, error) {
	f.mu.Lock()
	lose := f.lose > 0
	if lose {
		f.lose--
	}
	if f.commits > 1 {
		f.commits--
	} else if f.commits == 1 {
		select {
		case f.failing <- struct{}{}:
		default:
		}
		f.mu.Unlock()
		return store.Result{}, errFlaky
	}
	f.mu.Unlock()
	result, err := f.Store.Commit(ctx, t)
	if lose && err == nil {
		return store.Result{}, errFlaky
	}
	return result, err
}

func (f *flaky) Watch(ctx context.Context, after int64) iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		for batch, err := range f.Store.Watch(ctx, after) {
			f.mu.Lock()
			cut := f.cut > 0 && len(batch.Events) > 0
			if cut {
				f.cut--
			}
			held := f.held
			f.mu.Unlock()
			if held != nil {
				select {
				case <-held:
				case <-ctx.Done():
					return
				}
			}
			if cut {
				yield(store.Batch{}, errFlaky)
				return
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// TestAWriteThatWasNotAnsweredIsMadeOnce uses a store that commits and doesn't say so.
func TestAWriteThatWasNotAnsweredIsMadeOnce(t *testing.T) {
	store := &flaky{Store: memstore.New()}
	s, ctx := open(t, controlplane.Config{Store: store}), t.Context()
	lose := func() {
		store.mu.Lock()
		store.lose = 1
		store.mu.Unlock()
	}
	before := must[api.Environment](t)(s.GetEnvironment(ctx, env)).Revision
	lose()
	r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.Scope{}, by))
	if !r.Changed || !r.Created || r.Revision != before+1 {
		t.Errorf("result %+v", r)
	}
	lose()
	if revision := must[int64](t)(s.DeleteFlag(ctx, env, "f", by)); revision != before+2 {
		t.Errorf("deleted at %d", revision)
	}
	lose()
	token, err := s.CreateToken(ctx, api.NewToken{Name: "n", Role: api.RoleSDK}, by)
	if err != nil {
		t.Fatal(err)
	}
	if found := must[api.Token](t)(s.Authenticate(token.Secret)); found.ID != token.ID {
		t.Errorf("made %+v, found %+v", token, found)
	}
	lose()
	want(t, s.RevokeToken(ctx, token.ID, by), "")
	_, err = s.Authenticate(token.Secret)
	want(t, err, api.Unauthorized)
	page := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{By: "ada"}))
	if len(page.Entries) != 4 {
		t.Errorf("%d changes are in the audit", len(page.Entries))
	}
	lose()
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(300), api.Import{}, by))
	if e := must[api.Environment](t)(s.GetEnvironment(ctx, env)); e.Flags != 300 || e.Revision != before+3 {
		t.Errorf("environment %+v", e)
	}
}

// TestALateReplicaSkipsWhatWasSwept replaces and sweeps the pieces of a large flag before a replica has read them.
func TestALateReplicaSkipsWhatWasSwept(t *testing.T) {
	memory := memstore.New()
	store := &flaky{Store: memory}
	writer := open(t, controlplane.Config{Store: memory})
	ctx := t.Context()
	must[controlplane.WriteResult](t)(writer.PutFlag(ctx, env, actorGates(3_000), by))
	s := open(t, controlplane.Config{Store: store})
	release := store.hold()
	t.Cleanup(release)
	for i := range 5 {
		f := actorGates(3_000 + 300*i)
		for j := range f.Gates {
			f.Gates[j].Target += fmt.Sprint("-", i) // nothing stays the same
		}
		must[controlplane.WriteResult](t)(writer.PutFlag(ctx, env, f, by))
		writer.Sweep(ctx)
	}
	last := must[controlplane.WriteResult](t)(writer.Enable(ctx, env, "small", flagset.Scope{}, by))
	_, err := s.GetFlag(ctx, env, "small") // admin reads wait, and say so
	want(t, err, api.Unavailable)
	if p := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env)); p.Position().Revision != 2 {
		t.Errorf("the late replica is at %v", p.Position())
	}
	w := watch(t, s, env, engine.Position{})
	release()
	h := &host{t: t}
	h.follow(w, last.Revision)
	p := must[*controlplane.Snapshot](t)(writer.Snapshot(ctx, env))
	if id := p.ID(); string(h.bytes[len(h.bytes)-32:]) != string(id[:]) {
		t.Error("the late replica has other bytes")
	}
}

// TestAReplicaComesBack breaks the replica's watch again and again, until it falls behind what the store keeps.
func TestAReplicaComesBack(t *testing.T) {
	memory := memstore.New()
	store := &flaky{Store: memory}
	s, writer := open(t, controlplane.Config{Store: store}), open(t, controlplane.Config{Store: memory})
	ctx := t.Context()
	store.mu.Lock()
	store.cut = 5
	store.mu.Unlock()
	for i := range 20 {
		must[controlplane.WriteResult](t)(writer.Enable(ctx, env, fmt.Sprint("f", i), flagset.Scope{}, by))
	}
	for {
		f, err := s.GetFlag(ctx, env, "f19")
		if err == nil && f.State == api.StateOn {
			break
		}
		want(t, err, api.Unavailable) // it waits for its replica, and says so if that takes too long
	}
	a, b := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env)), must[*controlplane.Snapshot](t)(writer.Snapshot(ctx, env))
	if a.ID() != b.ID() {
		t.Error("the replicas differ")
	}
}
