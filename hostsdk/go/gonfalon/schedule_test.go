package gonfalon

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestASchedulesEdgesAreEvents: whoever watches learns that a schedule opened or closed, and asking then shows it.
func TestASchedulesEdgesAreEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
		soon := `{"key": "soon", "gates": [{"type": "schedule", "from": "` + at(time.Hour) + `", "until": "` + at(2*time.Hour) + `"}]}`
		child := `{"key": "child", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "soon", "enabled": true}]}`
		start := time.Now()
		frames := make(chan []byte)
		c, err := New(t.Context(), Config{Bootstrap: compiled(t, 1, flagOn, soon, child), Source: channel(frames), Logger: quiet, ReadyWithin: -1, Usage: -1})
		if err != nil {
			t.Fatal(err)
		}
		type seen struct {
			at    time.Duration
			flags []string
			on    bool
		}
		events := make(chan seen, 64)
		defer c.Subscribe(func(e Event) {
			if e.Kind == FlagsChanged {
				events <- seen{time.Since(start), e.Flags, c.Enabled("child")}
			}
		})()
		is := func(want ...seen) {
			t.Helper()
			synctest.Wait()
			var all []seen
			for len(events) > 0 {
				all = append(all, <-events)
			}
			if !slices.EqualFunc(all, want, func(a, b seen) bool { return a.at == b.at && a.on == b.on && slices.Equal(a.flags, b.flags) }) {
				t.Errorf("it saw %v, want %v", all, want)
			}
		}
		time.Sleep(time.Hour - time.Microsecond)
		is()
		time.Sleep(time.Microsecond)
		is(seen{time.Hour, []string{"child", "soon"}, true})
		frames <- compiled(t, 2, flagOff, soon, child)
		is(seen{time.Hour, []string{"off", "on"}, true})
		time.Sleep(2 * time.Hour)
		is(seen{2 * time.Hour, []string{"child", "soon"}, false})
		c.Close()
	})
}

// TestAnEdgeWhileASnapshotIsLoaded: a schedule opens after the snapshot came, and before anybody looks at its schedules.
func TestAnEdgeWhileASnapshotIsLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := opens("late", 24*time.Hour)
		frames := make(chan []byte)
		c, err := New(t.Context(), Config{Engine: slow(time.Hour), Bootstrap: compiled(t, 1, late), Source: channel(frames), Logger: quiet, ReadyWithin: -1, Usage: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		told, end := changes(c)
		defer end()
		synctest.Wait()
		frames <- compiled(t, 2, flagOn, late, opens("soon", time.Hour))
		time.Sleep(time.Hour + lookAgain)
		synctest.Wait()
		if all := sorted(told); !slices.Equal(all, []string{"on soon", "soon"}) {
			t.Errorf("it told of %q", all)
		}
	})
}

// TestAnEdgeRightBeforeASnapshot: a schedule opens, and another snapshot comes before anybody looks at the clock.
func TestAnEdgeRightBeforeASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		soon := opens("soon", time.Hour)
		frames := make(chan []byte)
		c, err := New(t.Context(), Config{Bootstrap: compiled(t, 1, soon), Source: channel(frames), Logger: quiet, ReadyWithin: -1, Usage: -1, Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		told, end := changes(c)
		defer end()
		synctest.Wait()
		ahead.Store(int64(time.Hour))
		frames <- compiled(t, 2, flagOn, soon)
		synctest.Wait()
		if all := sorted(told); !slices.Equal(all, []string{"on", "soon"}) {
			t.Errorf("it told of %q", all)
		}
	})
}

// TestAClockThatWasAhead: a snapshot came while the clock was days ahead. Whoever listens once it is right is told of each edge
// when it comes.
func TestAClockThatWasAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		ahead.Store(int64(48 * time.Hour))
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		soon := opens("soon", time.Hour)
		frames := make(chan []byte)
		c, err := New(t.Context(), Config{Source: channel(frames), Logger: quiet, ReadyWithin: -1, Usage: -1, Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		frames <- compiled(t, 1, soon)
		synctest.Wait()
		ahead.Store(0)
		var told atomic.Int64
		defer c.Subscribe(func(Event) { told.Add(1) })()
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if n := told.Load(); n != 0 {
			t.Errorf("%d events before the schedule opens", n)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := told.Load(); n != 1 {
			t.Errorf("%d events, want one", n)
		}
	})
}

// opens returns a flag that a schedule turns on so long from now.
func opens(key string, in time.Duration) string {
	return `{"key": "` + key + `", "gates": [{"type": "schedule", "from": "` + time.Now().Add(in).UTC().Format(time.RFC3339) + `"}]}`
}

// changes returns the flags of each change that a client tells of, until end is called.
func changes(c *Client) (told chan string, end func()) {
	told = make(chan string, 8)
	return told, c.Subscribe(func(e Event) {
		if e.Kind == FlagsChanged {
			told <- strings.Join(e.Flags, " ")
		}
	})
}

// sorted returns what is in a channel.
func sorted(from chan string) (all []string) {
	for len(from) > 0 {
		all = append(all, <-from)
	}
	slices.Sort(all)
	return all
}

// slow is an engine that takes so long to load a snapshot.
type slow time.Duration

func (s slow) Load(data []byte) (Snapshot, error) {
	time.Sleep(time.Duration(s))
	return Native().Load(data)
}

// TestAClockThatIsSet: the events follow the client's own clock, also when it jumps.
func TestAClockThatIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now atomic.Pointer[time.Time]
		set := func(at time.Time) { now.Store(&at) }
		set(inside.AddDate(-1, 0, 0))
		c, err := New(t.Context(), Config{Bootstrap: compiled(t, 1, flagSoon), Logger: quiet, ReadyWithin: -1, Usage: -1, Clock: func() time.Time { return *now.Load() }})
		if err != nil {
			t.Fatal(err)
		}
		var events atomic.Int64
		defer c.Subscribe(func(Event) { events.Add(1) })()
		for _, years := range []int{1, 1, -1, -1, 1} {
			synctest.Wait()
			before := events.Load()
			set(now.Load().AddDate(years, 0, 0))
			time.Sleep(lookAgain)
			synctest.Wait()
			if got := events.Load() - before; got != 1 {
				t.Errorf("at %s there were %d events, want one", now.Load(), got)
			}
		}
		c.Close()
	})
}

// channel is a source of the frames that a test sends.
type channel chan []byte

func (ch channel) Run(ctx context.Context, feed *Feed) error {
	for {
		select {
		case frame := <-ch:
			if err := feed.Take(frame); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
