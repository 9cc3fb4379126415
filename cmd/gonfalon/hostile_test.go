package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// hostileText is what a terminal obeys: it clears the screen, renames the window, hides text, and turns the direction.
const hostileText = "\x1b[2J\x1b]0;owned\a\u009b31m\u202e\r\b"

// poisoned puts what a terminal obeys into every text of a document.
func poisoned(v any) any {
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339, v); err == nil {
			return v
		}
		return v + hostileText
	case []any:
		for i := range v {
			v[i] = poisoned(v[i])
		}
	case map[string]any:
		for name := range v {
			if name != "next" && name != "type" { // they lead on
				v[name] = poisoned(v[name])
			}
		}
	}
	return v
}

// poison is a server whose every answer is hostile.
func poison(t *testing.T, s *server) *server {
	t.Helper()
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(r *http.Response) error {
		form := r.Header.Get("Content-Type")
		if !strings.Contains(form, "json") && !strings.Contains(form, "yaml") {
			return nil
		}
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		var document any
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if d.Decode(&document) == nil || yaml.Unmarshal(data, &document) == nil { // JSON is YAML, but has longer numbers
			if data, err = json.Marshal(poisoned(document)); err != nil {
				return err
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(data))
		r.Header.Set("Content-Length", strconv.Itoa(len(data)))
		r.ContentLength = int64(len(data))
		return nil
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return &server{t: t, url: front.URL, adminToken: s.adminToken}
}

// withoutServer are the verbs that this test doesn't try: no server answers them, they write what programs read, or they keep what a
// person was asked for.
var withoutServer = []string{"backup", "check", "compile", "conformance", "eval", "export", "logout", "module", "restore",
	"serve", "servers", "version", "follow"}

// Whatever a control plane answers, no verb lets a terminal obey it.
func TestNothingIsObeyed(t *testing.T) {
	s := serve(t, "--in-memory")
	flags := file(t, "flags.yaml", checkout)
	s.run("import", flags, "--reason", "at first").must(t)
	s.run("envs", "create", "staging").must(t)
	hook, _, _ := strings.Cut(s.run("webhooks", "create", "chat", "https://chat.example/hook").must(t), "\n")
	t.Setenv("VISUAL", editor(t, "sed -i 's/key: sale/key: sale\\n    owner: edited/'"))
	hostile := poison(t, s)
	tried := map[string]bool{}
	for _, args := range [][]string{
		{"apply", "-f", flags, "--dry-run"}, {"audit"}, {"audit", "--failures"}, {"dashboard"}, {"diff", flags}, {"diff", "env:default", "env:staging"},
		{"envs", "copy", "default", "staging", "--dry-run"}, {"envs", "create", "new", "--dry-run"}, {"envs", "delete", "staging", "--dry-run"}, {"envs", "list"},
		{"envs", "rollback", "default", "1", "--dry-run"}, {"envs", "set", "default", "--description", "x", "--dry-run"},
		{"explain", "sale", "--actor", "u"}, {"explain", "sale", "--actor", "u", "--trace"}, {"explain", "nothing"},
		{"flags", "clear", "sale", "--all", "--dry-run"}, {"flags", "copy", "sale", "new", "--dry-run"}, {"flags", "create", "new", "--dry-run"},
		{"flags", "edit", "sale", "--dry-run"}, {"flags", "promote", "sale", "--to", "staging", "--dry-run"}, {"flags", "set", "sale", "--owner", "x", "--dry-run"},
		{"flags", "delete", "sale", "--dry-run"}, {"flags", "delete", "sale", "--preview", "--dry-run"}, {"flags", "disable", "sale", "--preview", "--dry-run"},
		{"flags", "enable", "sale", "--dry-run"}, {"flags", "get", "sale"}, {"flags", "get", "nothing"}, {"flags", "history", "sale"}, {"flags", "kill", "sale", "--dry-run"},
		{"flags", "list"}, {"flags", "put", flags, "--dry-run"}, {"flags", "revive", "sale", "--dry-run"}, {"flags", "rollback", "new_checkout", "2", "--dry-run"},
		{"flags", "variants", "sale", "a=1", "--dry-run"}, {"generate", "elixir"}, {"generate", "go"}, {"generate", "java"}, {"generate", "python"}, {"generate", "typescript"},
		{"hosts"}, {"import", flags, "--dry-run"}, {"lint"}, {"lint", "-o", "sarif"}, {"lint", "-o", "junit"},
		{"import", "bandera", "--from", toggles(t, "t"), "--table", "toggles", "--dry-run"}, {"import", "fun_with_flags", "--from", toggles(t, "t"), "--table", "toggles", "--dry-run"},
		{"reload", "--dry-run"}, {"segments", "delete", "premium", "--dry-run"}, {"segments", "get", "premium"}, {"segments", "list"},
		{"segments", "put", file(t, "s.yaml", "segments: [{key: new, constraints: [{attribute: plan, operator: in, values: [pro]}]}]"), "--dry-run"},
		{"stale", "--for", "0d"}, {"status"}, {"tokens", "create", "--role", "viewer", "--dry-run"}, {"tokens", "list"}, {"tokens", "revoke", "none", "--dry-run"},
		{"webhooks", "create", "new", "https://new.example", "--dry-run"}, {"webhooks", "delete", hook, "--dry-run"}, {"webhooks", "list"}, {"webhooks", "test", hook},
	} {
		name := strings.Join(args[:min(2, len(args))], " ")
		if _, known := verbs[name]; !known {
			name = args[0]
		}
		tried[name] = true
		printed := []string{"text"}
		if verbs[name].prints {
			printed = forms
		}
		for _, form := range printed {
			line := args
			if verbs[name].prints {
				line = append(slices.Clone(args), "-o", form)
			}
			r := hostile.run(line...)
			if strings.Contains(r.errors, "see 'gonfalon") {
				t.Errorf("%v: %s", line, r.errors) // nothing was asked
			}
			for _, c := range r.out + r.errors {
				if obeyed(c) && c != '\n' && !(args[0] == "generate" && c == '\t') {
					t.Errorf("%v: a terminal obeys %q in %q", line, c, r.out+r.errors)
					break
				}
			}
		}
	}
	home(t)
	tried["login"] = true
	if r := gonfalonWith(t, s.adminToken+"\n", "login", hostile.url); r.code != 0 || strings.ContainsFunc(strings.ReplaceAll(r.out+r.errors, "\n", ""), obeyed) {
		t.Errorf("login: %d, and a terminal obeys %q", r.code, r.out+r.errors)
	}
	follower := hostile.start("watch", "--since", "1h")
	if line := follower.until("sale"); strings.ContainsFunc(line, obeyed) || !strings.Contains(line, `\x1b[2J`) {
		t.Errorf("watch says %q", line)
	}
	follower.stop()
	for name := range verbs {
		first, _, _ := strings.Cut(name, " ")
		if !tried[name] && !slices.Contains(withoutServer, first) && name != "watch" {
			t.Errorf("TestNothingIsObeyed has no command line of %s: add one to its list", name)
		}
	}
	s.stop()
}
