package httpapi_test

import (
	"log/slog"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
)

// TestFlowOnEtcd runs the main flow on a real etcd. A second start finds everything that the first left.
func TestFlowOnEtcd(t *testing.T) {
	dir := t.TempDir()
	start := func(t *testing.T) *fixture {
		store, err := etcdstore.OpenEmbedded(t.Context(), etcdstore.Embedded{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		return openOn(t, store, withDashboard())
	}
	var first answer
	var session []string
	t.Run("first", func(t *testing.T) {
		f := start(t)
		flow(t, f)
		session = f.signIn(adminToken)
		first = f.want(200, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil))
	})
	t.Run("second", func(t *testing.T) {
		f := start(t)
		f.want(304, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil, "If-None-Match", first.header.Get("ETag")))
		f.want(200, f.do("", "GET", "/v1/envs/default/flags", nil, session...))
		f.want(204, f.do("", "DELETE", "/v1/session", nil, session...))
		f.want(401, f.do("", "GET", "/v1/envs/default/flags", nil, session...))
		f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/new_checkout", `{"context": {"targetingKey": "user:42"}}`))
	})
}
