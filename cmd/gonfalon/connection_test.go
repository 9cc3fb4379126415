package main

import (
	"encoding/pem"
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

// What can't be a token isn't taken for a server that doesn't answer.
func TestATokenIsALine(t *testing.T) {
	for _, token := range []string{"e\x1b[31m", "two words", "a\nb", "é"} {
		gonfalon(t, "flags", "list", "--endpoint", "http://127.0.0.1:1", "--token", token).has(t, 2, "--token", "this is no token")
	}
}

// What answers in place of a control plane, such as the page of a proxy where one signs in, is nobody's flags, and has changed nothing.
func TestAnotherServerAtTheAddress(t *testing.T) {
	for text, kind := range map[string]string{
		"<html>sign in</html>": "text/html; charset=utf-8", `{}`: "application/json", `null`: "application/json", `{"status": "ok"}`: "application/json",
		"ok": "text/plain",
	} {
		portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, text)
		}))
		defer portal.Close()
		for _, args := range [][]string{
			{"flags", "list"}, {"flags", "list", "-o", "json"}, {"flags", "get", "x"}, {"flags", "enable", "x"}, {"flags", "delete", "x"}, {"flags", "history", "x"},
			{"envs", "list"}, {"envs", "create", "x"}, {"segments", "list"}, {"segments", "delete", "x"}, {"tokens", "list"}, {"webhooks", "list"}, {"webhooks", "test", "x"},
			{"audit"}, {"audit", "--failures"}, {"hosts"}, {"stale"}, {"explain", "x"}, {"watch"}, {"lint"}, {"diff", "env:a", "env:b"}, {"reload"}, {"dashboard"},
			{"export"}, {"backup", "-o", "-"}, {"generate", "go"}, {"status"}, {"login"},
		} {
			r := gonfalon(t, append(args, "--endpoint", portal.URL, "--token", "a-token")...)
			r.has(t, 2, "can't be read", "--endpoint")
			if r.out != "" {
				t.Errorf("%v answered %q prints %s", args, text, r.out)
			}
		}
	}
}

// A redirect leads nowhere: the token is for the endpoint alone.
func TestNoRedirectIsFollowed(t *testing.T) {
	reached := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.Header.Get("Authorization") }))
	defer other.Close()
	leading := httptest.NewTLSServer(http.RedirectHandler(other.URL, http.StatusPermanentRedirect)) // to the same host, without TLS
	defer leading.Close()
	authority := file(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leading.Certificate().Raw})))
	for _, args := range [][]string{{"flags", "list"}, {"flags", "kill", "x", "--yes"}, {"export"}} {
		gonfalon(t, append(args, "--endpoint", leading.URL, "--ca-cert", authority, "--token", "a-token")...).has(t, 2, "redirects to", "not followed")
	}
	if len(reached) > 0 {
		t.Errorf("the other address was sent %q", <-reached)
	}
}
