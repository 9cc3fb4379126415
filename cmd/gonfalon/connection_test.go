package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An older command line works with a newer control plane, and warns where a person could lose what it doesn't know.
func TestNewerControlPlane(t *testing.T) {
	const flag = `{"key": "x", "colour": "red", "gates": [{"type": "boolean", "enabled": true}], "state": "on", "version": "v1", "revision": 3}`
	newer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/flags") {
			_, _ = io.WriteString(w, `{"flags": [`+flag+`], "total": 1}`)
			return
		}
		_, _ = io.WriteString(w, flag)
	}))
	defer newer.Close()
	ask := func(args ...string) result {
		return gonfalon(t, append(args, "--endpoint", newer.URL, "--token", "a-token")...)
	}
	ask("flags", "list").has(t, 0, "x", "1 of 1 flag")
	ask("flags", "kill", "x", "--yes").has(t, 0, "x")
	ask("flags", "get", "x").has(t, 0, "key: x", "doesn't know /colour")
}
