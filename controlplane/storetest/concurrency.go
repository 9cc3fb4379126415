package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

func testCounters(t *testing.T, s *suite) {
	const workers, each = 4, 10
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for n := 0; n < each; {
				page, err := s.store.Read(s.ctx, store.Range{From: "counter"})
				if err != nil {
					t.Errorf("Read: %v", err)
					return
				}
				value, revision := 0, int64(0)
				if len(page.Entries) > 0 {
					_, _ = fmt.Sscan(string(page.Entries[0].Value), &value)
					revision = page.Entries[0].Revision
				}
				result, err := s.store.Commit(s.ctx, store.Txn{
					Guards: []store.Guard{{Key: "counter", Revision: revision}},
					Ops:    []store.Op{put("counter", fmt.Sprint(value+1))},
				})
				if err != nil {
					t.Errorf("Commit: %v", err)
					return
				}
				if result.Committed {
					n++
				}
			}
		})
	}
	wg.Wait()
	s.want(all, fmt.Sprintf("counter=%d", workers*each))
}

// testReplica follows random transactions by a watch alone, and compares the result with the store's own answers.
func testReplica(t *testing.T, s *suite) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	start := s.read(all).Revision
	last := start
	for range 60 {
		ops := map[string]store.Op{}
		for range 1 + random.IntN(4) {
			key := fmt.Sprintf("k%02d", random.IntN(12))
			if random.IntN(3) == 0 {
				ops[key] = store.Op{Key: key, Delete: true}
			} else {
				ops[key] = put(key, fmt.Sprint(random.IntN(1000)))
			}
		}
		var list []store.Op
		for _, op := range ops {
			list = append(list, op)
		}
		last = s.must(list...)
	}
	last = max(last, s.must(put("end", "")))
	replica := map[string]string{}
	for batch, err := range s.store.Watch(s.ctx, start) {
		if err != nil {
			t.Fatalf("Watch: %v", err)
		}
		for _, e := range batch.Events {
			if e.Deleted {
				delete(replica, e.Key)
			} else {
				replica[e.Key] = string(e.Value)
			}
		}
		if len(batch.Events) == 0 {
			continue
		}
		var want []string
		for key, value := range replica {
			want = append(want, key+"="+value)
		}
		slices.Sort(want)
		s.want(store.Range{From: all.From, To: all.To, At: batch.Revision}, want...)
		if batch.Revision == last {
			return
		}
	}
}

func testContext(t *testing.T, s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if _, err := s.store.Read(ctx, all); !errors.Is(err, context.Canceled) {
		t.Errorf("Read with an ended context: %v", err)
	}
	if _, err := s.store.Commit(ctx, store.Txn{Ops: []store.Op{put("a", "1")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit with an ended context: %v", err)
	}
}

func testClose(t *testing.T, s *suite) {
	at := s.must(put("a", "1"))
	usage, err := s.store.Usage(s.ctx)
	if err != nil || usage.Used <= 0 {
		t.Errorf("Usage: %+v, %v", usage, err)
	}
	stands, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() {
		var last error
		for _, err := range s.store.Watch(s.ctx, at) {
			last = err
			stands <- struct{}{}
		}
		ended <- last
	}()
	<-stands
	if err := s.store.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if _, err := s.store.Read(s.ctx, all); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Read of a closed store: %v", err)
	}
	if _, err := s.store.Commit(s.ctx, store.Txn{Ops: []store.Op{put("a", "1")}}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Commit to a closed store: %v", err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("a watch of a closed store ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("a watch does not end when the store is closed")
	}
}
