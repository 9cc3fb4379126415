package httpapi_test

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const everyGate = `{"key": "new_checkout", "description": "the new checkout", "owner": "ada", "tags": ["shop"], "permanent": false, "killed": false, "off_variant": null,
 "gates": [
  {"type": "boolean", "enabled": false},
  {"type": "actor", "target": "user:42", "enabled": true},
  {"type": "group", "target": "staff", "enabled": true},
  {"type": "percentage_of_actors", "ratio": 0.25},
  {"type": "variant", "variants": [{"name": "blue", "weight": 1, "payload": {"hex": "#00f"}}, {"name": "green", "weight": 1, "payload": {"hex": "#0f0"}}]},
  {"type": "rule", "enabled": true, "constraints": [{"attribute": "plan", "operator": "in", "values": ["pro", "team"]}]},
  {"type": "segment", "target": "premium_us", "enabled": true, "ratio": 0.5},
  {"type": "schedule", "from": "2126-11-27T00:00:00Z", "until": null}],
 "reason": "as agreed", "allow_missing": true}`

// TestFlow runs the main flow: a flag is written over HTTP, fetched in a snapshot, and decided.
func TestFlow(t *testing.T) {
	flow(t, open(t, httpapi.Config{}))
}

func flow(t *testing.T, f *fixture) {
	ctx := t.Context()
	const at = "/v1/envs/default/flags/new_checkout"
	put := f.want(http.StatusCreated, f.do(adminToken, "PUT", at, everyGate))
	got := f.want(http.StatusOK, f.do(adminToken, "GET", at, nil))
	f.want(http.StatusNotModified, f.do(adminToken, "GET", at, nil, "If-None-Match", got.header.Get("ETag")))
	if put.header.Get("ETag") != got.header.Get("ETag") || got.header.Get("ETag") == "" {
		t.Errorf("ETag %q after %q", got.header.Get("ETag"), put.header.Get("ETag"))
	}
	var again api.Flag
	f.want(http.StatusOK, f.do(adminToken, "PUT", at, string(got.body), "If-Match", got.header.Get("ETag"))).into(t, &again)
	if *again.Changed {
		t.Error("what a GET answers is not what a PUT takes unchanged")
	}
	stale := f.want(http.StatusPreconditionFailed, f.do(adminToken, "PUT", at, string(got.body), "If-Match", `"someone-elses"`))
	if !strings.Contains(string(stale.body), `"current":"`+again.Version) {
		t.Errorf("%s doesn't tell the current version %s", stale, again.Version)
	}
	f.want(http.StatusPreconditionFailed, f.do(adminToken, "PUT", at, string(got.body), "If-None-Match", "*"))

	enabled, err := f.admin.Enable(ctx, "default", "hero", flagset.ForActor("user:7"), apiclient.WriteOptions{Reason: "first"})
	if err != nil || !*enabled.Enabled || enabled.State != api.StatePartial || len(enabled.Gates) != 1 {
		t.Fatalf("%+v %v", enabled, err)
	}
	disabled, err := f.admin.Disable(ctx, "default", "hero", flagset.ForActor("user:7"), apiclient.WriteOptions{})
	if err != nil || *disabled.Enabled {
		t.Fatalf("%+v %v", disabled, err)
	}

	data, tag, err := f.admin.Snapshot(ctx, "default", "")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if tag != `"`+hex.EncodeToString([]byte(loaded.ID()))+`"` {
		t.Errorf("the tag %s is not the content id", tag)
	}
	if data, _, err := f.admin.Snapshot(ctx, "default", tag); err != nil || data != nil {
		t.Errorf("%d bytes, %v; want 304", len(data), err)
	}
	var d engine.Decision
	var sc engine.Scratch
	loaded.Evaluate("new_checkout", &engine.Input{Actor: "user:42", Presence: engine.Keyed}, &sc, &d)
	if !d.Enabled || d.Gate != engine.GateActor {
		t.Errorf("%+v", d)
	}
	loaded.Evaluate("hero", &engine.Input{Actor: "user:7", Presence: engine.Keyed}, &sc, &d)
	if d.Enabled {
		t.Errorf("%+v", d)
	}
}
