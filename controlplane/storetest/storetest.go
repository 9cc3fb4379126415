// Package storetest is the contract of store.Store as tests. Run it if you bring your own store:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return mystore.Open(t.TempDir()) })
//	}
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// patience is how long a test waits for something that must happen, which is far longer than any store takes.
const patience = 30 * time.Second

// Run runs the suite. open returns a new, empty store each time; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"reads what was put", testPut},
		{"guards", testGuards},
		{"a transaction is whole", testWhole},
		{"deletes", testDeletes},
		{"pages", testPages},
		{"reads the past", testPast},
		{"watches", testWatch},
		{"watches from the past", testWatchPast},
		{"a watch from the future is refused", testWatchFuture},
		{"a watch ends with its context", testWatchEnds},
		{"a quiet watch says that it is there", testWatchBeat},
		{"respects its limits", testLimits},
		{"counters lose no increment", testCounters},
		{"a replica agrees with the store", testReplica},
		{"ends calls with their context", testContext},
		{"closes", testClose},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := open(t)
			t.Cleanup(func() {
				if err := store.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			t.Cleanup(cancel)
			test.run(t, &suite{t, ctx, store})
		})
	}
}

type suite struct {
	*testing.T
	ctx   context.Context
	store store.Store
}

func put(key, value string) store.Op {
	return store.Op{Key: key, Value: []byte(value)}
}

func (s *suite) commit(guards []store.Guard, ops ...store.Op) store.Result {
	s.Helper()
	result, err := s.store.Commit(s.ctx, store.Txn{Guards: guards, Ops: ops})
	if err != nil {
		s.Fatalf("Commit: %v", err)
	}
	return result
}

// must commits operations, and fails the test if they are not committed.
func (s *suite) must(ops ...store.Op) int64 {
	s.Helper()
	result := s.commit(nil, ops...)
	if !result.Committed || result.Revision <= 0 {
		s.Fatalf("Commit gave %+v", result)
	}
	return result.Revision
}

func (s *suite) read(r store.Range) store.Page {
	s.Helper()
	page, err := s.store.Read(s.ctx, r)
	if err != nil {
		s.Fatalf("Read(%+v): %v", r, err)
	}
	return page
}

// want compares the entries of a range in the form "key=value".
func (s *suite) want(r store.Range, entries ...string) store.Page {
	s.Helper()
	page := s.read(r)
	var got []string
	for _, e := range page.Entries {
		got = append(got, e.Key+"="+string(e.Value))
	}
	if !slices.Equal(got, entries) {
		s.Fatalf("Read(%+v) gave %q, want %q", r, got, entries)
	}
	return page
}

var all = store.Range{From: "!", To: "~"}

func testPut(t *testing.T, s *suite) {
	s.want(all)
	first := s.must(put("a", "1"), put("b/x", ""))
	page := s.want(all, "a=1", "b/x=")
	if page.Revision < first || page.Entries[0].Revision != first || page.Entries[1].Revision != first {
		t.Fatalf("put at %d, read %+v", first, page)
	}
	second := s.must(put("a", "2"))
	if second <= first {
		t.Fatalf("revision %d came after %d", second, first)
	}
	page = s.want(store.Range{From: "a"}, "a=2")
	if page.Entries[0].Revision != second {
		t.Fatalf("put at %d, read %+v", second, page)
	}
	s.want(store.Range{From: "b"})
	s.want(store.Range{From: "b", To: "c"}, "b/x=")
	s.want(store.Range{From: "a", To: "b/x"}, "a=2")
	value := make([]byte, 1000)
	for i := range value {
		value[i] = byte(i)
	}
	s.must(store.Op{Key: "binary", Value: value})
	if got := s.read(store.Range{From: "binary"}).Entries[0].Value; !bytes.Equal(got, value) {
		t.Fatalf("a binary value came back as %x", got)
	}
}

func testGuards(t *testing.T, s *suite) {
	absent := []store.Guard{{Key: "a"}}
	first := s.commit(absent, put("a", "1"))
	if !first.Committed {
		t.Fatal("an absent key is not absent")
	}
	if s.commit(absent, put("a", "2")).Committed {
		t.Fatal("a present key is absent")
	}
	s.want(all, "a=1")
	second := s.commit([]store.Guard{{Key: "a", Revision: first.Revision}}, put("a", "2"))
	if !second.Committed {
		t.Fatal("the guard on the newest revision does not hold")
	}
	if s.commit([]store.Guard{{Key: "a", Revision: first.Revision}}, put("a", "3")).Committed {
		t.Fatal("the guard on an older revision holds")
	}
	if s.commit([]store.Guard{{Key: "a", Revision: second.Revision}, {Key: "b", Revision: 1}}, put("a", "3")).Committed {
		t.Fatal("one of two guards is enough")
	}
	s.want(all, "a=2")
	s.must(store.Op{Key: "a", Delete: true})
	if !s.commit(absent, put("a", "4")).Committed {
		t.Fatal("a deleted key is not absent")
	}
	if !s.commit([]store.Guard{{Key: "elsewhere"}}, put("b", "1"), store.Op{Key: "a", Delete: true}).Committed {
		t.Fatal("a guard on another key does not hold")
	}
	s.want(all, "b=1")
}

