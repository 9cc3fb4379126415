package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

func TestFlagVerbs(t *testing.T) {
	s := serve(t, "--in-memory")
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"enable", "parent"}, 0, []string{"parent is on at revision", "everyone"}},
		{[]string{"enable", "parent"}, 0, []string{"like that already"}},
		{[]string{"disable", "parent"}, 0, []string{"parent is off", "no gate is on"}},
		{[]string{"enable", "a", "--actor", "user:42"}, 0, []string{"a is partial", "(user:42)"}},
		{[]string{"disable", "a", "--group", "staff"}, 0, []string{"not group staff"}},
		{[]string{"enable", "a", "--percentage-of-actors", "0.3"}, 0, []string{"30\u202f% of actors"}},
		{[]string{"disable", "a", "--percentage-of-time", "0.25"}, 0, []string{"75\u202f% of time"}},
		{[]string{"enable", "a", "--when", `plan in ["pro", "team"]`, "--when", "age gte 18"}, 0, []string{"plan in pro, team and age ≥ 18"}},
		{[]string{"enable", "a", "--when", `{"attribute": "mail", "operator": "matches", "values": ["@example\\.com$"]}`}, 0, []string{"mail matches"}},
		{[]string{"enable", "a", "--requires-off", "parent"}, 0, []string{"needs parent off"}},
		{[]string{"enable", "a", "--from", "2026-11-27T00:00:00Z", "--until", "2026-11-28T00:00:00Z"}, 0, []string{"everyone from 27 Nov 2026, 00:00 UTC until 28 Nov"}},
		{[]string{"variants", "a", "blue=1:\"#00f\"", "green=2.5:\"#0f0\""}, 0, []string{"as blue 28.6\u202f%, green"}},
		{[]string{"clear", "a", "--variant"}, 0, []string{"a is partial"}},
		{[]string{"clear", "a", "--actor", "user:42"}, 0, []string{"a is partial"}},
		{[]string{"kill", "a"}, 0, []string{"a is killed"}},
		{[]string{"revive", "a"}, 0, []string{"a is partial"}},
		{[]string{"clear", "a", "--all", "--dry-run"}, 0, []string{"nothing was written"}},
		{[]string{"get", "a"}, 0, []string{"# partial: mail matches", "target: staff", "attribute: mail"}},
		{[]string{"clear", "a", "--all"}, 0, []string{"a is off"}},
		{[]string{"delete", "a", "--if-match", "other"}, 1, []string{"changed in the meantime"}},
		{[]string{"enable", "b", "--segment", "nobody"}, 1, []string{`--segment: there is no segment "nobody"`}},
		{[]string{"enable", "b", "--segment", "nobody", "--allow-missing"}, 0, []string{"warning", "segment nobody"}},
		{[]string{"enable", "b", "--percentage-of-actors", "1.5"}, 1, []string{"between 0 and 1"}},
		{[]string{"enable", "b", "--actor", "x", "--group", "y"}, 2, []string{"one scope at a time"}},
		{[]string{"enable", "b", "--when", "plan"}, 2, []string{"attribute operator value"}},
		{[]string{"enable", "b", "--when", "plan is pro"}, 2, []string{`there is no operator "is"`}},
		{[]string{"clear", "b"}, 2, []string{"--all"}},
		{[]string{"clear", "b", "--all", "--rule"}, 2, []string{"which is meant"}},
		{[]string{"variants", "b", "blue"}, 2, []string{"NAME=WEIGHT"}},
		{[]string{"kill", "missing"}, 1, []string{"missing"}},
		{[]string{"rollback", "a", "two"}, 2, []string{"not a revision"}},
		{[]string{"delete", "b"}, 0, []string{"b is deleted"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			s.t = t
			s.run(append([]string{"flags"}, c.args...)...).has(t, c.code, c.says...)
		})
	}
	s.t = t
	var page api.FlagPage
	if err := json.Unmarshal([]byte(s.run("flags", "list", "--prefix", "pa", "-o", "json").must(t)), &page); err != nil || page.Total != 1 {
		t.Errorf("%v %+v", err, page)
	}
	s.run("audit", "--flag", "a", "--limit", "3").has(t, 0, "flag.clear", "there is more")
	s.run("audit", "--failures").has(t, 0, "precondition_failed")
	s.stop()
}

