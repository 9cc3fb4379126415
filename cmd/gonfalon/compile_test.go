package main

import (
	"os"
	"path/filepath"
	"testing"
)

const checkout = `
flags:
  - key: new_checkout
    gates:
      - {type: group, target: staff, enabled: true}
      - {type: percentage_of_actors, ratio: 0.25}
      - {type: prerequisite, target: payments_v2}
      - {type: rule, constraints: [{attribute: plan, operator: in, values: [team]}]}
      - {type: variant, variants: [{name: blue, weight: 1, payload: {hex: "#00f"}}, {name: green, weight: 1}]}
  - key: payments_v2
    gates: [{type: boolean, enabled: true}]
  - key: sale
    gates: [{type: schedule, from: 2026-11-27T00:00:00Z, until: 2026-11-28T00:00:00Z}]
  - key: sampled
    gates: [{type: percentage_of_time, ratio: 0.5}]
  - key: premium
    gates: [{type: segment, target: premium}]
segments:
  - key: premium
    constraints: [{attribute: spent, operator: gte, values: [100]}]
`

// compileFile compiles flags to a snapshot of the test's own.
func compileFile(t *testing.T, flags string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "s.snapshot")
	gonfalon(t, "compile", file(t, "flags.yaml", flags), "-o", out).must(t)
	return out
}

func TestCompile(t *testing.T) {
	first, err := os.ReadFile(compileFile(t, checkout))
	if err != nil {
		t.Fatal(err)
	}
	piped := gonfalonWith(t, checkout, "compile", "-", "-o", "-")
	if piped.must(t) != string(first) {
		t.Error("the same flags give other bytes")
	}
	out := filepath.Join(t.TempDir(), "s.snapshot")
	gonfalon(t, "compile", file(t, "flags.yaml", checkout), "-o", out).has(t, 0, "5 flags, 1 segment, ")
	gonfalon(t, "compile", file(t, "flags.yaml", checkout), "-o", out, "--env", "staging", "--revision", "41",
		"--lineage", "000102030405060708090a0b0c0d0e0f").has(t, 0, "5 flags, 1 segment, ")
	gonfalon(t, "eval", "--snapshot", out, "payments_v2").has(t, 0, "payments_v2 · staging · revision 41 · on  STATIC")
}

func TestCompileProblems(t *testing.T) {
	flags := file(t, "flags.yaml", "flags:\n  - key: a\n    gates: [{type: percentage_of_actors, ratio: 1.5}]\n  - key: b\n    gatess: []\n")
	out := filepath.Join(t.TempDir(), "s.snapshot")
	gonfalon(t, "compile", flags, "-o", out).has(t, 1, flags+": line 3: flag a", "/gates/0/ratio", "line 5: flag b", `did you mean "gates"?`)
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 0 {
		t.Errorf("something was written: %v %v", entries, err)
	}
	gonfalon(t, "compile", "missing.yaml", "-o", out).has(t, 2, "missing.yaml: no such file")
	gonfalon(t, "compile", file(t, "flags.yaml", checkout), "-o", filepath.Join(out, "deep", "s")).has(t, 2, "no such file")
	gonfalon(t, "compile", file(t, "flags.yaml", "flags: [{"), "-o", out).has(t, 1, "this is not YAML")
}
