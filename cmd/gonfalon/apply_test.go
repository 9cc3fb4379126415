package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// folder writes files of a test into a directory.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestApply(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "delete", "new_checkout").must(t)
	web := folder(t, map[string]string{
		"a.yaml":   "flags:\n  - {key: a, owner: web, gates: [{type: boolean, enabled: true}]}\n",
		"b/b.json": `{"flags": [{"key": "b", "owner": "web", "gates": [{"type": "segment", "target": "adults"}, {"type": "prerequisite", "target": "a"}]}]}`,
		"c.yml":    "segments: [{key: adults, constraints: [{attribute: age, operator: gte, values: [18]}]}]\n",
	})
	shop := file(t, "shop.yaml", "flags:\n  - {key: s, owner: shop, tags: [q4], gates: [{type: prerequisite, target: a}, {type: boolean, enabled: true}]}\n")
	s.run("apply", "-f", web, "--dry-run").has(t, 0, "create flag a", "create flag b", "create segment adults", "3 changes to default, nothing was written")
	s.run("apply", "-f", web, "--reason", "first").has(t, 0, "3 changes, revision")
	s.run("apply", "-f", web).has(t, 0, "is like that already")
	s.run("apply", "-f", web, "--drift").has(t, 0)
	s.run("apply", "-f", shop).has(t, 0, "1 change, revision") // which names a flag that is there

	// Somebody changes a flag by hand: that is seen, and put right.
	s.run("flags", "disable", "a").must(t)
	viewer := strings.TrimSpace(s.run("tokens", "create", "--role", "viewer", "-o", "json").must(t))
	var token api.Token
	if err := json.Unmarshal([]byte(viewer), &token); err != nil {
		t.Fatal(err)
	}
	reading := []string{"apply", "-f", web, "--endpoint", s.url, "--token", token.Secret}
	gonfalon(t, append(reading, "--drift")...).has(t, 1, "update flag a", "nothing was written")
	gonfalon(t, reading...).has(t, 1, "has no permission to write")
	s.run("apply", "-f", web).has(t, 0, "1 change, revision")

	// What the files don't have any more goes if it is the team's own.
	if err := os.Remove(filepath.Join(web, "b", "b.json")); err != nil {
		t.Fatal(err)
	}
	s.run("apply", "-f", web).has(t, 0, "is like that already")
	s.run("apply", "-f", web, "--prune", "--owner", "web").has(t, 0, "delete flag b", "1 change, revision")
	s.run("apply", "-f", shop, "--prune", "--tag", "q3").has(t, 0, "is like that already")
	s.run("apply", "-f", shop, "--prune", "--tag", "q4").has(t, 0, "is like that already")
	s.run("apply", "-f", shop, "--prune").has(t, 1, "a is still needed by s") // a would go, and s needs it
	s.run("apply", "-f", web, "-f", shop, "--prune").has(t, 0, "is like that already")
	s.run("apply", "-f", web, "--prune").has(t, 0, "delete flag s")
	if list := s.run("flags", "list", "-o", "name").must(t); list != "a\n" {
		t.Errorf("there are %q", list)
	}

	s.run("apply").has(t, 2, "-f is missing")
	for _, option := range []string{"--owner", "--tag"} { // a variable that a script didn't set
		s.run("apply", "-f", web, "--prune", option, "").has(t, 2, "it is empty")
	}
	s.run("apply", "-f", file(t, "empty.yaml", "flags: []\n"), "--prune").has(t, 1, "would delete everything")
	s.run("apply", "-f", web, "--drift", "--env", "nowhere").has(t, 2, "nowhere")
	s.run("apply", "-f", web, "--owner", "web").has(t, 2, "--prune")
	s.run("apply", "-f", file(t, "bad.yaml", "flags:\n  - key: x\n    gates: [{type: percentage_of_actors, ratio: 2}]\n")).has(t, 1, "bad.yaml: line 3", "between 0 and 1")
	s.run("apply", "-f", file(t, "lost.yaml", "flags: [{key: x, gates: [{type: prerequisite, target: nowhere}]}]")).has(t, 1, `there is no flag "nowhere"`)
	s.run("apply", "-f", web, "--if-match", "0-1").has(t, 1, "changed in the meantime")
	s.stop()
}

func TestApplyPreviews(t *testing.T) {
	s := serve(t, "--in-memory")
	rollout := func(ratio string) string {
		return file(t, "flags.yaml", "flags:\n  - {key: new_checkout, gates: [{type: percentage_of_actors, ratio: "+ratio+"}]}\n  - {key: child, gates: [{type: prerequisite, target: new_checkout}, {type: boolean, enabled: true}]}\n")
	}
	s.run("apply", "-f", rollout("0.25")).must(t)
	half := rollout("0.5")
	said := "new_checkout:\n  everyone else: 25% → 50% on; 25% turn on\n"
	for _, how := range []string{"--drift", "--dry-run"} {
		r := s.run("apply", "-f", half, "--preview", how, "-o", "json")
		if !strings.HasPrefix(r.errors, said) || !strings.Contains(r.errors, "child:\n  everyone else: 25% → 50% on; 25% turn on\n") || !json.Valid([]byte(r.out)) {
			t.Errorf("%s: %d %s%s", how, r.code, r.out, r.errors)
		}
	}
	s.run("apply", "-f", half, "--preview").has(t, 1, said, "[y/N]", "nothing was written") // nobody says yes
	s.run("apply", "-f", half, "--preview", "--yes").has(t, 0, said, "1 change, revision")
	s.run("apply", "-f", half, "--preview", "--timeout", "2s").has(t, 0, "is like that already")
	s.stop()
}

