package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// TestOnBehalfOf: a job with one token changes flags for several people, and whoever reads the audit sees for whom.
func TestOnBehalfOf(t *testing.T) {
	s := serve(t, "--in-memory")
	var made api.Token
	if err := json.Unmarshal([]byte(s.run("tokens", "create", "--name", "ci", "--role", "editor", "--acts-for-others", "-o", "json").must(t)), &made); err != nil || !made.ActsForOthers {
		t.Fatalf("%+v %v", made, err)
	}
	s.run("tokens", "create", "--role", "viewer", "--acts-for-others").has(t, 1, "--acts-for-others", "changes nothing")
	for line := range strings.Lines(s.run("tokens", "list").must(t)) {
		if fields := strings.Fields(line); fields[0] == made.ID && strings.Join(fields[1:4], " ") != "ci editor yes" {
			t.Errorf("the list says %s", line)
		}
	}
	s.run("tokens", "create", "--role", "editor", "--acts-for-others", "--dry-run").has(t, 0, "editor, acts for others, environments: all")
	ci := func(args ...string) result {
		return gonfalon(t, append(args, "--endpoint", s.url, "--token", made.Secret)...)
	}
	ci("flags", "enable", "a", "--on-behalf-of", "Zoë, zoe@example.org", "-o", "json").has(t, 0, `"updated_by":"ci","updated_on_behalf_of":"Zoë, zoe@example.org"`)
	back := file(t, "a.json", ci("flags", "get", "a", "-o", "json").must(t))
	ci("flags", "put", back).has(t, 0, "like that already") // it ignores who made the last change, and for whom
	t.Setenv("GONFALON_ON_BEHALF_OF", "bob")
	ci("flags", "kill", "a").must(t)
	ci("flags", "get", "a").has(t, 0, "by ci for bob")
	ci("audit", "--on-behalf-of", "bob", "-o", "name").has(t, 0, "default/")
	if all := ci("audit", "--by", "ci", "-o", "name").must(t); strings.Count(all, "default/") != 2 {
		t.Errorf("the variable filters the audit: %s", all)
	}
	ci("flags", "history", "a", "--on-behalf-of", "bob").has(t, 0, "FOR", "flag.kill")
	t.Setenv("GONFALON_ON_BEHALF_OF", "")
	ci("flags", "kill", "a").has(t, 2, "GONFALON_ON_BEHALF_OF", "is empty: name somebody")
	ci("flags", "kill", "a", "--on-behalf-of", "").has(t, 2, "is empty: name somebody")
	for _, name := range []string{"\x1b[2Jbob", "bob\nadmin", "bob\u202e"} {
		got := ci("flags", "revive", "a", "--on-behalf-of", name)
		got.has(t, 1, "--on-behalf-of", "control character")
		if strings.Contains(got.out+got.errors, name) {
			t.Errorf("%q reaches the terminal", name)
		}
	}
	ci("flags", "revive", "a", "--on-behalf-of", "\xff").has(t, 1, "is not UTF-8")

	wide := s.run("audit", "--by", "ci", "-o", "wide").must(t)
	for _, part := range []string{"FOR", "TOKEN", "Zoë, zoe@example.org", "bob", made.ID} {
		if !strings.Contains(wide, part) {
			t.Errorf("the audit lacks %q:\n%s", part, wide)
		}
	}
	if text := s.run("audit", "--by", "ci").must(t); !strings.Contains(text, "bob") || strings.Contains(text, made.ID) {
		t.Errorf("the audit is\n%s", text)
	}
	s.run("flags", "kill", "a", "--on-behalf-of", "bob").has(t, 1, `may not act for "bob"`)
	s.run("audit", "--failures", "-o", "wide").has(t, 0, "FOR", "TOKEN", `may not act for "bob"`, made.ID)
	s.stop()
}
