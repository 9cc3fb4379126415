package main

import (
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
)

// Two control planes on one cluster are one: what is written at either is there at both, and tokens can be made
// beside them.
func TestServeOnCluster(t *testing.T) {
	etcdtest.Start(t, 1)
	cluster := []string{"--etcd-endpoints", "unix://c0:0", "--etcd-prefix", "shop/"}
	first := serve(t, cluster...)
	if !strings.Contains(first.greeting, "etcd at unix://c0:0") {
		t.Errorf("the greeting is\n%s", first.greeting)
	}
	second := serve(t, cluster...)
	if second.adminToken != "" {
		t.Error("the second replica makes a token of its own")
	}
	second.adminToken = first.adminToken
	first.run("flags", "enable", "mine").must(t)
	second.run("flags", "get", "mine").has(t, 0, "enabled: true")
	made := gonfalon(t, append([]string{"tokens", "create", "--role", "editor"}, cluster...)...).must(t)
	second.adminToken, _, _ = strings.Cut(made, "\n")
	// The command answered when the store had the token; a replica knows it when it has followed the store.
	deadline := time.Now().Add(10 * time.Second)
	disabled := second.run("flags", "disable", "mine")
	for strings.Contains(disabled.errors, "the token is unknown") && time.Now().Before(deadline) {
		disabled = second.run("flags", "disable", "mine")
	}
	disabled.must(t)
	first.stop()
	second.run("flags", "get", "mine").has(t, 0, "enabled: false")
	second.stop()
}
