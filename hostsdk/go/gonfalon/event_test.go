package gonfalon

import (
	"strings"
	"testing"
	"time"
)

func TestAListenerThatPanicsKeepsNobodyFromHearing(t *testing.T) {
	heard := make(chan Event, 16)
	c, log := logged(t, Config{Hooks: []Hook{{Changed: func(Event) { panic("hook") }, Evaluated: func(Evaluation) { panic("watcher") }}}})
	c.Subscribe(func(Event) { panic("subscriber") })
	c.Subscribe(nil)
	c.Subscribe(func(e Event) { heard <- e })
	for revision := int64(2); revision <= 3; revision++ {
		if err := (&Feed{client: c}).Take(compiled(t, revision, flagOff)); err != nil {
			t.Fatal(err)
		}
		for e := range heard {
			if e.Kind == FlagsChanged && e.Info.Position.Revision == revision {
				break
			}
		}
	}
	if c.Enabled("off") {
		t.Error("it decides wrongly")
	}
	c.Close()
	for _, what := range []string{"hook", "watcher", "subscriber"} {
		if n := strings.Count(log.String(), "panic="+what); n != 1 {
			t.Errorf("%s is logged %d times:\n%s", what, n, log)
		}
	}
}

func TestListenersComeAndGoWhileTheyAreCalled(t *testing.T) {
	c := booted(t, flagOn)
	var stopSecond, stopThird func()
	heard := make(chan string, 16)
	c.Subscribe(func(e Event) {
		if e.Kind == FlagsChanged {
			stopSecond()
			stopThird()
			c.Subscribe(func(Event) { heard <- "late" })
			heard <- "first"
		}
	})
	stopSecond = c.Subscribe(func(Event) { heard <- "second" })
	stopThird = c.Subscribe(func(Event) { heard <- "third" })
	c.Close() // what is said of the start is heard
	for len(heard) > 0 {
		<-heard
	}
	c.deliver(Event{Kind: FlagsChanged})
	c.deliver(Event{Kind: StateChanged})
	if got := []string{<-heard, <-heard}; got[0] != "first" || got[1] != "late" || len(heard) != 0 {
		t.Errorf("%q, and %d more", got, len(heard))
	}
}

func TestAListenerThatNeverEndsKeepsNobodyFromClosing(t *testing.T) {
	c := booted(t, flagOn)
	never, entered := make(chan struct{}), make(chan struct{}, 16)
	defer close(never)
	c.Subscribe(func(Event) {
		entered <- struct{}{}
		<-never
	})
	if err := (&Feed{client: c}).Take(compiled(t, 2, flagOff)); err != nil {
		t.Fatal(err)
	}
	<-entered
	start := time.Now()
	c.Close()
	if took := time.Since(start); took > 10*time.Second || c.Enabled("on") {
		t.Errorf("it took %s", took)
	}
}

func TestAListenerMayCloseItsClient(t *testing.T) {
	c := booted(t, flagOn)
	closed := make(chan error, 16)
	c.Subscribe(func(Event) { closed <- c.Close() })
	if err := (&Feed{client: c}).Take(compiled(t, 2, flagOff)); err != nil {
		t.Fatal(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
