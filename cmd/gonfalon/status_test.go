package main

import (
	"encoding/json"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
)

func TestStatus(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("status").has(t, 0, "replica      replica-", version, "answers", "0 of 0 hosts current, 1 flag", s.url+" is well")
	s.run("envs", "create", "staging").must(t)
	reportHost(t, s, api.HostReport{ID: "new", SDK: "go", Version: version, Revision: 1000})
	s.run("status", "--wait").has(t, 0, "1 of 1 host current")
	reportHost(t, s, api.HostReport{ID: "late", SDK: "python", Version: "0.0.9", Revision: 1})
	s.run("flags", "kill", "new_checkout").must(t)
	r := s.run("status")
	r.has(t, 1, "1 of 2 hosts current", "default/late", "python 0.0.9", "behind", s.url+": 1 host behind", "SDK of another version than the server: python 0.0.9 (1)")
	s.run("status", "-o", "wide").has(t, 1, "default/new")
	s.run("status", "--env", "staging").has(t, 0, "0 of 0 hosts current")
	s.run("status", "--env", "stagin").has(t, 1, `did you mean "staging"?`)
	s.run("status", "--within", "3s").has(t, 2, "--within")
	s.run("status", "--wait", "--within", "1ms").has(t, 1, "1 host behind")
	var d statusDocument
	if err := json.Unmarshal([]byte(s.run("status", "-o", "json").out), &d); err != nil || d.OK || len(d.Hosts) != 2 || len(d.Replicas) != 1 || len(d.Skew) != 1 {
		t.Errorf("%+v %v", d, err)
	}

	// It waits until the host has caught up.
	waiting := s.start("status", "--wait", "--env", "default")
	reportHost(t, s, api.HostReport{ID: "late", SDK: "python", Version: "0.0.9", Revision: 1000})
	waiting.until("2 of 2 hosts current")
	waiting.stop()
	s.stop()
}

// Two replicas on one store see each other, and the store's member while it is there.
func TestStatusOfReplicas(t *testing.T) {
	store := etcdtest.StartProcess(t)
	first := serve(t, "--etcd-endpoints", store.Endpoint(), "--replica", "one")
	second := serve(t, "--etcd-endpoints", store.Endpoint(), "--replica", "two")
	second.adminToken = first.adminToken
	first.within(recovering, "seeing each other", func() bool {
		out := first.run("status").must(t)
		return response{text: out}.has("replica      one") && response{text: out}.has("replica      two")
	})
	first.run("status").has(t, 0, "member       "+store.Endpoint(), "ok, leads", "synced", " GiB (0%)")
	second.stop()
	if r := first.run("status"); (response{text: r.out}).has("two") {
		t.Errorf("the replica that ended is there: %s", r.out)
	}
	viewer := first.run("tokens", "create", "--role", "viewer", "--for-env", "default", "-o", "json").must(t)
	var token struct {
		Secret string `json:"token"`
	}
	if err := json.Unmarshal([]byte(viewer), &token); err != nil {
		t.Fatal(err)
	}
	if r := gonfalon(t, "status", "--endpoint", first.url, "--token", token.Secret); r.code != 0 || (response{text: r.out}).has(store.Endpoint()) {
		t.Errorf("a viewer sees where the store is: %s%s", r.out, r.errors)
	}
	store.Kill()
	first.degrades("the store has not answered")
	first.run("status").has(t, 1, "silent for", "is not well", "the store has not answered for")
	store.Restart()
	first.within(recovering, "following the store again", func() bool { return first.get("/readyz").has(`"status":"ready"`) })
	first.stop()
}
