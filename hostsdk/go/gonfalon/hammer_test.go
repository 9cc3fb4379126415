package gonfalon

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHammer has readers of one context, of many, of a request's memory, and changes at once. GONFALON_HAMMER says how long.
func TestHammer(t *testing.T) {
	length := time.Second
	if text := os.Getenv("GONFALON_HAMMER"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("GONFALON_HAMMER: %v", err)
		}
	}
	numbered := func(n int) []byte {
		return compiled(t, int64(n), flagOn, flagOff, flagChild, flagGroup, strings.ReplaceAll(flagHero, `{"hex": "#00f"}`, fmt.Sprint(n)))
	}
	p := newPlane(t)
	seen := make(chan Event, 1024)
	c, s := p.client(t, numbered(1), func(config *Config) {
		config.Hooks = []Hook{{Evaluated: func(Evaluation) {}, Changed: func(e Event) { seen <- e }}}
		config.LastGood = t.TempDir() + "/flags"
		config.Usage = 10 * time.Millisecond
	})
	go func() {
		for range p.usage {
		}
	}()
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for reader := range 4 {
		readers.Go(func() {
			context := Prepare(For(user{id: fmt.Sprint("user:", reader), groups: map[string]bool{"staff": true}}))
			for last := int64(0); ; {
				select {
				case <-stop:
					return
				default:
				}
				n := c.PayloadInt("hero", context)
				if n < last || !c.Enabled("on") || c.Enabled("off", context) || !c.Enabled("child", context, With("n", last)) {
					t.Errorf("a wrong answer, or revision %d after %d", n, last)
					return
				}
				ctx := Remember(t.Context(), context)
				if first := c.PayloadInt("hero", From(ctx)); c.PayloadInt("hero", From(ctx)) != first {
					t.Error("an answer changed within a request")
					return
				}
				if d := c.DecideAll(context); len(d) != 5 {
					t.Errorf("%d decisions", len(d))
					return
				}
				last = n
			}
		})
	}
	base, revision := numbered(1), 2
	for end := time.Now().Add(length); time.Now().Before(end) && !t.Failed(); revision++ {
		next := numbered(revision)
		s.event(t, "delta", delta(t, base, next))
		base = next
		for e := range seen {
			if e.Kind == FlagsChanged && e.Info.Position.Revision == int64(revision) {
				break
			}
		}
	}
	close(stop)
	readers.Wait()
	if s := c.Stats(); s.Refused != 0 || s.Broken != 0 || s.Taken != int64(revision-1) {
		t.Errorf("%+v after %d revisions", s, revision-1)
	}
}
