package httpapi_test

import (
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestUsageOverTime reports usage as hosts do, with and without what the flag was, and reads it for a list and for a flag.
func TestUsageOverTime(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("a", flagset.Scope{})
	f.enable("b", flagset.ForActor("ada"))
	sdk := f.client(f.token(api.RoleSDK, "default"))
	on := int64(3)
	now := time.Now()
	for range 2 {
		if err := sdk.ReportUsage(t.Context(), "default", api.Usage{Flags: map[string]api.FlagUsage{"a": {Count: 4, On: &on, Last: now}, "b": {Count: 2, Last: now}}}); err != nil {
			t.Fatal(err)
		}
	}
	f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/b", `{"context": {"targetingKey": "ada"}}`))
	f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/b", `{"context": {"targetingKey": "bob"}}`))
	viewer := f.client(f.token(api.RoleViewer))
	x, err := viewer.UsageIndex(t.Context(), "default", "")
	if err != nil {
		t.Fatal(err)
	}
	if a := x.Flags["a"]; a.Evaluations != 8 || a.LastEvaluated.IsZero() || a.Spark == "" || a.Stale {
		t.Errorf("a: %+v", a)
	}
	for by, shown := range map[string]int{"": 48, "hour": 48, "day": 90} {
		for key, want := range map[string]api.UsageCount{"a": {On: 6, Off: 2}, "b": {On: 1, Off: 1, Rest: 4}} {
			h, err := viewer.UsageHistory(t.Context(), "default", key, by)
			if err != nil {
				t.Fatal(err)
			}
			last := h.Counts[len(h.Counts)-1]
			if last.Time.After(now) { // an hour, or the day, has just begun
				before := h.Counts[len(h.Counts)-2]
				last = api.UsageCount{Time: before.Time, On: before.On + last.On, Off: before.Off + last.Off, Rest: before.Rest + last.Rest}
			}
			if want.Time = last.Time; last != want || len(h.Counts) != shown || last.Time.After(now) {
				t.Errorf("%s by %q: %+v, want %+v; %d", key, by, last, want, len(h.Counts))
			}
		}
	}
	f.want(400, f.do(adminToken, "POST", "/v1/envs/default/usage", `{"flags": {"a": {"count": 1, "on": -1}}}`))
	f.want(400, f.do(adminToken, "GET", "/v1/envs/default/flags/a/usage?by=week", nil))
	f.want(404, f.do(adminToken, "GET", "/v1/envs/default/flags/missing/usage", nil))
	for _, path := range []string{"/v1/envs/default/usage", "/v1/envs/default/flags/a/usage"} {
		for role, status := range map[api.Role]int{api.RoleEditor: 200, api.RoleSDK: 403, api.RoleClient: 403} {
			f.want(status, f.do(f.token(role, "default"), "GET", path, nil))
		}
	}
}
