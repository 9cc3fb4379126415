package main

import (
	"io"
	"net/http"
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
	if !strings.Contains(first.greeting, "etcd at unix://c0:0") || !strings.Contains(first.greeting, "tokens create --etcd-endpoints unix://c0:0 --etcd-prefix shop/)") {
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

// TestServeWaitsForItsStore: without the cluster's quorum the process lives and says what it waits for; then it serves.
func TestServeWaitsForItsStore(t *testing.T) {
	cluster := etcdtest.Start(t, 1)
	cluster.Kill(0)
	address := freeAddress(t)
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		defer cluster.Restart(0)
		probe := func(path string) (int, string) {
			answer, err := http.Get("http://" + address + path)
			if err != nil {
				return 0, ""
			}
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			return answer.StatusCode, string(body)
		}
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			if code, body := probe("/readyz"); code == http.StatusServiceUnavailable && strings.Contains(body, "waiting for the store: etcd doesn't answer") {
				if code, body := probe("/healthz"); code != http.StatusOK {
					t.Errorf("/healthz is %d %s while the server waits", code, body)
				}
				if code, body := probe("/v1/envs"); code != http.StatusServiceUnavailable {
					t.Errorf("the API is %d %s while the server waits", code, body)
				}
				return
			}
		}
		t.Error("/readyz doesn't say what the server waits for")
	}()
	s := serve(t, "--listen", address, "--etcd-endpoints", "unix://c0:0")
	<-waited
	s.run("flags", "list").has(t, 0, "new_checkout")
	s.stop()
}
