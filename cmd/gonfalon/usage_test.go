package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong with a command line is said of its options and arguments, not of what is sent to the control plane, nor
// in Go's words.
func TestErrorsNameOptions(t *testing.T) {
	s := serve(t, "--in-memory")
	long := strings.Repeat("x", 5000)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"flags", "enable", "a", "--percentage-of-actors", "50"}, 1, "--percentage-of-actors: 50 is"},
		{[]string{"flags", "enable", "a", "--percentage-of-actors", "50", "--preview"}, 1, "--percentage-of-actors: 50 is"},
		{[]string{"flags", "enable", "a", "--percentage-of-time", "1.5"}, 1, "--percentage-of-time: 1.5 is"},
		{[]string{"flags", "enable", "a", "--actor", ""}, 1, "--actor: it is empty"},
		{[]string{"flags", "enable", "a", "--group", long}, 1, "--group: 5000 bytes"},
		{[]string{"flags", "enable", "a", "--segment", ""}, 1, "--segment: "},
		{[]string{"flags", "enable", "a", "--requires-off", ""}, 1, "--requires-off: "},
		{[]string{"flags", "enable", "a", "--requires", "a"}, 1, "--requires: the flag requires itself"},
		{[]string{"flags", "enable", "a", "--requires", "a", "--preview"}, 1, "--requires: the flag requires itself"},
		{[]string{"flags", "enable", "a", "--segment", "none"}, 1, `--segment: there is no segment "none"`},
		{[]string{"flags", "enable", "a", "--when", `{"attribute": 5, "operator": "in", "values": []}`}, 2, `--when: {"attribute": 5, "operator": "in", "values": []}: attribute: this is a number`},
		{[]string{"flags", "enable", "a", "--when", `{}, {}`}, 2, `--when: {}, {}: it is not a JSON object`},
		{[]string{"flags", "enable", "a", "--when", "a in b", "--when", "a matches ["}, 1, `--when "a matches [": the pattern`},
		{[]string{"flags", "enable", "a", "--from", "x"}, 1, "--from: "},
		{[]string{"flags", "enable", "a", "--until", "x"}, 1, "--until: "},
		{[]string{"flags", "enable", "a", "--reason", "a\x1b"}, 1, "--reason: "},
		{[]string{"flags", "set", "new_checkout", "--owner", long}, 1, "--owner: 5000 bytes"},
		{[]string{"flags", "set", "new_checkout", "--tag", long}, 1, "--tag: 5000 bytes"},
		{[]string{"flags", "create", "a\x1b"}, 1, "FLAG: "},
		{[]string{"flags", "copy", "new_checkout", "a\x1b"}, 1, "NEW: "},
		{[]string{"flags", "variants", "new_checkout", "a=1", "b=-1"}, 1, `"b=-1": `},
		{[]string{"envs", "create", "A b"}, 1, "ENVIRONMENT: "},
		{[]string{"envs", "set", "default", "--group-conflict", "allow_win"}, 2, `did you mean "allow_wins"?`},
		{[]string{"tokens", "create", "--role", "viewer", "--name", "a\x1b"}, 1, "--name: "},
		{[]string{"webhooks", "create", "x", "ftp://x"}, 1, "URL: "},
		{[]string{"audit", "--limit", "100000"}, 1, "--limit: "},
		{[]string{"export", "--revision", "1", "--at", "1h"}, 2, "--revision and --at"},

		{[]string{"flags", "list", "--env", ""}, 2, "--env (GONFALON_ENV): it is empty"},
		{[]string{"export", "-o", ""}, 2, "-o is empty"},
		{[]string{"flags", "history", ""}, 2, "FLAG is empty"},
		{[]string{"flags", "copy", "new_checkout", ""}, 2, "NEW is empty"},
		{[]string{"envs", "delete", ""}, 2, "ENVIRONMENT is empty"},
		{[]string{"lint", "a", ""}, 2, "an argument is empty"},
		{[]string{"diff", "evn:default"}, 2, `did you mean "env:default"?`},
		{[]string{"diff", "Env:default", "env:default"}, 2, `did you mean "env:default"?`},
		{[]string{"diff", "env:default", "default"}, 2, "the environment of that name is env:default"},

		{[]string{"lint", "-o", "sarf"}, 2, `did you mean "sarif"?`},
		{[]string{"flags", "list", "--timeout", "5"}, 2, "it is not a length of time"},
		{[]string{"flags", "list", "--dry-run=perhaps"}, 2, "unknown flag"},
		{[]string{"flags", "kill", "a", "--dry-run=perhaps"}, 2, "it is true or false"},
		{[]string{"flags", "enable", "a", "--percentage-of-actors", "half"}, 2, "it is not a number"},
		{[]string{"export", "--revision", "x"}, 2, "it is not a whole number"},
		{[]string{"explain", "new_checkout", "--roll", "-1"}, 2, "it is not a whole number"},
		{[]string{"audit", "--limit", "99999999999999999999"}, 2, "it is too large"},
		{[]string{"explain", "new_checkout", "--context", "[]"}, 2, "it is of type array"},
		{[]string{"explain", "new_checkout", "--context", "{"}, 2, "it ends too early"},
	} {
		r := s.run(c.args...)
		if r.code != c.code || !strings.Contains(r.errors, c.says) || strings.Contains(r.errors, "  /") || strings.Contains(r.errors, "strconv.") {
			t.Errorf("%.60q: exit status %d: %.300s", c.args, r.code, r.errors)
		}
	}
	missing := filepath.Join(t.TempDir(), "missing", "flags.yaml")
	if r := s.run("export", "-o", missing); r.code != 2 || !strings.Contains(r.errors, "open "+missing+": ") {
		t.Errorf("it says %s", r.errors)
	}
	s.stop()
	gonfalon(t, "serve", "--in-memory", "--log-level", "inf").has(t, 2, `did you mean "info"?`)
}
