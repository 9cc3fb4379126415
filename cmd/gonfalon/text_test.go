package main

import (
	"fmt"
	"strings"
	"testing"
)

// hostile is a text as nobody means well: it clears the screen, forges a line and turns the direction of what follows.
const hostile = "a\x1b[2J\r\nforged\tb\u009b1m\u202e\u2028c"

// What users write reaches a terminal with its control characters escaped, whatever the verb and its form.
func TestNothingReachesATerminalRaw(t *testing.T) {
	s := serve(t, "--in-memory")
	flag := fmt.Sprintf(`{"key": "hostile", "description": "two\nlines", "gates": [{"type": "actor", "target": %[1]q, "enabled": true},
		{"type": "rule", "constraints": [{"attribute": %[1]q, "operator": "in", "values": [%[1]q]}]},
		{"type": "variant", "variants": [{"name": "only", "weight": 1, "payload": %[1]q}]}]}`, hostile)
	flag = strings.ReplaceAll(flag, `\x1b`, `\u001b`) // JSON has no \x
	s.run("flags", "put", file(t, "f.json", flag)).must(t)
	constraints := flag[strings.Index(flag, `[{"attribute"`) : strings.Index(flag, `]}]},`)+3]
	s.run("segments", "put", file(t, "s.json", `{"key": "hostile", "constraints": `+constraints+`}`)).must(t)
	s.run("envs", "create", "hostile", "--description", "two\nlines").must(t)
	s.run("tokens", "create", "--role", "viewer", "--name", hostile).has(t, 1, "control character")
	s.run("webhooks", "create", hostile, "https://chat.example/hook").has(t, 1, "control character")
	s.run("flags", "enable", "hostile", "--actor", hostile, "--if-match", "other", "--reason", hostile).has(t, 1)
	s.run("audit").has(t, 0, `a\x1b[2J\r\nforged`)
	copied := file(t, "copy.yaml", s.run("export").must(t))
	for _, args := range []string{
		"flags list", "flags get hostile", "flags history hostile", "flags kill hostile --dry-run", "flags delete hostile --preview --dry-run --yes", "segments list",
		"segments get hostile", "envs list", "tokens list", "webhooks list", "audit", "audit --failures", "stale --for 0d", "explain hostile --actor a",
		"diff " + copied + " --env hostile", "envs copy default hostile --dry-run", "export", "flags get " + hostile, "audit --by " + hostile,
	} {
		for _, form := range append(forms, "") {
			words := strings.Split(args, " ")
			if v := verbs[words[0]]; form != "" && (v.prints || len(words) > 1 && verbs[words[0]+" "+words[1]].prints) {
				words = append(words, "-o", form)
			}
			got := s.run(words...)
			for i, r := range got.out + got.errors {
				if obeyed(r) && r != '\n' {
					t.Errorf("%s -o %s: %q in %.300q", args, form, r, (got.out + got.errors)[max(0, i-100):])
					break
				}
			}
			if strings.Contains("\n"+got.out+got.errors, "\nforged") {
				t.Errorf("%s -o %s: a line is forged", args, form)
			}
		}
	}
	s.stop()
}

func TestVisible(t *testing.T) {
	if got := visible(hostile); got != `a\x1b[2J\r\nforged\tb\u009b1m\u202e\u2028c` {
		t.Errorf("%s", got)
	}
	if got := visible("größe 👩‍🚀 → ok"); got != "größe 👩‍🚀 → ok" {
		t.Errorf("%s", got)
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}
