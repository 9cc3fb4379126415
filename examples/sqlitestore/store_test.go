package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/controlplane/storetest"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func open(t *testing.T, file string) *Store {
	t.Helper()
	s, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, filepath.Join(t.TempDir(), "flags.db")) })
}

// TestSweep sweeps what nobody can read any more, and nothing else.
func TestSweep(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "flags.db"))
	defer func() { _ = s.Close() }()
	commit := func(ops ...store.Op) int64 {
		r, err := s.Commit(t.Context(), store.Txn{Ops: ops})
		if err != nil || !r.Committed {
			t.Fatal(r, err)
		}
		return r.Revision
	}
	first := commit(store.Op{Key: "old", Value: []byte("1")}, store.Op{Key: "gone", Value: []byte("1")})
	commit(store.Op{Key: "gone", Delete: true})
	if _, err := s.writer.ExecContext(t.Context(), "UPDATE state SET revision = ?", 3*keptRevisions); err != nil {
		t.Fatal(err)
	}
	last := commit(store.Op{Key: "new", Value: []byte("1")})
	page, err := s.Read(t.Context(), store.Range{From: "!", To: "~"})
	if err != nil || fmt.Sprint(len(page.Entries), page.Entries[0].Key, page.Entries[1].Key, page.Revision) != fmt.Sprint(2, "new", "old", last) {
		t.Errorf("%+v, %v", page, err)
	}
	if _, err := s.Read(t.Context(), store.Range{From: "old", At: first}); !errors.Is(err, store.ErrCompacted) {
		t.Errorf("a read of the distant past: %v", err)
	}
	for _, err := range s.Watch(t.Context(), first) {
		if !errors.Is(err, store.ErrCompacted) {
			t.Errorf("a watch from the distant past: %v", err)
		}
		break
	}
	var rows int
	if err := s.writer.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM entries").Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d rows are left, %v", rows, err)
	}
}

// TestServe changes a flag over HTTP, starts again, and finds it.
func TestServe(t *testing.T) {
	const token = "the-token-of-the-example"
	file := filepath.Join(t.TempDir(), "flags.db")
	with := func(do func(*apiclient.Client)) {
		ctx, stop := context.WithCancel(t.Context())
		address, ended := make(chan string, 1), make(chan error, 1)
		go func() { ended <- serve(ctx, file, "127.0.0.1:0", token, func(a string) { address <- a }) }()
		select {
		case a := <-address:
			do(apiclient.New(a, token))
		case err := <-ended:
			t.Fatal(err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	with(func(c *apiclient.Client) {
		if _, err := c.Enable(t.Context(), "default", "new_checkout", flagset.ForGroup("staff"), apiclient.WriteOptions{Reason: "first wave"}); err != nil {
			t.Fatal(err)
		}
	})
	with(func(c *apiclient.Client) {
		if f, err := c.Flag(t.Context(), "default", "new_checkout"); err != nil || len(f.Gates) != 1 {
			t.Errorf("%+v %v", f, err)
		}
	})
}
