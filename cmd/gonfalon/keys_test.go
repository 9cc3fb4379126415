package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sdk "github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// TestKeysOfAnyText takes every key of hostsdk/testdata/keys.json by command line and API, through YAML into another
// environment, and to an SDK and OFREP.
func TestKeysOfAnyText(t *testing.T) {
	text, err := os.ReadFile("../../hostsdk/testdata/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "--in-memory", "--seed=false")
	about := func(key string, verb ...string) result { // a key that begins with a dash follows two
		return gonfalon(t, append(verb, "--endpoint", s.url, "--token", s.adminToken, "--", key)...)
	}
	for _, key := range keys {
		about(key, "flags", "enable").must(t)
	}
	yaml := filepath.Join(t.TempDir(), "flags.yaml")
	s.run("export", "-o", yaml).must(t)
	s.run("envs", "create", "copy").must(t)
	s.run("import", yaml, "--env", "copy").must(t)
	s.run("diff", yaml, "--env", "copy", "--prune").has(t, 0, "0 changes")
	listed := s.run("flags", "list", "--env", "copy", "-o", "json").must(t)
	for _, key := range keys {
		quoted, _ := json.Marshal(key)
		if !strings.Contains(listed, `"key":`+string(quoted)) && !strings.Contains(listed, `"key": `+string(quoted)) {
			t.Errorf("the list has no %s", quoted)
		}
		about(key, "flags", "get", "--env", "copy").must(t)
		about(key, "explain", "--env", "copy").has(t, 0, "on  STATIC")
	}

	client, err := sdk.New(t.Context(), sdk.Config{Endpoint: s.url, Token: s.adminToken, Environment: "copy", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !client.Enabled(key) {
			t.Errorf("%q is off in the SDK", key)
		}
	}
	if got := client.Keys(); len(got) != len(keys) {
		t.Errorf("the SDK has %d keys of %d", len(got), len(keys))
	}

	ask := func(path string) (answer struct {
		Key   string
		Value bool
		Flags []struct{ Key string }
	}) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/ofrep/v1/evaluate/flags"+path, strings.NewReader(`{"context": {"targetingKey": "u"}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.adminToken)
		r.Header.Set("X-Gonfalon-Env", "copy")
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, _ := io.ReadAll(got.Body)
		if err := json.Unmarshal(body, &answer); err != nil || got.StatusCode != 200 {
			t.Errorf("%s: %s %s %v", path, got.Status, body, err)
		}
		return answer
	}
	for _, key := range keys {
		if got := ask("/" + url.PathEscape(key)); got.Key != key || !got.Value {
			t.Errorf("OFREP, asked for %q: %+v", key, got)
		}
	}
	all := ask("")
	for _, key := range keys {
		if !slices.ContainsFunc(all.Flags, func(f struct{ Key string }) bool { return f.Key == key }) {
			t.Errorf("OFREP's bulk answer has no %q", key)
		}
	}
	for _, key := range keys {
		about(key, "flags", "delete", "--env", "copy", "--yes").must(t)
	}
	if left := s.run("flags", "list", "--env", "copy", "-o", "name").must(t); left != "" {
		t.Errorf("left: %q", left)
	}
	s.stop()
}
