package gonfalon

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// logged is a client of the usual flags, and its log.
func logged(t *testing.T, config Config) (*Client, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	config.Logger, config.ReadyWithin = slog.New(slog.NewTextHandler(&log, nil)), -1
	config.Bootstrap = compiled(t, 1, flags...)
	c, err := New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return c, &log
}

func TestMistakesAreCountedAndLoggedOnce(t *testing.T) {
	c, log := logged(t, Config{})
	for range 3 {
		c.Enabled("mispelt", Default(true))
		c.Variant("mispelt too")
		c.Enabled("on", For(true))
		c.Enabled("on", Prepare(For(42.5)))
		c.Enabled("on", ContextOf(map[string]any{"groups": []any{"staff", 5}}))
		c.Enabled("on", ContextOf(map[string]any{"targetingKey": "user:1", "groups": 5}))
		c.AppendAll(nil, []string{"mispelt", "on"})
	}
	// A decision is counted once, and each decision of a prepared context.
	c.Enabled("group", ContextOf(map[string]any{"targetingKey": true, "groups": 5}))
	c.Decide("group", ContextOf(map[string]any{"targetingKey": true}), For(&wild{}))
	c.AppendAll(nil, []string{"on", "on", "on"}, Prepare(For(true)))
	c.Explain("on", Prepare(For(true)))
	c.Explain("mispelt")
	c.Enabled("on", For((*user)(nil)), ContextOf(nil), ContextOf(map[string]any{"groups": nil, "targetingKey": nil}))
	c.Close()
	if s := c.Stats(); s.Unknown != 10 || s.Unreadable != 18 || s.Broken != 0 {
		t.Errorf("%d unknown, %d unreadable, %d broken", s.Unknown, s.Unreadable, s.Broken)
	}
	for what, want := range map[string]int{"flag=mispelt\n": 1, `flag="mispelt too"`: 1, "type bool": 1, "type float64": 1, "among the groups names no group": 1, "level=WARN": 6, "panicked": 1} {
		if got := strings.Count(log.String(), what); got != want {
			t.Errorf("%q is logged %d times, want %d:\n%s", what, got, want, log)
		}
	}
}

func TestMistakesDoNotFillTheLog(t *testing.T) {
	c, log := logged(t, Config{})
	for i := range 2 * maxLogged {
		c.Enabled(fmt.Sprintf("mispelt-%d-%s", i, strings.Repeat("x", 10_000)))
	}
	c.Close()
	if got := strings.Count(log.String(), "no such flag"); got != maxLogged {
		t.Errorf("%d lines", got)
	}
}

// failing is an engine that can't decide.
type failing struct{ Engine }

type failingSnapshot struct{ Snapshot }

var errBroken = errors.New("it broke")

func (e failing) Load(data []byte) (Snapshot, error) {
	s, err := e.Engine.Load(data)
	return failingSnapshot{s}, err
}

func (failingSnapshot) Decide(int32, *engine.Input, *engine.Decision) error { return errBroken }

func (failingSnapshot) DecideAll([]int32, *engine.Input, []engine.Decision) error { return errBroken }

func TestAFailingEngineIsGENERAL(t *testing.T) {
	c, log := logged(t, Config{Engine: failing{Native()}})
	d := c.Decide("on")
	all := c.AppendAll(nil, []string{"on"})
	x := c.Explain("on")
	for _, d := range []Decision{d, all[0], x.Decision} {
		if r := d.Resolve(); r.Error != ErrorGeneral || d.Reason != engine.ReasonNotReady || !errors.Is(d.Err, errBroken) {
			t.Errorf("%+v is %+v", d, r)
		}
	}
	if !c.Enabled("on", Default(true)) || c.Enabled("on") {
		t.Error("it isn't the default")
	}
	c.Close()
	if s := c.Stats(); s.Broken != 5 || strings.Count(log.String(), "level=ERROR") != 1 {
		t.Errorf("%d broken:\n%s", s.Broken, log)
	}
}

// wild has methods that panic, on a nil pointer and on any other.
type wild struct{ name *string }

func (w wild) ActorID() string              { return *w.name }
func (w *wild) InGroup(string) bool         { return *w.name == "" }
func (w wild) MarshalText() ([]byte, error) { return []byte(*w.name), nil }

type wildText struct{ name *string }

func (w wildText) MarshalText() ([]byte, error) { return []byte(*w.name), nil }

// circle is a pointer that may point to itself.
type circle *circle

func TestNothingThatIsHandedInPanics(t *testing.T) {
	c := booted(t, flags...)
	self := map[string]any{}
	self["self"] = self
	var nobody Actor
	var pointer *wild
	loop := any(nil)
	loop = &loop
	var ring circle
	ring = &ring
	for _, v := range []any{
		nil, nobody, pointer, &pointer, (*wildText)(nil), (*string)(nil), (*time.Time)(nil), (func())(nil), (map[string]any)(nil), (chan int)(nil), wild{}, &wild{}, wildText{}, &wildText{}, self, loop, ring, &ring,
		struct{}{}, &struct{}{}, func() {}, make(chan int), complex(1, 1), math.NaN(), math.Inf(-1), []any{self}, [3]byte{}, errBroken, t,
	} {
		opts := []Option{For(v), With("x", v), With("plan", v), Attributes(map[string]any{"y": v, "plan": v}), ContextOf(map[string]any{"targetingKey": v, "groups": v, "plan": v})}
		for _, key := range []string{"actor", "group", "child", "half", "rule", "hero", "nobody"} {
			for i := range opts {
				d := c.Decide(key, opts[i])
				if d.Enabled && key != "hero" {
					t.Errorf("%s is on for %T: %+v", key, v, d)
				}
				c.Enabled(key, Prepare(opts[i]))
				c.Explain(key, opts[i])
			}
		}
		c.DecideAll(opts...)
	}
	if d := c.Decide("group", For(&wild{})); !errors.Is(d.Err, ErrContext) {
		t.Errorf("a member that panics: %+v", d)
	}
	if d := c.Decide("on", For(&wild{})); d.Err != nil || !d.Enabled {
		t.Errorf("a member that panics where groups don't matter: %+v", d)
	}
	for _, d := range c.DecideAll(For(&wild{})) {
		if errors.Is(d.Err, ErrContext) != (d.Key == "group" || d.Key == "child") {
			t.Errorf("in a batch %s is %+v", d.Key, d)
		}
	}
}
