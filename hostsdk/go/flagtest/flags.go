package flagtest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/internal/strict"
)

// Flags is a client whose flags a test sets. A change has taken effect when the method that makes it returns. Any
// number of goroutines may evaluate flags; an invalid change calls t.Fatal, so make changes on the test's own
// goroutine.
type Flags struct {
	*gonfalon.Client

	t      testing.TB
	strict bool
	frames chan frame

	mu       sync.Mutex
	set      flagset.Set
	revision int64
}

// frame is a snapshot on its way, and where to say that it has come.
type frame struct {
	data []byte
	done chan error
}

// Option configures what New returns.
type Option func(*Flags, *gonfalon.Config)

// Strict makes the evaluation of a flag that the test hasn't set panic, so that no test passes because of a misspelt
// key.
func Strict() Option {
	return func(f *Flags, config *gonfalon.Config) {
		f.strict = true
		config.Hooks = append(config.Hooks, gonfalon.Hook{Evaluated: func(e gonfalon.Evaluation) {
			if e.Decision.Reason == engine.ReasonUnknownFlag {
				panic(strict.Violation(fmt.Sprintf("flagtest: %q is not a flag of this test, which has %q", e.Decision.Key, f.keys())))
			}
		}})
	}
}

// Engine decides by another engine than the native one.
func Engine(e gonfalon.Engine) Option {
	return func(_ *Flags, config *gonfalon.Config) { config.Engine = e }
}

// Hook adds a hook, which sees what the code under test evaluates.
func Hook(h gonfalon.Hook) Option {
	return func(_ *Flags, config *gonfalon.Config) { config.Hooks = append(config.Hooks, h) }
}

// Clock sets the time for schedules.
func Clock(now func() time.Time) Option {
	return func(_ *Flags, config *gonfalon.Config) { config.Clock = now }
}

