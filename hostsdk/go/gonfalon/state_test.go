package gonfalon

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// script is a source that a test speaks through: each function runs with the client's feed, until one gives an error.
type script chan func(*Feed) error

func (s script) Run(ctx context.Context, feed *Feed) error {
	for {
		select {
		case f := <-s:
			if err := f(feed); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// say is run by the source, and waited for.
func (s script) say(f func(*Feed) error) {
	done := make(chan struct{})
	s <- func(feed *Feed) error {
		defer close(done)
		return f(feed)
	}
	<-done
	synctest.Wait()
}

var errGone = errors.New("the line is cut")

func take(frame []byte) func(*Feed) error {
	return func(f *Feed) error { return f.Take(frame) }
}

func cut(*Feed) error { return errGone }

func confirm(f *Feed) error {
	f.Confirm()
	return nil
}

// scripted is a client with a source of the test's, within a synctest bubble.
func scripted(t *testing.T, config Config) (*Client, script, *[]State) {
	t.Helper()
	s := make(script)
	states := &[]State{}
	config.Source, config.Logger, config.ReadyWithin = s, quiet, -1
	config.Hooks = append(config.Hooks, Hook{Changed: func(e Event) {
		if e.Kind == StateChanged {
			*states = append(*states, e.State)
		}
	}})
	c, err := New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, s, states
}

func TestStatesFollowTheSource(t *testing.T) {
	one := compiled(t, 1, flagOn)
	synctest.Test(t, func(t *testing.T) {
		c, s, states := scripted(t, Config{})
		defer c.Close()
		if c.State() != NotReady {
			t.Fatal(c.State())
		}
		s.say(cut)
		if c.State() != NotReady {
			t.Errorf("a lost connection makes an empty client %s", c.State())
		}
		s.say(func(*Feed) error { return &RefusedError{Status: 401} })
		if c.State() != Error {
			t.Errorf("a refusal makes an empty client %s", c.State())
		}
		s.say(take(one))
		if c.State() != Ready {
			t.Fatal(c.State())
		}
		s.say(cut)
		time.Sleep(DefaultGrace - time.Millisecond)
		if c.State() != Ready {
			t.Errorf("within its grace it is %s", c.State())
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if c.State() != Stale || !c.Enabled("on") {
			t.Errorf("after its grace it is %s", c.State())
		}
		s.say(confirm)
		if c.State() != Ready {
			t.Errorf("a sign of life makes it %s", c.State())
		}
		s.say(func(*Feed) error { return &RefusedError{Status: 403} })
		time.Sleep(DefaultGrace)
		synctest.Wait()
		if c.State() != Stale {
			t.Errorf("a refusal makes a client that has flags %s", c.State())
		}
		if want := []State{Error, Ready, Stale, Ready, Stale}; !slices.Equal(*states, want) {
			t.Errorf("it announced %v, want %v", *states, want)
		}
	})
}

func TestTimeToLive(t *testing.T) {
	one := compiled(t, 1, flagOn)
	synctest.Test(t, func(t *testing.T) {
		c, s, _ := scripted(t, Config{TTL: time.Minute})
		defer c.Close()
		s.say(take(one))
		time.Sleep(59 * time.Second)
		s.say(confirm)
		time.Sleep(59 * time.Second)
		if c.State() != Ready || c.Stats().Age != 59*time.Second {
			t.Errorf("%+v", c.Stats())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if c.State() != Stale || !c.Enabled("on") {
			t.Errorf("past its time to live it is %s", c.State())
		}
		s.say(take(one)) // the same again is a sign of life
		if c.State() != Ready || c.Stats().Taken != 1 {
			t.Errorf("%+v", c.Stats())
		}
	})
}

func TestALostSourceIsTriedAgainWithPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Time
		c, err := New(t.Context(), Config{ReadyWithin: -1, Logger: quiet, Source: run(func(context.Context, *Feed) error {
			tries = append(tries, time.Now())
			return errGone
		})})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		c.Close()
		if n := len(tries); n < 15 || n > 60 {
			t.Errorf("%d tries in ten minutes", n)
		}
		for i := range tries[1:] {
			if pause := tries[i+1].Sub(tries[i]); pause < shortestPause/2 || pause > longestPause*3/2 {
				t.Errorf("pause %d is %s", i, pause)
			}
		}
		if c.Stats().Lost != int64(len(tries)) {
			t.Errorf("%+v", c.Stats())
		}
	})
}

// run is a source that is one function.
type run func(context.Context, *Feed) error

func (r run) Run(ctx context.Context, feed *Feed) error { return r(ctx, feed) }

func TestNewWaits(t *testing.T) {
	one, two := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagOff)
	later := func(after time.Duration, f func(*Feed) error) Source {
		return run(func(ctx context.Context, feed *Feed) error {
			select {
			case <-time.After(after):
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := f(feed); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		})
	}
	for _, test := range []struct {
		name   string
		config Config
		waits  time.Duration
		state  State
	}{
		{"for the source", Config{Source: later(2*time.Second, take(one))}, 2 * time.Second, Ready},
		{"no longer than it may", Config{Source: later(time.Hour, take(one)), ReadyWithin: 3 * time.Second}, 3 * time.Second, NotReady},
		{"not at all", Config{Source: later(time.Hour, take(one)), ReadyWithin: -1}, 0, NotReady},
		{"for what is newer than the bootstrap", Config{Bootstrap: one, Source: later(time.Second, take(two))}, time.Second, Ready},
		{"until the source fails, with a bootstrap", Config{Bootstrap: one, Source: later(time.Second, cut)}, time.Second, Stale},
		{"through failures, without", Config{Source: later(time.Second, cut)}, DefaultReadyWithin, NotReady},
		{"no longer than for a refusal", Config{Source: later(time.Second, func(*Feed) error { return &RefusedError{Status: 401} })}, time.Second, Error},
		{"not for a bootstrap alone", Config{Bootstrap: one}, 0, Ready},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.config.Logger = quiet
				start := time.Now()
				c, err := New(t.Context(), test.config)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if waited := time.Since(start); waited != test.waits {
					t.Errorf("it waited %s, want %s", waited, test.waits)
				}
				if c.State() != test.state {
					t.Errorf("it is %s, want %s", c.State(), test.state)
				}
			})
		})
	}
	t.Run("as long as its caller", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if c, err := New(ctx, Config{Source: later(time.Hour, cut), Logger: quiet}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, %v", c, err)
			}
		})
	})
	t.Run("and more is waited for by WaitReady", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, err := New(t.Context(), Config{Source: later(time.Hour, take(one)), Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.WaitReady(t.Context()); err != nil || c.State() != Ready {
				t.Errorf("%v, %s", err, c.State())
			}
		})
	})
}

func TestConfigsThatCannotWork(t *testing.T) {
	for name, config := range map[string]Config{
		"nothing":           {},
		"no address":        {Endpoint: "flags.example.com"},
		"another protocol":  {Endpoint: "ftp://flags.example.com"},
		"a broken address":  {Endpoint: "http://[::1"},
		"a broken snapshot": {Bootstrap: []byte("snapshot")},
		"another's":         {Bootstrap: compiled(t, 1, flagOn), Environment: "staging"},
	} {
		if c, err := New(t.Context(), config); err == nil {
			c.Close()
			t.Errorf("%s: no error", name)
		}
	}
}
