package openfeature_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
)

func set(t *testing.T, provider *openfeature.Provider) (*of.EvaluationAPI, *of.Client) {
	t.Helper()
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Shutdown(context.Background()) })
	return api, api.NewClient()
}

func TestContextsMerge(t *testing.T) {
	api, client := set(t, openfeature.NewProvider(seeded(t).Client))
	ctx := t.Context()
	on := func(key string, evaluation of.EvaluationContext) bool {
		return client.Boolean(ctx, key, false, evaluation)
	}
	api.SetEvaluationContext(of.NewEvaluationContext("user:1", map[string]any{"age": 65, "email": "nobody@none.com"}))
	client.SetEvaluationContext(of.NewTargetlessEvaluationContext(map[string]any{"email": "ada@example.com"}))
	if !on("for-adults", of.EvaluationContext{}) || !on("for-mail", of.EvaluationContext{}) {
		t.Error("a level is lost")
	}
	if on("for-adults", of.NewTargetlessEvaluationContext(map[string]any{"age": 3})) || !on("for-actor", of.NewEvaluationContext("user:42", nil)) {
		t.Error("the invocation doesn't win")
	}
	for _, groups := range []any{[]string{"staff"}, []any{"sales", "staff"}, "staff", []any{"staff", 1, nil}} {
		if !on("staff", of.NewTargetlessEvaluationContext(map[string]any{"groups": groups})) {
			t.Errorf("%#v are no groups", groups)
		}
	}
	for _, groups := range []any{"sales", []any{"sales", 1}, 5, nil} {
		if on("staff", of.NewTargetlessEvaluationContext(map[string]any{"groups": groups})) {
			t.Errorf("%#v are groups", groups)
		}
	}
	ctx = gonfalon.Remember(ctx, gonfalon.For("user:42"))
	if d, _ := client.BooleanValueDetails(ctx, "for-actor", false, of.EvaluationContext{}); d.Value {
		t.Error("the targeting key doesn't win over what is remembered")
	}
}

func TestEvents(t *testing.T) {
	flags := seeded(t)
	api, client := set(t, openfeature.NewProvider(flags.Client))
	changed := make(chan []string, 64)
	callback := func(e of.EventDetails) { changed <- e.FlagChanges }
	api.AddHandler(of.ProviderConfigChange, &callback)
	flags.Disable("plain")
	for keys := range changed {
		if slices.Contains(keys, "plain") {
			break
		}
	}
	if client.State() != of.ReadyState || client.Boolean(t.Context(), "plain", true, of.EvaluationContext{}) {
		t.Errorf("%s", client.State())
	}
}

// TestASchedulesEdgesAreEvents: a page that waits for changes evaluates again when a schedule opens.
func TestASchedulesEdgesAreEvents(t *testing.T) {
	var now atomic.Pointer[time.Time]
	set1 := func(at time.Time) { now.Store(&at) }
	set1(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	flags := flagtest.New(t, flagtest.Clock(func() time.Time { return *now.Load() }))
	flags.Put(`{"key": "sale", "gates": [{"type": "schedule", "from": "2026-02-01T00:00:00Z", "until": null}]}`)
	flags.Enable("banner", flagtest.Requires("sale"))
	flags.Enable("banner")
	api, client := set(t, openfeature.NewProvider(flags.Client))
	changed := make(chan []string, 64)
	callback := func(e of.EventDetails) { changed <- e.FlagChanges }
	api.AddHandler(of.ProviderConfigChange, &callback)
	set1(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	for keys := range changed {
		if slices.Equal(keys, []string{"banner", "sale"}) {
			break
		}
	}
	if !client.Boolean(t.Context(), "banner", false, of.EvaluationContext{}) {
		t.Error("what the event announced isn't so")
	}
}

// line is a source that a test cuts and mends.
type line chan error

func (l line) Run(ctx context.Context, feed *gonfalon.Feed) error {
	for {
		feed.Confirm()
		select {
		case err := <-l:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestAnOutageIsStale(t *testing.T) {
	l := make(line)
	flags := client(t, gonfalon.Config{Bootstrap: seeded(t).Snapshot(), Source: l, Grace: -1})
	if err := flags.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	api, of1 := set(t, openfeature.NewProvider(flags))
	seen := make(chan of.EventType, 64)
	for _, kind := range []of.EventType{of.ProviderStale, of.ProviderReady} {
		callback := func(of.EventDetails) { seen <- kind }
		api.AddHandler(kind, &callback)
	}
	l <- errors.New("cut")
	for kind := range seen {
		if kind == of.ProviderStale {
			break
		}
	}
	if err := eventually(func() bool { return of1.State() == of.ReadyState }); err != nil { // it mends itself
		t.Error(err)
	}
}

func TestHooksAndTracking(t *testing.T) {
	w := &world{order: new([]string)}
	tracked := 0.0
	_, client := set(t, openfeature.NewProvider(seeded(t).Client, openfeature.Hooks(w.recorder("provider")), openfeature.Track(func(_ context.Context, event string, e of.EvaluationContext, d of.TrackingEventDetails) {
		if event != "checkout" || e.TargetingKey() != "user:42" {
			t.Errorf("%s by %s", event, e.TargetingKey())
		}
		tracked = d.Value()
	})))
	client.Boolean(t.Context(), "plain", false, of.EvaluationContext{})
	if err := errors.Join(w.executed("before"), w.executed("finally")); err != nil {
		t.Error(err)
	}
	client.Track(t.Context(), "checkout", of.NewEvaluationContext("user:42", nil), of.NewTrackingEventDetails(9.5))
	if tracked != 9.5 {
		t.Errorf("tracked %v", tracked)
	}
	_, other := set(t, openfeature.NewProvider(seeded(t).Client))
	other.Track(t.Context(), "checkout", of.EvaluationContext{}, of.NewTrackingEventDetails(1))
}

func TestShutdown(t *testing.T) {
	flags := flagtest.New(t)
	flags.Enable("plain")
	p := openfeature.NewProvider(flags.Client, openfeature.Owned())
	if p.Metadata().Name != "gonfalon" {
		t.Errorf("%+v", p.Metadata())
	}
	for range 2 {
		if err := p.Init(of.EvaluationContext{}); err != nil {
			t.Fatal(err)
		}
		p.Shutdown()
		p.Shutdown()
	}
	if err := p.ShutdownWithContext(t.Context()); err != nil {
		t.Error(err)
	}
	if !flags.Enabled("plain") {
		t.Error("a client that is closed doesn't answer")
	}
}

func TestInitialisationHasADeadline(t *testing.T) {
	p := openfeature.NewProvider(client(t, gonfalon.Config{Source: silent{}}), openfeature.InitWithin(time.Millisecond))
	err := p.InitWithContext(t.Context(), of.EvaluationContext{})
	if failed, ok := errors.AsType[*of.ProviderInitError](err); !ok || failed.ErrorCode != of.ProviderNotReadyCode {
		t.Errorf("%v", err)
	}
}