// A whole flag that was got can be put again, in both forms.
func TestFlagsGetAndPut(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "variants", "hero", `blue=1:{"hex": "#00f"}`, `green=1:{"hex": "#0f0"}`).must(t)
	for name, text := range map[string]string{
		"hero.yaml": s.run("flags", "get", "hero").must(t),
		"hero.json": s.run("flags", "get", "hero", "-o", "json").must(t),
	} {
		s.run("flags", "put", file(t, name, text)).has(t, 0, "like that already")
		s.run("flags", "put", file(t, name, strings.ReplaceAll(text, "green", "red")), "--reason", "another colour").has(t, 0, "hero is off at revision")
		s.run("flags", "get", "hero").has(t, 0, "name: red")
		s.run("flags", "put", file(t, name, text)).must(t)
	}
	s.run("flags", "put", file(t, "two.yaml", "flags: [{key: a}, {key: b}]")).has(t, 1, "2 flags", "it must have one flag")
	s.run("flags", "put", file(t, "bad.json", `{"key": "a", "gatess": []}`)).has(t, 1, `did you mean "gates"?`)
	s.run("flags", "put", file(t, "keyless.json", `{"gates": []}`)).has(t, 1, `"key" is missing`)
	s.stop()
}

func TestPreview(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "enable", "upsell", "--requires", "new_checkout").must(t)
	s.run("flags", "enable", "upsell").must(t)
	change := []string{"flags", "enable", "new_checkout", "--percentage-of-actors", "0.5", "--preview", "--endpoint", s.url, "--token", s.adminToken}
	no := gonfalonWith(t, "n\n", change...)
	no.has(t, 1, "percentage 25% of actors → percentage 50% of actors", "everyone else: 25% → 50% on; 25% turn on",
		"  upsell, which depends on it: 25% → 50% on; 25% turn on", "nothing changes in 2 other situations", "Write it to default at "+s.url+"? [y/N]", "nothing was written")
	s.run("flags", "get", "new_checkout").has(t, 0, "ratio: 0.25")
	gonfalonWith(t, "", change...).has(t, 1, "nothing was written") // no answer is no yes
	s.run("flags", "enable", "new_checkout", "--group", "beta", "--preview", "--dry-run").has(t, 0, "75% turn on", "dry run, nothing was written")
	s.run("flags", "delete", "upsell", "--preview", "--dry-run").has(t, 0, "dry run, nothing was written")
	gonfalonWith(t, "y\n", change...).has(t, 0, "50\u202f% of actors")
	s.run("flags", "enable", "brand_new", "--preview", "--yes").has(t, 0, "everyone else: off → on", "without an actor: off → on", "brand_new is on")
	s.run("flags", "delete", "brand_new", "--preview", "--yes").has(t, 0, "everyone else: on → off", "brand_new is deleted")
	s.run("flags", "enable", "new_checkout", "--group", "beta", "--preview", "--yes").has(t, 0, "members of group beta: 50% → 100% on; 50% turn on")
	s.run("flags", "disable", "new_checkout", "--actor", "user:3", "--preview", "--yes").has(t, 0, "nothing changes in")
	contexts := file(t, "contexts.jsonl", "user:1\n\n\"user:2\"\n{\"targetingKey\": \"user:9\", \"groups\": [\"staff\"], \"n\": 12345678901234567890}\n")
	s.run("flags", "disable", "new_checkout", "--group", "staff", "--preview", "--yes", "--contexts", contexts).has(t, 0, "members of group staff: on → off", "3 contexts in "+contexts+": none turn on, 1 turn off")
	s.run("flags", "enable", "new_checkout", "--preview", "--contexts", file(t, "bad.jsonl", "user:1\n{]\n")).has(t, 2, "line 2 is no JSON object")
	s.run("flags", "enable", "new_checkout", "--contexts", contexts).has(t, 2, "--contexts is for --preview")
	s.stop()
}

func TestExplain(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("explain", "new_checkout", "--actor", "user:3", "--context", `{"plan": "pro"}`).has(t, 0,
		"new_checkout · default · revision", "off  DEFAULT", "group", "percentage_of_actors", "0.8610")
	s.run("explain", "new_checkout", "--actor", "user:3", "--group", "staff").has(t, 0, "on  TARGETING_MATCH", "staff")
	s.run("flags", "enable", "new_checkout").must(t)
	s.run("explain", "new_checkout").has(t, 0, "on  STATIC")
	s.run("explain", "new_checkout", "--revision", "2").has(t, 0, "revision 2 · off")
	s.run("explain", "new_checkout", "--at", "later").has(t, 2, "--at")
	rule := file(t, "rule.yaml", `flags: [{key: traced, gates: [{type: actor, target: "user:7", enabled: true},
  {type: rule, enabled: true, constraints: [{attribute: plan, operator: in, values: [team]}]}, {type: percentage_of_actors, ratio: 0.25}]}]`)
	s.run("flags", "put", rule).must(t)
	out := s.run("explain", "traced", "--actor", "user:3", "--context", `{"plan": "pro"}`, "--trace").must(t)
	if want := `traced · default · revision 4 · off  DEFAULT
 1. actor user:3 → no, so the next gate
    not named
 2. rule → no, so the next gate
    plan in ["team"]: it is "pro", which doesn't hold
 3. boolean → no, so the next gate
    off
 4. percentage_of_actors → no, so the next gate
    25% of actors: score 0.4625 > 0.2500
    drew 30312 of at most 65535, and up to 16384 is granted: not granted
    the first two bytes of SHA-256("user:3traced")
no gate decides, so it is off
`; out != want {
		t.Errorf("%s\nwant %s", out, want)
	}
	s.run("explain", "traced", "--actor", "user:3", "--trace", "-o", "json").has(t, 0, `"input":"user:3traced"`, `"drawn":`, `"most":16384`)
	sum := sha256.Sum256([]byte("user:3traced"))
	s.run("explain", "traced", "--actor", "user:3", "--trace").has(t, 0, fmt.Sprintf("drew %d of", binary.BigEndian.Uint16(sum[:])))
	s.run("explain", "nothing").has(t, 1, `there is no flag "nothing" in default`)
	s.stop()
}

