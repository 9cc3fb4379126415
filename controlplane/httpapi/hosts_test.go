package httpapi_test

import (
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestHosts reports hosts to two replicas, and sees them at both, in a list and in the stream of changes.
func TestHosts(t *testing.T) {
	shared := memstore.New()
	t.Cleanup(func() { shared.Close() })
	one, two := openOn(t, shared, httpapi.Config{}), openOn(t, shared, httpapi.Config{})
	one.enable("a", flagset.Scope{})
	now, err := one.admin.Environment(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	sdk := one.token(api.RoleSDK, "default")
	report := func(f *fixture, h api.HostReport) {
		t.Helper()
		if err := f.client(sdk).ReportUsage(t.Context(), "default", api.Usage{Flags: map[string]api.FlagUsage{}, Host: &h}); err != nil {
			t.Fatal(err)
		}
	}
	events := follow(t, two.admin, "default", "")
	counted := func(total, current int) {
		t.Helper()
		for {
			if n := nextLive(t, events, api.LiveHosts).Hosts; *n == (api.HostCount{Total: total, Current: current}) {
				return
			}
		}
	}
	counted(0, 0)
	first := api.HostReport{ID: "h1", SDK: "go", Version: "0.2.0", Revision: now.Revision, Lineage: now.Lineage, Via: "stream"}
	late := api.HostReport{ID: "h2", SDK: "node", Revision: now.Revision - 1, Via: "poll"}
	strange := api.HostReport{ID: "h3", SDK: "python", Revision: 1000, Lineage: "00"}
	report(one, first)
	report(two, late)
	report(two, strange)
	counted(3, 1)
	list, err := one.admin.Hosts(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if list.Total < 1 || list.Revision != now.Revision || list.Hosts[0].ID != "h1" || !list.Hosts[0].Current || list.Hosts[0].Version != "0.2.0" ||
		list.Hosts[0].Via != "stream" || list.Hosts[0].Address != "127.0.0.1" || list.Hosts[0].LastSeen.IsZero() {
		t.Errorf("%+v", list)
	}
	late.Revision++
	report(one, late) // a balancer sends it to the other replica
	counted(3, 2)
	one.enable("a", flagset.ForActor("ada"))
	counted(3, 0)
	first.Gone = true
	report(one, first)
	counted(2, 0)

	for _, h := range []string{
		`{"id": "", "sdk": "go", "revision": 1}`, `{"id": "x", "sdk": "go", "revision": -1}`,
		`{"id": "x\n", "sdk": "go", "revision": 1}`, fmt.Sprintf(`{"id": "%065d", "sdk": "go", "revision": 1}`, 1),
	} {
		if got := one.do(sdk, "POST", "/v1/envs/default/usage", `{"flags": {}, "host": `+h+`}`); got.status < 400 || got.status > 499 {
			t.Errorf("%s: %s", h, got)
		}
	}
	for role, status := range map[api.Role]int{api.RoleViewer: 200, api.RoleSDK: 403, api.RoleClient: 403} {
		one.want(status, one.do(one.token(role, "default"), "GET", "/v1/envs/default/hosts", nil))
	}
	one.want(404, one.do(adminToken, "GET", "/v1/envs/other/hosts", nil))
}
