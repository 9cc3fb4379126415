package httpapi_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// place is an address at which one control plane can replace another.
type place struct {
	server *httptest.Server
	now    atomic.Pointer[fixture]
}

func newPlace(t *testing.T, f *fixture) *place {
	p := &place{}
	p.now.Store(f)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.now.Load().api.ServeHTTP(w, r) }))
	t.Cleanup(p.server.Close)
	return p
}

// becomes puts another control plane there, and cuts all connections, as the end of a process does.
func (p *place) becomes(f *fixture) {
	p.now.Swap(f).api.Drain()
}

// host is a connected host SDK.
type host struct {
	t       *testing.T
	client  *gonfalon.Client
	changed chan gonfalon.Event
}

func newHost(t *testing.T, p *place, env string) *host {
	t.Helper()
	client, err := gonfalon.New(t.Context(), gonfalon.Config{Endpoint: p.server.URL, Token: adminToken, Environment: env, Usage: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t, client, make(chan gonfalon.Event, 100)}
	stop := client.Subscribe(func(e gonfalon.Event) {
		if e.Kind == gonfalon.FlagsChanged {
			h.changed <- e
		}
	})
	t.Cleanup(func() {
		stop()
		client.Close()
	})
	return h
}

// until waits for a change after which the host decides this way, and returns the change.
func (h *host) until(key string, enabled bool) gonfalon.Event {
	h.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e := <-h.changed:
			if h.client.Enabled(key) == enabled {
				return e
			}
		case <-late:
			h.t.Fatalf("%s is still %t", key, h.client.Enabled(key))
		}
	}
}

// TestRestoreReachesHosts checks that a host ahead of a restored store takes its snapshot all the same, because of the
// new lineage.
func TestRestoreReachesHosts(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	var backup bytes.Buffer
	if err := f.admin.Backup(t.Context(), &backup); err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, f)
	h := newHost(t, p, "default")
	if !h.client.Enabled("x") {
		t.Fatal("x is off")
	}
	for range 3 { // the host is ahead of the backup
		if _, err := f.admin.Disable(t.Context(), "default", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		f.enable("y", flagset.Scope{})
	}
	h.until("x", false)

	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	if _, err := controlplane.Restore(t.Context(), store, &backup, controlplane.RestoreOptions{By: "ada"}); err != nil {
		t.Fatal(err)
	}
	restored := openOn(t, store, httpapi.Config{})
	p.becomes(restored)
	if e := h.until("x", true); !e.LineageChanged {
		t.Errorf("the host took it for a change like any other: %+v", e)
	}
	if _, err := restored.admin.Disable(t.Context(), "default", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	h.until("x", false)
}

// TestWipedStoreReachesHosts checks that hosts follow an empty control plane that replaces another.
func TestWipedStoreReachesHosts(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	p := newPlace(t, f)
	h := newHost(t, p, "default")
	if !h.client.Enabled("x") {
		t.Fatal("x is off")
	}
	empty := open(t, httpapi.Config{})
	p.becomes(empty)
	h.until("x", false)
	empty.enable("x", flagset.Scope{})
	h.until("x", true)
}

// TestRecreatedEnvironmentReachesHosts checks that hosts keep what they have while their environment is gone, and
// follow it when it is created again.
func TestRecreatedEnvironmentReachesHosts(t *testing.T) {
	f := open(t, httpapi.Config{})
	p := newPlace(t, f)
	create := func() {
		t.Helper()
		if _, err := f.admin.CreateEnvironment(t.Context(), api.NewEnvironment{Key: "brief"}, apiclient.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	create()
	if _, err := f.admin.Enable(t.Context(), "brief", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	h := newHost(t, p, "brief")
	if err := f.admin.DeleteEnvironment(t.Context(), "brief", "brief", apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if !h.client.Enabled("x") {
		t.Error("the host lost what it had")
	}
	create()
	if e := h.until("x", false); !e.LineageChanged {
		t.Errorf("%+v", e)
	}
	if _, err := f.admin.Enable(t.Context(), "brief", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	h.until("x", true)
}

// TestARestoreByFileReachesHosts: the store's files are replaced by an earlier copy while no server runs, so its lineage
// stays and only the host knows that there was more. It takes what the store has, and then a kill.
func TestARestoreByFileReachesHosts(t *testing.T) {
	files := memstore.New()
	t.Cleanup(func() { files.Close() })
	f := openOn(t, files, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	copied := memstore.New()
	t.Cleanup(func() { copied.Close() })
	if _, err := store.ReadAll(t.Context(), files, store.Range{From: "!", To: "\x7f"}, func(e store.Entry) error {
		_, err := copied.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: e.Key, Value: e.Value}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, f)
	h := newHost(t, p, "default")
	for range 3 { // the host gets ahead of the copy
		if _, err := f.admin.Disable(t.Context(), "default", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		f.enable("y", flagset.Scope{})
	}
	h.until("x", false)
	restored := openOn(t, copied, httpapi.Config{})
	p.becomes(restored)
	if e := h.until("x", true); e.LineageChanged {
		t.Errorf("the lineage is another one: %+v", e)
	}
	if _, err := restored.admin.Kill(t.Context(), "default", "x", nil, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	h.until("x", false)
}
