package etcdstore_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/controlplane/storetest"
)

func embedded(t *testing.T, dir string) *etcdstore.Store {
	t.Helper()
	s, err := etcdstore.OpenEmbedded(context.Background(), etcdstore.Embedded{Dir: dir, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContractEmbedded(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return embedded(t, t.TempDir()) })
}

func TestEmbeddedFindsItsDataAgain(t *testing.T) {
	dir := t.TempDir()
	first := embedded(t, dir)
	put := store.Txn{Ops: []store.Op{{Key: "a", Value: []byte("1")}}}
	if _, err := first.Commit(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := embedded(t, dir)
	page, err := second.Read(t.Context(), store.Range{From: "a"})
	if err != nil || len(page.Entries) != 1 || string(page.Entries[0].Value) != "1" {
		t.Fatalf("read %+v, %v", page, err)
	}
}

func TestEmbeddedRefusesADirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	embedded(t, dir)
	if _, err := etcdstore.OpenEmbedded(t.Context(), etcdstore.Embedded{Dir: dir}); !errors.Is(err, etcdstore.ErrInUse) {
		t.Fatalf("a second opening: %v", err)
	}
}

func TestEmbeddedSaysWhenItIsFull(t *testing.T) {
	dir := t.TempDir()
	s, err := etcdstore.OpenEmbedded(t.Context(), etcdstore.Embedded{Dir: dir, Quota: 8 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for i := 0; err == nil && i < 1000; i++ { // etcd counts what it has written to disk, which is a little later
		_, err = s.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: "a", Value: make([]byte, 1<<19)}}})
	}
	if !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("more than fits: %v", err)
	}
	usage, err := s.Usage(t.Context())
	if err != nil || usage.Quota != 8<<20 || usage.Used < usage.Quota/5*4 {
		t.Fatalf("usage %+v, %v", usage, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// With more room it accepts writes again.
	more := embedded(t, dir)
	if _, err := more.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: "z", Value: []byte("1")}}}); err != nil {
		t.Errorf("with more room: %v", err)
	}
}
