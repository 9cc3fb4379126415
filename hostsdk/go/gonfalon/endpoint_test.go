package gonfalon

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"
)

// TestEndpoint refuses what can't be an endpoint, in the words of every SDK.
func TestEndpoint(t *testing.T) {
	text, err := os.ReadFile("../../testdata/endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Endpoint, Words string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 20 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		said := ""
		if err := checkEndpoint(c.Endpoint); err != nil {
			said = err.Error()
		}
		if said != c.Words {
			t.Errorf("%q: %q, want %q", c.Endpoint, said, c.Words)
		}
		if c.Words == "" || c.Endpoint == "" {
			continue
		}
		if _, err := New(t.Context(), Config{Endpoint: c.Endpoint, Token: "t"}); err == nil || err.Error() != "gonfalon: "+c.Words {
			t.Errorf("a client of %q: %v", c.Endpoint, err)
		}
	}
}

// TestEnvironmentIsOneSegment refuses the keys that lead to another path, and escapes what else has a meaning in one.
func TestEnvironmentIsOneSegment(t *testing.T) {
	for _, key := range []string{".", ".."} {
		if _, err := New(t.Context(), Config{Endpoint: "http://127.0.0.1:1", Token: "t", Environment: key}); err == nil || err.Error() != fmt.Sprintf("gonfalon: no environment has the key %q", key) {
			t.Errorf("a client of %q: %v", key, err)
		}
	}
	asked := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.URL.EscapedPath():
		default:
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	for _, key := range []string{"../other", "a/b", "a?b", "a#b", "%2e%2e", `a\b`, "a b", "ä", "...", ".a"} {
		client, err := New(t.Context(), Config{Endpoint: server.URL, Token: "t", Environment: key, Source: Poll(time.Hour), Usage: -1, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := <-asked, "/v1/envs/"+url.PathEscape(key)+"/snapshot"; got != want {
			t.Errorf("%q asks for %s, want %s", key, got, want)
		}
		client.Close()
	}
}
