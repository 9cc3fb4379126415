package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A terminal that can't take a line away isn't sent one that would have to be.
func TestProgressOnTerminals(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(20 * patient):
		}
	}))
	t.Cleanup(slow.Close)
	for name, says := range map[string]bool{"dumb": false, "xterm": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{t: t, url: slow.URL, adminToken: "a-token"}
			p := s.onScreen(80, []string{"TERM=" + name, "NO_COLOR=1"}, "flags", "list", "--timeout", "6s")
			p.ends()
			p.sees("did not answer within")
			if text := p.text.String(); strings.Contains(text, "waiting for") != says || strings.Contains(text, "\x1b") != says {
				t.Errorf("it says %q", text)
			}
		})
	}
}
