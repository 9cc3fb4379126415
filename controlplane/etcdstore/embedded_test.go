package etcdstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

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

// TestAFullEmbeddedEtcdKeepsAReserve: what is urgent still goes, and once something is deleted everything does, without
// a restart.
func TestAFullEmbeddedEtcdKeepsAReserve(t *testing.T) {
	dir := t.TempDir()
	s, err := etcdstore.OpenEmbedded(t.Context(), etcdstore.Embedded{Dir: dir, Quota: 32 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	put := func(key string, size int, urgent bool) error {
		_, err := s.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: key, Value: make([]byte, size)}}, Urgent: urgent})
		return err
	}
	n := 0
	for ; err == nil && n < 1000; n++ {
		err = put(fmt.Sprint("a", n), 1<<18, false)
	}
	if !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("more than fits: %v", err)
	}
	usage, err := s.Usage(t.Context())
	if err != nil || usage.Quota != 32<<20 || usage.Used < usage.Quota/5*4 {
		t.Fatalf("usage %+v, %v", usage, err)
	}
	for i := range 20 {
		if err := put("kill", 1<<10, true); err != nil {
			t.Fatalf("urgent write %d: %v", i, err)
		}
	}
	// What is urgent can fill it too. Then etcd raises its alarm, and only deletions go.
	for err = nil; err == nil; n++ {
		err = put(fmt.Sprint("a", n), 1<<18, true)
	}
	if !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("more than the reserve: %v", err)
	}
	if _, err := s.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: "a", Delete: true, To: "b"}}, Urgent: true}); err != nil {
		t.Fatalf("a deletion: %v", err)
	}
	deadline := time.Now().Add(time.Minute)
	for err = put("z", 1, false); err != nil && time.Now().Before(deadline); err = put("z", 1, false) {
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Errorf("with room again: %v", err)
	}
}
