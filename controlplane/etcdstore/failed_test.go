package etcdstore

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// TestAnEtcdThatStops stops the etcd in this process behind the store's back. Every call ends at once and says so, also one
// that waits for a lock of etcd's, and so does Close.
func TestAnEtcdThatStops(t *testing.T) {
	s, err := OpenEmbedded(t.Context(), Embedded{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ends := make(chan error, 2)
	began := make(chan struct{})
	go func() {
		var last error
		for _, err := range s.Watch(ctx, 0) {
			if last == nil && err == nil {
				close(began)
			}
			last = err
		}
		ends <- last
	}()
	<-began
	stuck := make(chan struct{})
	defer close(stuck)
	go func() {
		_, err := await(s, func() (int, error) { <-stuck; return 0, nil })
		ends <- err
	}()
	s.own.Server.HardStop()
	for range 2 {
		if err := <-ends; !errors.Is(err, store.ErrFailed) {
			t.Errorf("what was under way: %v", err)
		}
	}
	_, read := s.Read(ctx, store.Range{From: "a"})
	_, commit := s.Commit(ctx, store.Txn{Ops: []store.Op{{Key: "a", Value: []byte("b")}}})
	_, usage := s.Usage(ctx)
	for what, err := range map[string]error{"a read": read, "a commit": commit, "the usage": usage} {
		if !errors.Is(err, store.ErrFailed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := ctx.Err(); err != nil {
		t.Error(err)
	}
}
