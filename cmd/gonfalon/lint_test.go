package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gonfalon-flags/gonfalon/engine/lint"
)

// lintFolder has two files of one set, of which one has what lint finds.
func lintFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.yaml": "flags:\n  - key: checkout\n    owner: web\n    gates:\n      - {type: boolean, enabled: true}\n" +
			"      - {type: percentage_of_actors, ratio: 0.1}\n      - {type: prerequisite, target: payments}\n",
		"sub/b.json":       `{"flags": [{"key": "payments", "owner": "web", "gates": [{"type": "boolean", "enabled": true}]}]}`,
		"sub/.hidden.yaml": "flags: [{key: 7}]",
		"README.md":        "no flags",
	} {
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

func TestLint(t *testing.T) {
	dir := lintFolder(t)
	a := filepath.Join(dir, "a.yaml")
	gonfalon(t, "lint", dir).has(t, 1, a+":6: warning: flag checkout (percentage) /gates/1: ", "[shadowed-gate]", "0 errors, 1 warning and 0 notes in 2 flags of 2 files")
	gonfalon(t, "lint", a).has(t, 1, a+`:7: error: flag checkout (prerequisite/payments) /gates/2/target: there is no flag "payments"`)
	gonfalon(t, "lint", dir, "--fail-on", "error").has(t, 0, "[shadowed-gate]")
	gonfalon(t, "lint", dir, "--without", "shadowed-gate").has(t, 0, "nothing found in 2 flags of 2 files")
	gonfalon(t, "lint", dir, "--only", "never-on").has(t, 0, "nothing found")
	gonfalon(t, "lint", dir, "--owners", file(t, "OWNERS", "# who\nshop\n")).has(t, 1, `"web" isn't among the owners`)
	gonfalon(t, "lint", dir, "--only", "shadow-gate").has(t, 2, `did you mean "shadowed-gate"?`)
	gonfalon(t, "lint", dir, "--fail-on", "all").has(t, 2, "note, warning or error")
	gonfalon(t, "lint", t.TempDir()).has(t, 2, "no file of flags")
	gonfalon(t, "lint", filepath.Join(dir, "nowhere")).has(t, 2, "no such file")
	gonfalonWith(t, "flags: [{key: sale, gates: [{type: schedule, until: 2026-01-01T00:00:00Z}]}]", "lint", "-", "--at", "2026-02-01T00:00:00Z").has(t, 1, "past-schedule")
	gonfalonWith(t, "flags: [{key: sale, gates: [{type: schedule, until: 2026-01-01T00:00:00Z}]}]", "lint", "-", "--at", "2025-02-01T00:00:00Z").has(t, 0)
	gonfalonWith(t, "flags: {", "lint", "-").has(t, 1, "invalid")
	out := gonfalon(t, "lint", "--rules").must(t)
	for _, r := range lint.Rules() {
		if !strings.Contains(out, r.ID+" ("+r.Level.String()+")") {
			t.Errorf("--rules says nothing of %s", r.ID)
		}
	}
}

func TestLintTellsOfTwoFilesThatDisagree(t *testing.T) {
	one := file(t, "one.yaml", "settings: {group_conflict: deny_wins}\nflags: [{key: a}]\n")
	two := file(t, "two.yaml", "settings: {group_conflict: allow_wins}\nflags: [{key: a}]\n")
	gonfalon(t, "lint", one, two).has(t, 1, `there are two flags "a"`, "it is allow_wins here, and deny_wins in "+one)
}

func TestLintOfAnEnvironment(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "enable", "all").must(t)
	s.run("flags", "enable", "all", "--percentage-of-actors", "0.5").must(t)
	s.run("flags", "enable", "old").must(t)
	s.run("flags", "kill", "old").must(t)
	s.run("lint").has(t, 1, "default: warning: flag all (percentage) /gates/1: ", "[shadowed-gate]")
	s.run("lint", "--stale", "1ms", "--killed", "1ms").has(t, 1, "no host has ever evaluated it", "[stale-flag]", "[long-killed]")
	path := file(t, "flags.yaml", "flags: [{key: old, killed: true}]")
	s.run("lint", path, "--usage", "--stale", "1ms").has(t, 1, "flags.yaml:1: warning: flag old", "[stale-flag]")
	s.run("lint", path).has(t, 0)
	s.stop()
}

func TestLintWritesSARIF(t *testing.T) {
	text, err := os.ReadFile("testdata/sarif-2.1.0.schema.json") // OASIS's, of errata 1
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := lintFolder(t)
	for _, args := range [][]string{{dir}, {dir, "--without", "shadowed-gate"}} {
		out := gonfalon(t, append([]string{"lint", "-o", "sarif", "--fail-on", "error"}, args...)...).must(t)
		log, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(log); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	var log sarif
	if err := json.Unmarshal([]byte(gonfalon(t, "lint", "-o", "sarif", "--fail-on", "error", dir).out), &log); err != nil {
		t.Fatal(err)
	}
	results := log.Runs[0].Results
	if len(results) != 1 || results[0].Rule != lint.ShadowedGate || results[0].Locations[0].Physical.Region["startLine"] != 6 ||
		!strings.HasSuffix(results[0].Locations[0].Physical.Artifact["uri"], "/a.yaml") {
		t.Errorf("%+v", results)
	}
}

func TestLintWritesJUnit(t *testing.T) {
	var report junitSuites
	out := gonfalon(t, "lint", "-o", "junit", lintFolder(t))
	out.has(t, 1)
	if err := xml.Unmarshal([]byte(out.out), &report); err != nil {
		t.Fatal(err)
	}
	cases := report.Suite.Cases
	if report.Tests != 2 || report.Failures != 1 || cases[0].Name != "flag checkout" || cases[0].Failure.Type != lint.ShadowedGate || cases[1].Failure != nil {
		t.Errorf("%+v", report)
	}
}

func TestLintEscapesWhatItFinds(t *testing.T) {
	path := file(t, "flags.json", `{"flags": [{"key": "a", "gates": [{"type": "actor", "target": "\u001b[2J\u202e", "enabled": false}]}]}`)
	for _, form := range lintForms {
		r := gonfalon(t, "lint", path, "-o", form)
		r.has(t, 1, "dead-gate")
		if strings.ContainsAny(r.out, "\x1b\u202e") && form != "json" && form != "sarif" {
			t.Errorf("%s: %q", form, r.out)
		}
		if strings.Contains(r.out, "\x1b") {
			t.Errorf("%s: %q", form, r.out)
		}
	}
}