func TestSegmentsAndEnvironments(t *testing.T) {
	s := serve(t, "--in-memory")
	premium := file(t, "s.yaml", "segments:\n  - key: premium\n    constraints: [{attribute: plan, operator: in, values: [pro]}]\n")
	s.run("segments", "put", premium).has(t, 0, "premium has 1 constraint")
	s.run("flags", "enable", "lounge", "--segment", "premium").must(t)
	s.run("segments", "list").has(t, 0, "premium", "lounge")
	s.run("segments", "put", file(t, "again.yaml", s.run("segments", "get", "premium").must(t))).must(t)
	s.run("segments", "delete", "premium").has(t, 1, "lounge")
	s.run("envs", "create", "staging", "--from", "default", "--description", "before").has(t, 0, "staging has 2 flags and 1 segment")
	s.run("envs", "set", "staging", "--group-conflict", "allow_wins").has(t, 0, "allow_wins")
	s.run("envs", "list").has(t, 0, "default", "staging", "before")
	s.run("flags", "enable", "lounge", "--env", "staging").must(t)
	s.run("envs", "copy", "staging", "default", "--flag", "lounge", "--dry-run").has(t, 0, "update flag lounge", "+ boolean on", "nothing was written")
	s.run("envs", "copy", "staging", "default", "--flag", "lounge").has(t, 0, "1 change, revision")
	s.run("envs", "rollback", "staging", "1").must(t)
	s.run("envs", "delete", "staging").has(t, 2, "--confirm staging")
	s.run("envs", "delete", "staging", "--confirm", "staging").has(t, 0, "staging is deleted")
	s.run("flags", "list", "--env", "staging").has(t, 1, "staging")
	s.stop()
}

func TestImportExportDiff(t *testing.T) {
	s := serve(t, "--in-memory")
	out := filepath.Join(t.TempDir(), "flags.yaml")
	flags := file(t, "flags.yaml", checkout)
	s.run("diff", flags).has(t, 1, "create flag premium", "create segment premium", "nothing was written")
	s.run("import", flags, "--reason", "from the repository").has(t, 0, "create flag premium")
	s.run("diff", flags).has(t, 0, "0 changes")
	s.run("export", "-o", out).must(t)
	s.run("diff", out, "--prune").has(t, 0, "0 changes")
	s.run("export", "--revision", "2").has(t, 0, "new_checkout")
	// What was exported compiles as it is.
	gonfalon(t, "compile", out, "-o", filepath.Join(t.TempDir(), "s")).must(t)
	bad := file(t, "bad.yaml", "flags:\n  - key: x\n    gates:\n      - {type: percentage_of_actors, ratio: 7}\n      - {type: prerequisite, target: x}\n  - key: y\n    gates: [{type: segment, target: ghost}]\n")
	wrong := s.run("import", bad)
	wrong.has(t, 1, bad+": line 4: flag x /gates/0/ratio: ", "between 0 and 1", bad+": line 5: flag x /gates/1", bad+": line 7: flag y /gates/0/target: ")
	s.run("flags", "get", "x").has(t, 1, "there is no flag")
	s.run("import", bad, "--tolerant").has(t, 0, "warning: "+bad+": line 4: flag x /gates/0/ratio: ", "create flag y")
	s.run("stale", "--for", "0d").has(t, 0, "stale")
	s.run("import", file(t, "none.yaml", "flags: []"), "--prune", "--dry-run").has(t, 0, "delete flag new_checkout")
	s.stop()
}

