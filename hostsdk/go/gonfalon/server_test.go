package gonfalon_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// Over HTTP, in three ways: the stream, polling, and what was last good while the server is down. Usage finds its way back.
func TestServer(t *testing.T) {
	ctx, quiet := t.Context(), slog.New(slog.DiscardHandler)
	store := memstore.New()
	defer store.Close()
	plane, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Close()
	handler := httpapi.New(plane, httpapi.Config{Logger: quiet, Heartbeat: 50 * time.Millisecond})
	server := httptest.NewServer(handler)
	by := controlplane.WriteOptions{By: "me"}
	token, err := plane.CreateToken(ctx, api.NewToken{Name: "shop", Role: api.RoleSDK, Envs: []string{"default"}}, by)
	if err != nil {
		t.Fatal(err)
	}
	enable := func(key string) int64 {
		t.Helper()
		written, err := plane.Enable(ctx, "default", key, flagset.Scope{}, by)
		if err != nil {
			t.Fatal(err)
		}
		return written.Revision
	}
	lastGood := filepath.Join(t.TempDir(), "flags")
	open := func(source gonfalon.Source) *gonfalon.Client {
		t.Helper()
		flags, err := gonfalon.New(ctx, gonfalon.Config{Endpoint: server.URL, Token: token.Secret, Source: source, LastGood: lastGood, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { flags.Close() })
		return flags
	}

	enable("first")
	streamed, polled := open(nil), open(gonfalon.Poll(10*time.Millisecond))
	if !streamed.Enabled("first") || streamed.State() != gonfalon.Ready || !polled.Enabled("first") {
		t.Fatalf("streamed %+v, polled %+v", streamed.Stats(), polled.Stats())
	}
	for range 20 {
		key := rand.Text()
		if err := streamed.WaitFor(ctx, enable(key)); err != nil || !streamed.Enabled(key) {
			t.Fatalf("what was waited for isn't there (%v)", err)
		}
	}
	revision := enable("second")
	for _, flags := range []*gonfalon.Client{streamed, polled} {
		if err := flags.WaitFor(ctx, revision); err != nil || !flags.Enabled("second") {
			t.Fatalf("what was waited for isn't there (%v)", err)
		}
	}
	late, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := streamed.WaitFor(late, revision+1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for what isn't written: %v", err)
	}
	if stats := streamed.Stats(); stats.Refused != 0 || stats.Lost != 0 {
		t.Errorf("%+v", stats)
	}

	streamed.Close() // reports usage for the last time
	if flag, err := plane.GetFlag(ctx, "default", "second"); err != nil || flag.Evaluations == 0 || flag.LastEvaluated.IsZero() {
		t.Errorf("usage is lost: %d evaluations, %v", flag.Evaluations, err)
	}
	polled.Close()
	server.CloseClientConnections()
	server.Close()
	restarted := open(nil)
	if !restarted.Enabled("second") || restarted.State() != gonfalon.Stale {
		t.Errorf("%+v", restarted.Stats())
	}
}
