package flagtest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

func TestVerbs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	flags := flagtest.New(t, flagtest.Clock(func() time.Time { return now }))
	me := gonfalon.For("user:42")
	if flags.Enabled("checkout") || flags.State() != gonfalon.Ready {
		t.Errorf("a new test has flags, or is %s", flags.State())
	}
	is := func(want bool, key string, opts ...gonfalon.Option) {
		t.Helper()
		if flags.Enabled(key, opts...) != want {
			t.Errorf("%s is %t", key, !want)
		}
	}
	flags.Enable("checkout")
	is(true, "checkout")
	flags.Disable("checkout")
	is(false, "checkout")
	flags.Enable("checkout", flagtest.ForActor("user:42"), flagtest.ForGroup("staff"))
	is(true, "checkout", me)
	is(false, "checkout", gonfalon.For("user:1"))
	is(true, "checkout", gonfalon.InGroups("staff"))
	flags.Disable("checkout", flagtest.ForActor("user:42"))
	is(false, "checkout", me)
	flags.Enable("rule", flagtest.When("plan", "in", "pro", "team"), flagtest.ForPercentageOfActors(0.0001))
	is(true, "rule", gonfalon.With("plan", "team"))
	is(false, "rule", gonfalon.With("plan", "free"))
	flags.Enable("child", flagtest.Requires("rule"))
	flags.Enable("child")
	is(true, "child", gonfalon.With("plan", "pro"))
	is(false, "child")
	flags.Enable("segment", flagtest.ForSegment("adults")) // which comes later
	is(false, "segment", gonfalon.With("age", 20))
	flags.PutSegment(`{"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [18]}]}`)
	is(true, "segment", gonfalon.With("age", 20))
	flags.Serve("hero", "blue", map[string]any{"hex": "#00f"})
	if v := flags.Variant("hero", me); v != "blue" || string(flags.Payload("hero", me)) != `{"hex":"#00f"}` {
		t.Errorf("variant %q", v)
	}
	flags.Serve("hero", "green")
	if v := flags.Variant("hero", me); v != "green" {
		t.Errorf("variant %q", v)
	}
	flags.Enable("hero")
	flags.Kill("hero")
	is(false, "hero", gonfalon.Default(true))
	flags.Clear("hero")
	is(false, "hero", gonfalon.Default(true))
	if v := flags.Variant("hero", me, gonfalon.Default("none")); v != "none" {
		t.Errorf("variant %q of a flag that was cleared", v)
	}
	flags.Put(`{"key": "sale", "gates": [{"type": "schedule", "from": "2026-02-01T00:00:00Z", "until": null}]}`)
	is(false, "sale")
	now = now.AddDate(0, 2, 0)
	is(true, "sale")
}

func TestEachTestHasItsOwn(t *testing.T) {
	t.Parallel()
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			flags := flagtest.New(t)
			for round := range 20 {
				if on := (i+round)%2 == 0; on {
					flags.Enable("checkout")
				} else {
					flags.Disable("checkout")
				}
				if flags.Enabled("checkout") != ((i+round)%2 == 0) {
					t.Errorf("round %d: another test's flag", round)
				}
			}
		})
	}
}

func TestChangesFromManyGoroutines(t *testing.T) {
	t.Parallel()
	flags := flagtest.New(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			key := fmt.Sprint("flag", i)
			flags.Enable(key)
			if !flags.Enabled(key) {
				t.Errorf("%s isn't on when Enable returns", key)
			}
		})
	}
	all.Wait()
	if n := len(flags.DecideAll()); n != 8 {
		t.Errorf("%d flags", n)
	}
}

// shop is code that has a client of its own.
func shop(ctx context.Context, flags *gonfalon.Client) (answers []bool) {
	answers = make([]bool, 4)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = flags.Enabled("checkout", gonfalon.From(ctx), gonfalon.For(fmt.Sprint("user:", i)))
		})
	}
	all.Wait()
	return answers
}

func TestOverridesFollowTheContext(t *testing.T) {
	t.Parallel()
	global := flagtest.New(t)
	global.Enable("banner")
	flags := flagtest.New(t)
	flags.Enable("checkout", flagtest.ForActor("user:2"))
	ctx := flags.Context(t.Context())
	if got := fmt.Sprint(shop(ctx, global.Client)); got != "[false false true false]" {
		t.Error(got)
	}
	if got := fmt.Sprint(shop(t.Context(), global.Client)); got != "[false false false false]" {
		t.Errorf("others see it: %s", got)
	}
	if !global.Enabled("banner", gonfalon.From(ctx)) {
		t.Error("flags that the test doesn't set are gone")
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	global := flagtest.New(t)
	global.Enable("banner")
	flags := flagtest.New(t, flagtest.Strict())
	flags.Enable("checkout")
	if !flags.Enabled("checkout") {
		t.Error("off")
	}
	for name, ask := range map[string]func(){
		"its client":       func() { flags.Enabled("chekout") },
		"another's client": func() { global.Enabled("banner", gonfalon.From(flags.Context(t.Context()))) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "is not a flag of this test") || !strings.Contains(got, `"checkout"`) {
					t.Errorf("it says %s", got)
				}
			}()
			ask()
		})
	}
}

// failing is a test that notes what is fatal.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}

func TestWhatCannotBeIsFatal(t *testing.T) {
	t.Parallel()
	for want, wrong := range map[string]func(*flagtest.Flags){
		"can't be a key":       func(f *flagtest.Flags) { f.Enable("not/a/key") },
		"disable works":        func(f *flagtest.Flags) { f.Disable("a", flagtest.When("a", "eq", 1)) },
		"between 0 and 1":      func(f *flagtest.Flags) { f.Enable("a", flagtest.ForPercentageOfActors(1.5)) },
		"flagtest: Put: ":      func(f *flagtest.Flags) { f.Put(`{"key": "a", "gates": [{"type": "wish"}]}`) },
		"flagtest: PutSegment": func(f *flagtest.Flags) { f.PutSegment(`[]`) },
		"flagtest: hero":       func(f *flagtest.Flags) { f.Serve("hero", "a", []int{1}) },
		"flagtest: hero: json": func(f *flagtest.Flags) { f.Serve("hero", "a", make(chan int)) },
	} {
		f := &failing{TB: t}
		flags := flagtest.New(f)
		func() {
			defer func() {
				if recover() != f {
					t.Errorf("%s: it isn't fatal", want)
				}
			}()
			wrong(flags)
		}()
		if !strings.Contains(f.said, want) {
			t.Errorf("it says %q, which isn't %q", f.said, want)
		}
		if len(flags.Keys()) != 0 {
			t.Errorf("%s: %q", want, flags.Keys())
		}
	}
}