// New returns a client without flags. It is closed when the test ends.
func New(t testing.TB, options ...Option) *Flags {
	t.Helper()
	f := &Flags{t: t, frames: make(chan frame)}
	config := gonfalon.Config{Source: f, Logger: slog.New(slog.DiscardHandler), Usage: -1}
	for _, option := range options {
		option(f, &config)
	}
	config.Bootstrap = f.compile()
	config.ReadyWithin = -1
	var err error
	if f.Client, err = gonfalon.New(t.Context(), config); err != nil {
		t.Fatalf("flagtest: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.publish()
	return f
}

// Run is the source of the test's client.
func (f *Flags) Run(ctx context.Context, feed *gonfalon.Feed) error {
	for {
		select {
		case next := <-f.frames:
			next.done <- feed.Take(next.data)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Context makes ctx one in which gonfalon.From(ctx) asks these flags first, whatever client is asked. With Strict,
// flags that the test hasn't set panic there too.
func (f *Flags) Context(ctx context.Context) context.Context {
	if f.strict {
		return gonfalon.OverrideAll(ctx, f.Client)
	}
	return gonfalon.Override(ctx, f.Client)
}

// Scope says what a change of a flag applies to.
type Scope = flagset.Scope

// ForActor returns the scope of one actor.
func ForActor(key string) Scope { return flagset.ForActor(key) }

// ForGroup returns the scope of a group.
func ForGroup(name string) Scope { return flagset.ForGroup(name) }

// ForPercentageOfActors returns the scope of a share of the actors, in (0, 1).
func ForPercentageOfActors(ratio float64) Scope { return flagset.ForPercentageOfActors(ratio) }

// ForPercentageOfTime returns the scope of a share of the decisions, in (0, 1).
func ForPercentageOfTime(ratio float64) Scope { return flagset.ForPercentageOfTime(ratio) }

// When returns the scope of contexts whose attribute compares this way. FORMAT.md of engine/snapshot lists the
// operators.
func When(attribute, operator string, values ...any) Scope {
	return flagset.When(flagset.Constraint{Attribute: attribute, Operator: operator, Values: values})
}

// ForSegment returns the scope of a segment, which PutSegment sets.
func ForSegment(key string) Scope { return flagset.ForSegment(key) }

// Requires returns the scope of contexts for which another flag is on.
func Requires(flag string) Scope { return flagset.Requires(flag, true) }

// Enable turns a flag on, for everyone or for these scopes. It creates the flag if there is none.
func (f *Flags) Enable(key string, scopes ...Scope) {
	f.t.Helper()
	f.each(key, scopes, flagset.Enable)
}

// Disable turns a flag off, for everyone or for these scopes. Other gates still grant it; Kill and Clear end them.
func (f *Flags) Disable(key string, scopes ...Scope) {
	f.t.Helper()
	f.each(key, scopes, flagset.Disable)
}

func (f *Flags) each(key string, scopes []Scope, verb func(flagset.Flag, flagset.Scope) (flagset.Flag, []flagset.Problem)) {
	f.t.Helper()
	if len(scopes) == 0 {
		scopes = []Scope{{}}
	}
	f.change(key, func(flag flagset.Flag) (flagset.Flag, []flagset.Problem) {
		for _, scope := range scopes {
			var problems []flagset.Problem
			if flag, problems = verb(flag, scope); flagset.Err(problems) != nil {
				return flag, problems
			}
		}
		return flag, nil
	})
}

// Serve serves one variant to every actor, with a payload if there is one: a boolean, string, number, or a value that
// encodes to a JSON object.
func (f *Flags) Serve(key, variant string, payload ...any) {
	f.t.Helper()
	v := map[string]any{"name": variant, "weight": 1}
	if len(payload) > 0 {
		v["payload"] = payload[0]
	}
	gate, err := json.Marshal(map[string]any{"key": key, "gates": []any{map[string]any{"type": "variant", "variants": []any{v}}}})
	if err != nil {
		f.t.Fatalf("flagtest: %s: %v", key, err)
	}
	parsed, problems := flagset.ParseFlag(gate)
	f.fatal(key, problems)
	f.change(key, func(flag flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.PutVariants(flag, parsed.Gates[0].Variants)
	})
}

// Kill turns a flag off, whatever its gates say.
func (f *Flags) Kill(key string) {
	f.t.Helper()
	f.change(key, func(flag flagset.Flag) (flagset.Flag, []flagset.Problem) { return flagset.Kill(flag, nil) })
}

// Put sets a flag from its document, in JSON. It can have every kind of gate.
func (f *Flags) Put(document string) {
	f.t.Helper()
	parsed, problems := flagset.ParseFlag([]byte(document))
	f.fatal("Put", problems)
	f.change(parsed.Key, func(flagset.Flag) (flagset.Flag, []flagset.Problem) { return parsed, flagset.ValidateFlag(&parsed) })
}

// PutSegment sets a segment from its document, in JSON.
func (f *Flags) PutSegment(document string) {
	f.t.Helper()
	parsed, problems := flagset.ParseSegment([]byte(document))
	f.fatal("PutSegment", problems)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.Segments = append(slices.DeleteFunc(f.set.Segments, func(s flagset.Segment) bool { return s.Key == parsed.Key }), parsed)
	f.set = *f.set.Sorted()
	f.publish()
}

// Clear removes a flag.
func (f *Flags) Clear(key string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.Flags = slices.DeleteFunc(f.set.Flags, func(flag flagset.Flag) bool { return flag.Key == key })
	f.publish()
}

// change makes one flag another, and waits until it decides so.
func (f *Flags) change(key string, verb func(flagset.Flag) (flagset.Flag, []flagset.Problem)) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	flag := flagset.Flag{Key: key}
	if known := f.set.Flag(key); known != nil {
		flag = *known
	}
	flag, problems := verb(flag)
	if flagset.Err(problems) == nil {
		problems = flagset.ValidateFlag(&flag)
	}
	f.fatal(key, problems)
	f.set.Flags = append(slices.DeleteFunc(f.set.Flags, func(old flagset.Flag) bool { return old.Key == key }), flag)
	f.set = *f.set.Sorted()
	f.publish()
}

func (f *Flags) fatal(what string, problems []flagset.Problem) {
	f.t.Helper()
	if err := flagset.Err(problems); err != nil {
		f.t.Fatalf("flagtest: %s: %v", what, err)
	}
}

// publish hands the flags to the client, and waits until it serves them. The lock is held. References to flags and
// segments that come later are inert until then.
func (f *Flags) publish() {
	f.t.Helper()
	next := frame{f.compile(), make(chan error, 1)}
	select {
	case f.frames <- next:
	case <-f.t.Context().Done():
		return // the test is over
	}
	if err := <-next.done; err != nil {
		f.t.Fatalf("flagtest: %v", err)
	}
}

func (f *Flags) compile() []byte {
	f.t.Helper()
	f.revision++
	data, problems := snapshot.Compile(snapshot.Header{Environment: gonfalon.DefaultEnvironment, Revision: f.revision}, &f.set, snapshot.Tolerant)
	if err := flagset.Err(problems); err != nil {
		f.t.Fatalf("flagtest: %v", err)
	}
	return data
}

func (f *Flags) keys() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := make([]string, len(f.set.Flags))
	for i := range f.set.Flags {
		keys[i] = f.set.Flags[i].Key
	}
	return strings.Join(keys, ", ")
}
