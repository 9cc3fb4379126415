package gonfalon_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// TestWhatTheControlPlaneNeverHadIsCorrected: a copy on disk that has a later revision, or other flags at the same, gives way
// within seconds, by every source.
func TestWhatTheControlPlaneNeverHadIsCorrected(t *testing.T) {
	ctx, quiet := t.Context(), slog.New(slog.DiscardHandler)
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	plane, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plane.Close() })
	server := httptest.NewServer(httpapi.New(plane, httpapi.Config{Logger: quiet}))
	t.Cleanup(server.Close)
	by := controlplane.WriteOptions{By: "me"}
	token, err := plane.CreateToken(ctx, api.NewToken{Name: "shop", Role: api.RoleSDK, Envs: []string{"default"}}, by)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plane.Enable(ctx, "default", "true", flagset.Scope{}, by); err != nil {
		t.Fatal(err)
	}
	newest, err := plane.Snapshot(ctx, "default")
	if err != nil {
		t.Fatal(err)
	}
	set, problems := flagset.ParseSet([]byte(`{"flags": [{"key": "forged", "gates": [{"type": "boolean", "enabled": true}]}]}`))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	for name, ahead := range map[string]int64{"ahead": 100, "altered": 0} {
		position := newest.Position()
		forged, problems := snapshot.Compile(snapshot.Header{Environment: "default", Lineage: position.Lineage, Revision: position.Revision + ahead}, &set, snapshot.Strict)
		if err := flagset.Err(problems); err != nil {
			t.Fatal(err)
		}
		for source, s := range map[string]gonfalon.Source{"stream": gonfalon.Stream(), "poll": gonfalon.Poll(time.Second), "in process": gonfalon.InProcess(plane.Watch)} {
			t.Run(name+"/"+source, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "flags")
				if err := os.WriteFile(path, forged, 0o600); err != nil {
					t.Fatal(err)
				}
				flags, err := gonfalon.New(ctx, gonfalon.Config{Endpoint: server.URL, Token: token.Secret, Source: s, LastGood: path, Logger: quiet, ReadyWithin: -1})
				if err != nil {
					t.Fatal(err)
				}
				defer flags.Close()
				deadline, end := time.After(12*time.Second), make(chan struct{}, 256)
				defer flags.Subscribe(func(gonfalon.Event) { end <- struct{}{} })()
				for !flags.Enabled("true") || flags.Enabled("forged") {
					select {
					case <-end:
					case <-deadline:
						t.Fatalf("it keeps %+v", flags.Stats())
					}
				}
				if stats := flags.Stats(); stats.Refused != 0 || stats.Info.Position.Revision != position.Revision {
					t.Errorf("%+v", stats)
				}
			})
		}
	}
}
