package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// watch collects as many batches as wanted. It leaves out batches without events.
func (s *suite) watch(after int64, want int) []store.Batch {
	s.Helper()
	var got []store.Batch
	last := after
	for batch, err := range s.store.Watch(s.ctx, after) {
		if err != nil {
			s.Fatalf("Watch: %v", err)
		}
		if len(batch.Events) == 0 {
			if batch.Revision < last {
				s.Fatalf("a batch without events went back from %d to %d", last, batch.Revision)
			}
			continue
		}
		if batch.Revision <= last {
			s.Fatalf("revision %d came after %d", batch.Revision, last)
		}
		last = batch.Revision
		if got = append(got, batch); len(got) == want {
			break
		}
	}
	if len(got) < want {
		s.Fatalf("%d batches came, want %d", len(got), want)
	}
	return got
}

// text returns a batch in a form to compare. It ignores the order of events, since those of one transaction have none.
func text(b store.Batch) string {
	var parts []string
	for _, e := range b.Events {
		if e.Deleted {
			parts = append(parts, "-"+e.Key)
		} else {
			parts = append(parts, e.Key+"="+string(e.Value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func testWatch(t *testing.T, s *suite) {
	start := s.must(put("before", "1"))
	stands := make(chan struct{})
	got := make(chan string, 10)
	go func() {
		defer close(got)
		n := 0
		for batch, err := range s.store.Watch(s.ctx, start) {
			if err != nil {
				t.Errorf("Watch: %v", err)
				return
			}
			if len(batch.Events) == 0 {
				select {
				case <-stands:
				default:
					close(stands)
				}
				continue
			}
			got <- text(batch)
			if n++; n == 3 {
				return
			}
		}
	}()
	select {
	case <-stands:
	case <-time.After(patience):
		t.Fatal("the watch does not say that it stands")
	}
	s.must(put("a", "1"), put("b", "1"))
	s.must(put("a", "2"), store.Op{Key: "b", Delete: true})
	s.must(put("c", ""))
	for _, want := range []string{"a=1 b=1", "-b a=2", "c="} {
		select {
		case batch := <-got:
			if batch != want {
				t.Fatalf("the watch gave %q, want %q", batch, want)
			}
		case <-time.After(patience):
			t.Fatalf("the watch does not give %q", want)
		}
	}
}

func testWatchPast(t *testing.T, s *suite) {
	first := s.must(put("a", "1"))
	second := s.must(put("a", "2"), put("b", "2"))
	third := s.must(store.Op{Key: "a", Delete: true, To: "c"})
	got := s.watch(first, 2)
	if text(got[0]) != "a=2 b=2" || got[0].Revision != second || text(got[1]) != "-a -b" || got[1].Revision != third {
		t.Fatalf("the watch gave %+v", got)
	}
}

func testWatchFuture(t *testing.T, s *suite) {
	at := s.must(put("a", "1"))
	for _, err := range s.store.Watch(s.ctx, at+1000) {
		if !errors.Is(err, store.ErrCompacted) {
			t.Fatalf("a watch from the future: %v", err)
		}
		return
	}
	t.Fatal("a watch from the future ends without an error")
}

func testWatchEnds(t *testing.T, s *suite) {
	at := s.must(put("a", "1"))
	ctx, cancel := context.WithCancel(s.ctx)
	ended := make(chan error, 1)
	stands := make(chan struct{}, 100)
	go func() {
		var last error
		for _, err := range s.store.Watch(ctx, at) {
			last = err
			stands <- struct{}{}
		}
		ended <- last
	}()
	<-stands
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("the watch ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the watch does not end with its context")
	}
}

// testWatchBeat: silence would be taken for a lost store.
func testWatchBeat(t *testing.T, s *suite) {
	after := s.must(store.Op{Key: "a", Value: []byte("1")})
	ctx, cancel := context.WithTimeout(s.ctx, 4*store.WatchBeat)
	defer cancel()
	last, beats := time.Now(), 0
	for batch, err := range s.store.Watch(ctx, after) {
		if err != nil {
			t.Fatal(err)
		}
		if gap := time.Since(last); gap > store.WatchBeat+time.Second {
			t.Errorf("nothing came for %v", gap)
		}
		if last = time.Now(); len(batch.Events) > 0 || batch.Revision < after {
			t.Errorf("%+v came, though nothing was written", batch)
		}
		if beats++; beats == 3 {
			return
		}
	}
	t.Errorf("only %d batches came", beats)
}
