package wasmengine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// duration is how long the hammer swings: GONFALON_HAMMER=10s go test -race -run Hammer ./hostsdk/go/wasmengine
func duration(t *testing.T) time.Duration {
	if text := os.Getenv("GONFALON_HAMMER"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("GONFALON_HAMMER: %v", err)
		}
		return d
	}
	return time.Second
}

// TestHammer has readers, swaps and traps at once. Each snapshot's flag says its revision, so that a reader sees what is wrong:
// an answer of no snapshot, one that goes back, one that isn't there.
func TestHammer(t *testing.T) {
	const readers = 4
	e := trapper(t, Config{Instances: 2})
	set := func(revision int) []byte {
		return compiled(t, int64(revision), strings.Replace(flags, `"name": "a", "weight": 1`, fmt.Sprintf(`"name": "a", "weight": 1, "payload": %d`, revision), 1))
	}
	frames := make(chan []byte)
	c, err := gonfalon.New(t.Context(), gonfalon.Config{Bootstrap: set(1), Source: gonfalon.InProcess(feed(frames)), Engine: e, Logger: quiet, ReadyWithin: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var (
		stop          = make(chan struct{})
		all           sync.WaitGroup
		reads, deaths atomic.Int64
		bad           = deadly()
	)
	for range readers {
		all.Go(func() {
			last := int64(0)
			context := gonfalon.Prepare(gonfalon.For("user:42"), gonfalon.With("age", 30))
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch n := c.PayloadInt("killed", context); {
				case n < last:
					t.Errorf("revision %d after %d", n, last)
					return
				case n > last:
					last = n
				}
				if !c.Enabled("on", context) || c.Enabled("off", context, gonfalon.Default(true)) || !c.Enabled("segment", context) {
					t.Error("a wrong answer")
					return
				}
				if d := c.DecideAll(context); len(d) != 12 || !d[9].Known() {
					t.Errorf("%d decisions", len(d))
					return
				}
				reads.Add(1)
				if rand.IntN(50) == 0 {
					c.Enabled("half", gonfalon.For(bad.Actor))
					deaths.Add(1)
				}
			}
		})
	}
	base := set(1)
	swap := func(revision int) {
		next := set(revision)
		frame := next
		if revision%2 == 0 {
			if frame, err = snapshot.Delta(base, next); err != nil {
				t.Error(err)
			}
		}
		frames <- frame
		base = next
	}
	revision := 2
	for ; revision < 20; revision++ {
		swap(revision)
	}
	before := heap()
	for end := time.Now().Add(duration(t)); time.Now().Before(end) && !t.Failed(); revision++ {
		swap(revision)
	}
	after := heap()
	close(stop)
	all.Wait()
	swap(revision)
	swap(revision + 1)
	if got := e.Stats(); got.Traps < deaths.Load() || got.Instances > 4 || got.Snapshots > 2 {
		t.Errorf("%+v", got)
	}
	if c.Stats().Refused != 0 || c.Stats().Broken != deaths.Load() {
		t.Errorf("%+v, %d deaths", c.Stats(), deaths.Load())
	}
	if after > before+before/2+16<<20 {
		t.Errorf("memory grew from %d to %d bytes", before, after)
	}
	t.Logf("%d reads, %d swaps, %d traps, heap from %d to %d KiB", reads.Load(), revision, deaths.Load(), before>>10, after>>10)
}

// heap is what is alive.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	debug.FreeOSMemory()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestRetirementAfterTheLastCall(t *testing.T) {
	e := made(t, Config{Instances: 1})
	s, err := e.Load(compiled(t, 1, flags))
	if err != nil {
		t.Fatal(err)
	}
	p := s.(*pool)
	at, err := p.acquire() // a call that has begun
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	go func() { waiting <- s.Decide(0, &engine.Input{}, &engine.Decision{}) }()
	for p.waiters.Load() == 0 {
		runtime.Gosched()
	}
	s.Retire()
	if err := <-waiting; !errors.Is(err, gonfalon.ErrRetired) {
		t.Errorf("a call that waited: %v", err)
	}
	var d engine.Decision
	if err := at.instance.decide(s.Find("on"), &engine.Input{}, &d); err != nil || !d.Enabled {
		t.Errorf("the call that had begun: %+v, %v", d, err)
	}
	if n := e.Stats().Instances; n != 1 {
		t.Errorf("%d instances", n)
	}
	p.release(at, nil)
	if n := e.Stats().Instances; n != 0 {
		t.Errorf("%d instances after the last call", n)
	}
	if err := s.Decide(0, &engine.Input{}, &d); !errors.Is(err, gonfalon.ErrRetired) {
		t.Errorf("a call after the last: %v", err)
	}
}

func TestCompiledCodeIsKept(t *testing.T) {
	dir := t.TempDir()
	e := made(t, Config{Cache: dir})
	loaded(t, e, compiled(t, 1, flags))
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		t.Errorf("nothing is in the cache: %v", err)
	}
	blocked := dir + "/file"
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), Config{Cache: blocked + "/cache"}); err == nil {
		t.Error("a cache that can't be written is no error")
	}
}
