package controlplane_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const env = controlplane.DefaultEnvironment

// by are the options of most writes.
var by = controlplane.WriteOptions{By: "ada"}

// open opens a service for one test, on a store of its own unless the configuration names one.
func open(t testing.TB, c controlplane.Config) *controlplane.Service {
	t.Helper()
	if c.Store == nil {
		store := memstore.New()
		t.Cleanup(func() { _ = store.Close() })
		c.Store = store
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := controlplane.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// enabled decides a flag for an actor.
func enabled(t testing.TB, s *controlplane.Service, key, actor string, at controlplane.At) bool {
	t.Helper()
	e, err := s.Evaluate(t.Context(), env, key, controlplane.Query{Actor: &actor, At: at})
	if err != nil {
		t.Fatal(err)
	}
	return e.Enabled
}

// want fails unless an error has a code.
func want(t testing.TB, err error, code controlplane.Code) {
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
	envs := must[[]controlplane.Environment](t)(s.Environments(t.Context()))
	if len(envs) != 1 || envs[0].Key != env {
		t.Fatalf("environments %+v", envs)
	}
	token := must[controlplane.Token](t)(s.Authenticate(s.InitialToken()))
	if !token.Allows(controlplane.PermitAdmin, "") {
		t.Fatalf("the first token is %+v", token)
	}
	again := open(t, controlplane.Config{Store: store})
	if again.InitialToken() != "" {
		t.Fatal("a second start made another admin token")
	}
	must[controlplane.Token](t)(again.Authenticate(s.InitialToken()))
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
	must[controlplane.Token](t)(s.Authenticate(secrets)) // it is one
	if f := must[[]controlplane.FailedWrite](t)(s.Failures(t.Context(), controlplane.AuditQuery{})); len(f) != 0 {
		t.Errorf("starting together left refusals: %+v", f)
	}
	if e := must[controlplane.Environment](t)(s.GetEnvironment(t.Context(), env)); e.Revision != 1 {
		t.Errorf("the default environment is at revision %d", e.Revision)
	}
}

func TestWriteIsSeenByTheNextRead(t *testing.T) {
	s := open(t, controlplane.Config{})
	r := must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, "f", flagset.ForActor("u"), by))
	if !r.Created || !r.Changed || !r.Enabled {
		t.Fatalf("result %+v", r)
	}
	if !enabled(t, s, "f", "u", controlplane.At{}) || enabled(t, s, "f", "v", controlplane.At{}) {
		t.Fatal("the decision is not the flag's")
	}
	p := must[*controlplane.Snapshot](t)(s.Snapshot(t.Context(), env))
	if p.Position().Revision != r.Revision {
		t.Fatalf("the snapshot is at %v, the write at %d", p.Position(), r.Revision)
	}
}
