package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

var oncePattern = regexp.MustCompile(`http://[^ \n]*#secret=(gfn_once_[A-Z0-9]+)`)

// redeem spends the secret of an address, and returns the answer's status.
func redeem(t *testing.T, s *server, secret string) int {
	t.Helper()
	answer, err := http.Post(s.url+"/v1/sessions", "application/json", strings.NewReader(`{"secret": "`+secret+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var who api.Session
	if err := json.NewDecoder(answer.Body).Decode(&who); answer.StatusCode == http.StatusCreated && (err != nil || who.Role != api.RoleAdmin) {
		t.Errorf("%+v %v", who, err)
	}
	return answer.StatusCode
}

// TestDashboard signs in with the addresses that the first start and the verb print.
func TestDashboard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data-dir", dir)
	first := oncePattern.FindStringSubmatch(s.greeting)
	if first == nil || !strings.HasPrefix(first[0], s.url+"/#secret=") {
		t.Fatalf("no address in the greeting:\n%s", s.greeting)
	}
	second := oncePattern.FindStringSubmatch(s.run("dashboard").must(t))
	if second == nil || !strings.HasPrefix(second[0], s.url+"/#secret=") {
		t.Fatalf("the verb prints %q", second)
	}
	for _, address := range [][]string{first, second} {
		for _, want := range []int{201, 401} {
			if got := redeem(t, s, address[1]); got != want {
				t.Errorf("%s: %d, want %d", address[0], got, want)
			}
		}
	}
	s.stop()
	for _, secret := range []string{first[1], second[1]} {
		if strings.Contains(s.logs.String(), secret) {
			t.Errorf("the log has a secret:\n%s", s.logs)
		}
	}
	again := serve(t, "--data-dir", dir)
	if strings.Contains(again.greeting, "#secret") || !strings.Contains(again.greeting, again.url+"/ (sign in with a token") {
		t.Errorf("the second start is greeted by\n%s", again.greeting)
	}
	again.stop()
}

// TestDashboardAtAPath serves it elsewhere, or not at all.
func TestDashboardAtAPath(t *testing.T) {
	s := serve(t, "--in-memory", "--dashboard-path", "/ui")
	address := oncePattern.FindString(s.run("dashboard").must(t))
	if !strings.HasPrefix(address, s.url+"/ui/#secret=") || !strings.Contains(s.greeting, s.url+"/ui/#secret=") {
		t.Errorf("the address is %q, the greeting\n%s", address, s.greeting)
	}
	below := gonfalon(t, "dashboard", "--endpoint", s.url+"/ui/", "--token", s.adminToken).must(t)
	if !strings.HasPrefix(below, s.url+"/ui/#secret=") {
		t.Errorf("below the dashboard the address is %q", below)
	}
	s.stop()
	none := serve(t, "--in-memory", "--dashboard=false")
	if strings.Contains(none.greeting, "dashboard") {
		t.Errorf("the greeting tells of what isn't there:\n%s", none.greeting)
	}
	none.run("dashboard").has(t, 1, "has no dashboard")
	none.stop()
}

// TestDashboardSettings checks what the settings about the dashboard refuse.
func TestDashboardSettings(t *testing.T) {
	for setting, values := range map[string][]string{
		"--dashboard-path":       {"", "ui", "/ui/", "/v1", "/ofrep/x", "/a/../b", "//evil.example", "/a b", `/"`, "/engine.wasm"},
		"--dashboard-production": {"a/b", "[", "p;q"},
		"--dashboard-colors":     {"staging", "staging=red", "staging=#12345", "=#123456", "a/b=#123456", "staging=#123456;"},
		"--dashboard-banner":     {"two\nlines", strings.Repeat("a", 201)},
		"--dashboard-actor-url": {
			"https://shop.example/users", "javascript:alert({actor})", "ftp://shop.example/{actor}", "https://{actor}", "https://{actor}.example/",
			"https://shop.example{actor}", "https://{actor}@shop.example/", "https://shop.example:{actor}/", "//shop.example/{actor}", "/{actor}",
		},
	} {
		for _, value := range values {
			gonfalon(t, "serve", "--in-memory", "--listen", "127.0.0.1:0", setting+"="+value).has(t, 2, setting)
		}
	}
	for _, good := range []string{"https://shop.example/users/{actor}", "http://127.0.0.1:3000/?user={actor}&x={actor}"} {
		if !isActorURL(good) {
			t.Errorf("%s is refused", good)
		}
	}
}
