package controlplane_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// copied returns a store with everything that another has, as a copy of its files would.
func copied(t *testing.T, from store.Store) *memstore.Store {
	t.Helper()
	to := memstore.New()
	t.Cleanup(func() { _ = to.Close() })
	if _, err := store.ReadAll(t.Context(), from, store.Range{From: "!", To: "\x7f"}, func(e store.Entry) error {
		_, err := to.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: e.Key, Value: e.Value}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return to
}

// replaced is a store whose files are replaced while it is in use: watches then find that their revision is gone.
type replaced struct {
	mu   sync.Mutex
	now  store.Store
	gone chan struct{}
}

func (r *replaced) by(other store.Store) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = other
	close(r.gone)
	r.gone = make(chan struct{})
}

func (r *replaced) current() (store.Store, chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now, r.gone
}

func (r *replaced) Read(ctx context.Context, g store.Range) (store.Page, error) {
	s, _ := r.current()
	return s.Read(ctx, g)
}

func (r *replaced) Commit(ctx context.Context, t store.Txn) (store.Result, error) {
	s, _ := r.current()
	return s.Commit(ctx, t)
}

func (r *replaced) Watch(ctx context.Context, after int64) iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		s, gone := r.current()
		inner, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-gone:
				cancel()
			case <-inner.Done():
			}
		}()
		for b, err := range s.Watch(inner, after) {
			if !yield(b, err) {
				return
			}
		}
		if ctx.Err() == nil {
			yield(store.Batch{}, store.ErrCompacted)
		}
	}
}

func (r *replaced) Limits() store.Limits { return memstore.DefaultLimits }

func (r *replaced) Usage(ctx context.Context) (store.Usage, error) {
	s, _ := r.current()
	return s.Usage(ctx)
}

func (r *replaced) Close() error { return nil }

// TestAStoreThatWentBackGetsANewLineage: a connected host follows, even if the copy has been written to since.
func TestAStoreThatWentBackGetsANewLineage(t *testing.T) {
	for name, writes := range map[string]int{"as it was copied": 0, "written to since": 9} {
		t.Run(name, func(t *testing.T) {
			first := memstore.New()
			t.Cleanup(func() { _ = first.Close() })
			db := &replaced{now: first, gone: make(chan struct{})}
			s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
			must[controlplane.WriteResult](t)(s.Enable(ctx, env, "x", flagset.Scope{}, by))
			file := copied(t, first)
			if writes > 0 {
				other := open(t, controlplane.Config{Store: file})
				for i := range writes {
					must[controlplane.WriteResult](t)(other.Enable(ctx, env, fmt.Sprint("other", i), flagset.Scope{}, by))
				}
			}
			for i := range 3 {
				must[controlplane.WriteResult](t)(s.Enable(ctx, env, fmt.Sprint("k", i), flagset.Scope{}, by))
			}
			h := &host{t: t}
			w := watch(t, s, env, engine.Position{})
			h.take(w.next(t))
			ahead := h.at
			db.by(file)
			for h.at.Lineage == ahead.Lineage {
				h.take(w.next(t))
			}
			if p := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env)); !bytes.Equal(p.Bytes(), h.bytes) {
				t.Error("the host has other bytes")
			}
		})
	}
}

// TestAHostWithWhatTheStoreNeverHadGetsASnapshot: the store was copied back while nothing ran, or the host's own copy
// was altered, so that only the host knows.
func TestAHostWithWhatTheStoreNeverHadGetsASnapshot(t *testing.T) {
	first := memstore.New()
	t.Cleanup(func() { _ = first.Close() })
	s, ctx := open(t, controlplane.Config{Store: first}), t.Context()
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "x", flagset.Scope{}, by))
	file := copied(t, first)
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "y", flagset.Scope{}, by))
	later := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env))
	ahead := later.Position()
	ahead.ID = later.ID()

	again := open(t, controlplane.Config{Store: file})
	whole := func(what string, at engine.Position) {
		t.Helper()
		h := &host{t: t}
		h.take(watch(t, again, env, at).next(t))
		p := must[*controlplane.Snapshot](t)(again.Snapshot(ctx, env))
		if h.wholes != 1 || !bytes.Equal(h.bytes, p.Bytes()) {
			t.Errorf("%s: the host has other bytes", what)
		}
	}
	whole("ahead", ahead)
	if _, supersedes := again.Resume(ctx, env, ahead, again.Formats()[0]); !supersedes {
		t.Error("nothing says that the snapshot takes the place of a later one")
	}
	must[controlplane.WriteResult](t)(again.Enable(ctx, env, "z", flagset.Scope{}, by)) // now both have this revision
	whole("the same revision", ahead)
	if _, supersedes := again.Resume(ctx, env, ahead, again.Formats()[0]); !supersedes {
		t.Error("nothing says that the snapshot takes the place of another one of its revision")
	}
	must[controlplane.WriteResult](t)(again.Enable(ctx, env, "w", flagset.Scope{}, by))
	whole("an earlier revision that never was", ahead)

	// A host that has what the store had continues, and gets a delta.
	p := must[*controlplane.Snapshot](t)(again.Snapshot(ctx, env))
	at := p.Position()
	at.ID = p.ID()
	h := &host{t: t, bytes: p.Bytes(), at: at}
	w := watch(t, again, env, at)
	r := must[controlplane.WriteResult](t)(again.Enable(ctx, env, "x", flagset.ForActor("u"), by))
	if f := w.next(t); f.Position().Revision != r.Revision {
		t.Errorf("a host that is current got %v first", f.Position())
	} else {
		h.take(f)
	}
}

// TestHostsOfAnotherStoreAreNoticed: the log says once that hosts knew another store, whatever they come with.
func TestHostsOfAnotherStoreAreNoticed(t *testing.T) {
	var log logged
	s, ctx := open(t, controlplane.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}), t.Context()
	for i := range 300 {
		_, _ = s.Resume(ctx, env, engine.Position{Lineage: [16]byte{byte(i % 2), 7}, Revision: int64(i)}, s.Formats()[0])
	}
	if n := log.count("hosts come with flags of another lineage"); n != 2 {
		t.Errorf("it is logged %d times for two lineages", n)
	}
	for i := range 300 {
		_, _ = s.Resume(ctx, env, engine.Position{Lineage: [16]byte{byte(i), byte(i >> 8), 8}, Revision: 1}, s.Formats()[0])
	}
	if n := log.count("hosts come with flags of another lineage"); n > 64 {
		t.Errorf("it is logged %d times, which has no bound", n)
	}
}