func TestSettingsAreAppliedOnlyIfAFileHasSome(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("envs", "set", "default", "--group-conflict", "allow_wins").must(t)
	plain := file(t, "plain.yaml", "flags: [{key: a}]\n")
	s.run("apply", "-f", plain).must(t)
	s.run("import", plain).has(t, 0, "is like that already")
	s.run("diff", plain, "--env", "default").has(t, 0)
	s.run("export").has(t, 0, "group_conflict: allow_wins")
	s.run("apply", "-f", file(t, "settings.yaml", "settings: {group_conflict: deny_wins}\n")).has(t, 0, "update environment default")
	s.stop()
}

// TestWhatAnOlderBuildKnowsIsNotAll has a server whose flags have a member that this build doesn't know.
func TestWhatAnOlderBuildKnowsIsNotAll(t *testing.T) {
	newer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		answer := `{"revision": 1, "time": "2026-11-27T00:00:00Z"}`
		if strings.HasSuffix(r.URL.Path, "/export") {
			answer = `{"flags": [{"key": "a", "new": 1}]}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer newer.Close()
	for _, line := range []string{"diff env:default env:default", "lint", "generate go", "export --as bandera-sql", "flags get a --revision 1"} {
		gonfalon(t, append(strings.Fields(line), "--endpoint", newer.URL, "--token", "x")...).has(t, 2, `what default has can't be read: line 1: flag a /new: `, "is this build older than the server?")
	}
}

func TestDiffOfTwoSides(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "enable", "a").must(t)
	s.run("envs", "create", "staging").must(t)
	one, two := file(t, "one.yaml", "flags: [{key: a, gates: [{type: boolean, enabled: true}]}, {key: gone}]\n"), file(t, "two.yaml", "flags: [{key: a, owner: web}]\n")
	gonfalon(t, "diff", one, two).has(t, 1, "update flag a", "delete flag gone", "2 changes from "+one+" to "+two)
	gonfalon(t, "diff", one, one).has(t, 0, "0 changes")
	s.run("diff", "env:default@2", "env:default").has(t, 1, "create flag a", "1 change from env:default@2 to env:default")
	s.run("diff", "env:default", "env:staging").has(t, 1, "delete flag a", "delete flag new_checkout")
	s.run("diff", "env:staging").has(t, 1, "create flag a") // with the one that --env says
	s.run("diff", "env:default@7d", "env:default").has(t, 1, "env:default@7d: default was created later, at 20", "create flag a", "2 changes from env:default@7d to env:default")
	s.run("diff", one, "env:default").has(t, 1, "create flag new_checkout", "delete flag gone")
	s.run("diff", "env:default@never", "env:default").has(t, 2, "a revision or a time")
	s.run("diff", "env:nowhere", "env:default").has(t, 2, "nowhere")
	s.run("diff", "env:other/default", "env:default").has(t, 2, `no server "other"`)
	for side, says := range map[string]string{"env:": "names no environment", "env:/default": "no server before", "env:default@0": "begin with 1", "env:default@-1": "begin with 1"} {
		s.run("diff", side, "env:default").has(t, 2, says)
	}
	s.run("diff", "-", "-").has(t, 2, "read once")
	s.run("apply", "-f", "-", "-f", "-").has(t, 2, "read once")
	s.run("diff", one, two, "--prune").has(t, 2, "compared whole")
	gonfalon(t, "diff", one, "nowhere.yaml").has(t, 2, "no such file")

	// What can't be read whole can't be compared: what isn't read would count as absent.
	dir := folder(t, map[string]string{"a.yaml": "flags: [{key: a}]\n", "b.yaml": "flags:\n- key: b\n  ower: web\n"})
	twice := folder(t, map[string]string{"a.yaml": "flags: [{key: a}]\n", "b.yaml": "flags: [{key: a, owner: web}]\n"})
	malformed := file(t, "malformed.yaml", "flags: [{key: a, gates: [{type: percentage_of_actors, ratio: 7}]}]\n")
	for _, args := range [][]string{{dir}, {dir, one}, {one, dir}, {filepath.Join(dir, "b.yaml"), one}, {filepath.Join(dir, "b.yaml")}, {dir, dir}} {
		s.run(append([]string{"diff"}, args...)...).has(t, 2, filepath.Join(dir, "b.yaml")+": line 3: ", `no field "ower"`)
	}
	gonfalon(t, "diff", twice, one).has(t, 2, filepath.Join(twice, "b.yaml")+`: line 1: flag a /key: there are two flags "a"`)
	gonfalon(t, "diff", malformed, malformed).has(t, 0, "0 changes")
	s.run("diff", malformed).has(t, 1, "update flag a", malformed+": line 1: flag a ")

	home(t)
	gonfalonWith(t, s.adminToken+"\n", "login", s.url, "--name", "here").must(t)
	gonfalon(t, "diff", "env:here/default", "env:default").has(t, 0, "0 changes")
	if r := gonfalon(t, "diff", "env:here/default@1", "env:default", "-o", "json"); r.code != 1 || !strings.Contains(r.out, `"op":"create"`) {
		t.Errorf("%d %s%s", r.code, r.out, r.errors)
	}
	s.stop()
}