func testWhole(t *testing.T, s *suite) {
	s.must(put("x", "0"), put("y", "0"))
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := range 25 {
				v := fmt.Sprintf("%d-%d", n, i)
				if _, err := s.store.Commit(s.ctx, store.Txn{Ops: []store.Op{put("x", v), put("y", v)}}); err != nil {
					t.Errorf("Commit: %v", err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for {
		page := s.read(all)
		x, y := page.Entries[0], page.Entries[1]
		if !bytes.Equal(x.Value, y.Value) || x.Revision != y.Revision {
			t.Fatalf("a transaction was seen in part: %s at %d, %s at %d", x.Value, x.Revision, y.Value, y.Revision)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func testDeletes(t *testing.T, s *suite) {
	s.must(put("a", "1"), put("a/1", "1"), put("a/2", "1"), put("a/3", "1"), put("b", "1"))
	s.must(store.Op{Key: "a/2", Delete: true})
	s.want(all, "a=1", "a/1=1", "a/3=1", "b=1")
	s.must(store.Op{Key: "a/", Delete: true, To: "a0"}, put("c", "1"))
	s.want(all, "a=1", "b=1", "c=1")
	if !s.commit(nil, store.Op{Key: "missing", Delete: true}, store.Op{Key: "m", Delete: true, To: "n"}).Committed {
		t.Fatal("deleting what is not there is not committed")
	}
	s.want(all, "a=1", "b=1", "c=1")
}

func testPages(t *testing.T, s *suite) {
	var want []string
	for i := range 25 {
		key := fmt.Sprintf("k/%03d", i)
		s.must(put(key, "v"))
		want = append(want, key+"=v")
	}
	page := s.want(store.Range{From: "k/", To: "k0", Limit: 10}, want[:10]...)
	if !page.More {
		t.Fatal("there is more, and the page does not say so")
	}
	s.must(put("k/005x", "late"), store.Op{Key: "k/015", Delete: true})
	r := store.Range{From: page.Entries[9].Key + "\x00", To: "k0", Limit: 15, At: page.Revision}
	if page = s.want(r, want[10:]...); page.More {
		t.Fatal("there is no more, and the page says so")
	}
	if page.Revision != r.At {
		t.Fatalf("a page as of %d says it is of %d", r.At, page.Revision)
	}
	for _, e := range s.read(store.Range{From: "k/", To: "k0", KeysOnly: true}).Entries {
		if len(e.Value) != 0 || e.Revision == 0 {
			t.Fatalf("keys only gave %+v", e)
		}
	}
}

func testPast(t *testing.T, s *suite) {
	first := s.must(put("a", "1"))
	second := s.must(put("a", "2"), put("b", "2"))
	third := s.must(store.Op{Key: "a", Delete: true})
	s.want(store.Range{From: all.From, To: all.To, At: first}, "a=1")
	s.want(store.Range{From: all.From, To: all.To, At: second}, "a=2", "b=2")
	s.want(store.Range{From: all.From, To: all.To, At: third}, "b=2")
}

func testLimits(t *testing.T, s *suite) {
	limits := s.store.Limits()
	if limits.Ops < 16 || limits.Bytes < 256<<10 {
		t.Fatalf("the limits %+v are below the least that the control plane can do with", limits)
	}
	var ops []store.Op
	for i := range limits.Ops {
		ops = append(ops, put(fmt.Sprintf("k%06d", i), "v"))
	}
	s.must(ops...)
	full := store.Op{Key: "full", Value: make([]byte, limits.Bytes-100)}
	s.must(full)
	for name, txn := range map[string]store.Txn{
		"operations": {Ops: append(ops, put("one more", "v"))},
		"bytes":      {Ops: []store.Op{{Key: "large", Value: make([]byte, 4*limits.Bytes)}}},
	} {
		if _, err := s.store.Commit(s.ctx, txn); !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("too many %s: %v", name, err)
		}
	}
	s.want(store.Range{From: "large"})
}