func TestTokens(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data-dir", dir)
	made := s.run("tokens", "create", "--name", "reader", "--role", "viewer", "--for-env", "default", "--expires", "90d").must(t)
	reader, _, _ := strings.Cut(made, "\n")
	gonfalon(t, "flags", "list", "--endpoint", s.url, "--token", reader).has(t, 0, "new_checkout")
	gonfalon(t, "flags", "enable", "x", "--endpoint", s.url, "--token", reader).has(t, 1, "viewer")
	s.run("tokens", "create").has(t, 2, "--role is missing")
	s.run("tokens", "create", "--role", "king").has(t, 2, "king")
	list := s.run("tokens", "list", "-o", "json").must(t)
	if strings.Contains(list, reader) {
		t.Error("the list shows a token")
	}
	s.stop()

	// The admin token is lost: a new one is made while the server is stopped.
	lost := s.adminToken
	s.adminToken, _, _ = strings.Cut(gonfalon(t, "tokens", "create", "--data-dir", dir).must(t), "\n")
	gonfalon(t, "tokens", "list", "--data-dir", dir, "-o", "wide").has(t, 0, "first admin", "reader", "gonfalon, on the store")
	again := serve(t, "--data-dir", dir)
	again.adminToken = s.adminToken
	var tokens api.TokenList
	if err := json.Unmarshal([]byte(again.run("tokens", "list", "-o", "json").must(t)), &tokens); err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens.Tokens {
		if token.Name == "first admin" {
			again.run("tokens", "revoke", token.ID).has(t, 0, "revoked")
		}
	}
	gonfalon(t, "flags", "list", "--endpoint", again.url, "--token", lost).has(t, 1, "GONFALON_TOKEN")
	again.stop()
	gonfalon(t, "tokens", "create", "--data-dir", filepath.Join(dir, "typo")).has(t, 2, "not a data directory")
}

func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	old, saved := filepath.Join(dir, "old"), filepath.Join(dir, "gonfalon.backup")
	s := serve(t, "--data-dir", old)
	s.run("flags", "enable", "kept").must(t)
	s.run("backup", "-o", saved).has(t, 0, "saved in")
	if info, err := os.Stat(saved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode is %v (%v)", info.Mode(), err)
	}
	lineage := s.lineage()
	s.stop()
	gonfalon(t, "backup", "--data-dir", old, "-o", filepath.Join(dir, "offline.backup")).must(t)
	for _, from := range []string{saved, filepath.Join(dir, "offline.backup")} {
		fresh := filepath.Join(t.TempDir(), "new")
		gonfalon(t, "restore", from, "--data-dir", fresh, "--reason", "a new disk").has(t, 0, "restored 1 environment (default)")
		gonfalon(t, "restore", from, "--data-dir", fresh).has(t, 1, "empty")
		restored := serve(t, "--data-dir", fresh)
		restored.adminToken = s.adminToken
		restored.run("flags", "get", "kept").has(t, 0, "enabled: true")
		if restored.lineage() == lineage {
			t.Error("the lineage is the old one")
		}
		restored.stop()
	}
	gonfalon(t, "restore", file(t, "x.backup", "nonsense"), "--data-dir", filepath.Join(dir, "x")).has(t, 1, "not a backup")
}

func (s *server) lineage() string {
	s.t.Helper()
	var envs api.EnvironmentList
	if err := json.Unmarshal([]byte(s.run("envs", "list", "-o", "json").must(s.t)), &envs); err != nil || len(envs.Environments) != 1 {
		s.t.Fatalf("%v %v", err, envs)
	}
	return envs.Environments[0].Lineage
}

func TestWebhooks(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("webhooks", "create", "chat", "https://chat.example/hook").has(t, 0, "secret ")
	var list api.WebhookList
	if err := json.Unmarshal([]byte(s.run("webhooks", "list", "-o", "json").must(t)), &list); err != nil || len(list.Webhooks) != 1 {
		t.Fatalf("%v %v", err, list)
	}
	s.run("webhooks", "list").has(t, 0, "chat.example")
	s.run("webhooks", "delete", list.Webhooks[0].ID).has(t, 0, "deleted")
	s.stop()
}

func TestServerErrors(t *testing.T) {
	gonfalon(t, "flags", "list").has(t, 2, "GONFALON_TOKEN")
	gonfalon(t, "flags", "list", "--token", "x", "--endpoint", "localhost").has(t, 2, "--endpoint")
	gonfalon(t, "flags", "list", "--token", "x", "--endpoint", "http://127.0.0.1:1").has(t, 2, "does not answer", "is it running")
	gonfalon(t, "flags", "list", "--token", "x", "--ca-cert", "missing.pem").has(t, 2, "missing.pem")
}
