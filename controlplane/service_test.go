package controlplane_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const env = controlplane.DefaultEnvironment

// by is the options of most writes.
var by = controlplane.WriteOptions{By: "ada"}

// open opens a service for one test. It makes a store unless the configuration names one.
func open(t testing.TB, c controlplane.Config) *controlplane.Service {
	t.Helper()
	if c.Store == nil {
		db := memstore.New()
		t.Cleanup(func() { _ = db.Close() })
		c.Store = db
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := controlplane.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		sound(t, c.Store)
	})
	return s
}

// sound fails the test if the walker finds something in a store that must not be there, or is missing.
func sound(t testing.TB, s store.Store) {
	t.Helper()
	for v, err := range controlplane.Check(context.Background(), s) {
		if err != nil {
			if !errors.Is(err, store.ErrClosed) { // by the test itself
				t.Error(err)
			}
		} else if !v.Litter {
			t.Error(v)
		}
	}
}

// enabled decides a flag for an actor.
func enabled(t testing.TB, s *controlplane.Service, key, actor string, at api.At) bool {
	t.Helper()
	e, err := s.Evaluate(t.Context(), env, key, api.Query{Actor: &actor, Revision: at.Revision, Time: at.Time})
	if err != nil {
		t.Fatal(err)
	}
	return e.Enabled
}

// want fails the test unless an error has this code.
func want(t testing.TB, err error, code api.Code) {
	t.Helper()
	if controlplane.CodeOf(err) != code {
		t.Fatalf("got %v (code %q), want code %q", err, controlplane.CodeOf(err), code)
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestOpenMakesTheDefaultEnvironmentAndAnAdminToken(t *testing.T) {
	store := memstore.New()
	s := open(t, controlplane.Config{Store: store})
	envs := must[[]api.Environment](t)(s.Environments(t.Context()))
	if len(envs) != 1 || envs[0].Key != env {
		t.Fatalf("environments %+v", envs)
	}
	token := must[api.Token](t)(s.Authenticate(s.InitialToken()))
	if !token.Allows(api.PermitAdmin, "") {
		t.Fatalf("the first token is %+v", token)
	}
	again := open(t, controlplane.Config{Store: store})
	if again.InitialToken() != "" {
		t.Fatal("a second start made another admin token")
	}
	must[api.Token](t)(again.Authenticate(s.InitialToken()))
}

func TestReplicasThatStartTogetherMakeOneToken(t *testing.T) {
	store := memstore.New()
	made := make(chan string, 5)
	for range cap(made) {
		go func() {
			s, err := controlplane.Open(context.Background(), controlplane.Config{Store: store, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				made <- ""
				return
			}
			made <- s.InitialToken()
			_ = s.Close()
		}()
	}
	secrets := ""
	for range cap(made) {
		secrets += <-made
	}
	s := open(t, controlplane.Config{Store: store})
	must[api.Token](t)(s.Authenticate(secrets)) // it is one
	if f := must[[]api.FailedWrite](t)(s.Failures(t.Context(), controlplane.AuditQuery{})); len(f) != 0 {
		t.Errorf("starting together left refusals: %+v", f)
	}
	if e := must[api.Environment](t)(s.GetEnvironment(t.Context(), env)); e.Revision != 1 {
		t.Errorf("the default environment is at revision %d", e.Revision)
	}
}

func TestWriteIsSeenByTheNextRead(t *testing.T) {
	s := open(t, controlplane.Config{})
	r := must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, "f", flagset.ForActor("u"), by))
	if !r.Created || !r.Changed || !r.Enabled {
		t.Fatalf("result %+v", r)
	}
	if !enabled(t, s, "f", "u", api.At{}) || enabled(t, s, "f", "v", api.At{}) {
		t.Fatal("the decision is not the flag's")
	}
	p := must[*controlplane.Snapshot](t)(s.Snapshot(t.Context(), env))
	if p.Position().Revision != r.Revision {
		t.Fatalf("the snapshot is at %v, the write at %d", p.Position(), r.Revision)
	}
}
