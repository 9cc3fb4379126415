package main

import (
	"strings"
	"testing"
)

func TestExitStatus(t *testing.T) {
	s := serve(t, "--in-memory")
	same := file(t, "same.yaml", s.run("export").must(t))
	other := file(t, "other.yaml", checkout)
	s.run("flags", "enable", "upsell", "--requires", "new_checkout").must(t)
	viewer, _, _ := strings.Cut(s.run("tokens", "create", "--role", "viewer").must(t), "\n")
	for _, c := range []struct {
		args string
		code int
	}{
		{"flags list", 0},
		{"flags list --prefix nothing", 0},
		{"flags enable upsell --dry-run", 0},
		{"diff " + same, 0},

		{"generate go " + t.TempDir(), 2}, // it has no file

		{"diff " + other, 1},
		{"diff " + same + " --prune", 1},
		{"flags get nothing", 1},
		{"flags kill nothing", 1},
		{"flags history nothing", 1},
		{"flags delete new_checkout", 1},
		{"flags enable upsell --if-match other", 1},
		{"flags enable upsell --percentage-of-actors 2", 1},
		{"flags enable upsell --percentage-of-actors 2 --preview", 1},
		{"flags enable upsell --preview", 1}, // nobody says yes
		{"flags rollback upsell 999", 1},
		{"flags put " + file(t, "bad.json", `{"key": "a", "gatess": []}`), 1},
		{"flags list --env nothing", 1},
		{"flags list --token wrong", 1},
		{"flags enable upsell --token " + viewer, 1},
		{"explain nothing", 1},
		{"audit --env nothing", 1},
		{"audit --failures --env nothing", 1},
		{"audit --flag nothing", 1},
		{"audit --flag nothing --env default", 1},
		{"audit --segment nothing", 1},
		{"export --env nothing", 1},
		{"envs delete default --yes", 1},
		{"tokens revoke nothing", 1},
		{"webhooks delete nothing", 1},
		{"compile " + file(t, "bad.yaml", "flags: [{key: a, gatess: []}]") + " -o " + t.TempDir() + "/s", 1},
		{"eval nothing --snapshot " + compileFile(t, checkout), 1},

		{"nonsense", 2},
		{"flags nonsense", 2},
		{"flags list more", 2},
		{"flags list --nonsense", 2},
		{"flags list -o nonsense", 2},
		{"flags list --endpoint http://127.0.0.1:1", 2},
		{"flags list --timeout 1ns", 2},
		{"flags list --ca-cert missing.pem", 2},
		{"flags put missing.yaml", 2},
		{"diff missing.yaml", 2},
		{"diff " + file(t, "broken.yaml", "flags: [{"), 2},
		{"diff " + same + " --env nothing", 2},
		{"diff " + same + " --token wrong", 2},
		{"diff " + same + " --endpoint http://127.0.0.1:1", 2},
		{"envs delete staging", 2},
		{"envs delete staging --confirm other", 2},
		{"eval nothing --snapshot missing.snapshot", 2},
	} {
		t.Run(strings.ReplaceAll(c.args, "/", "|"), func(t *testing.T) {
			args := strings.Fields(c.args)
			for _, setting := range [][2]string{{"--endpoint", s.url}, {"--token", s.adminToken}} {
				if !strings.Contains(c.args, setting[0]) && args[0] != "compile" && args[0] != "eval" && !strings.Contains(c.args, "nonsense") {
					args = append(args, setting[0], setting[1])
				}
			}
			got := gonfalon(t, args...)
			got.has(t, c.code)
			if (c.code == 2) != (strings.HasPrefix(got.errors, "gonfalon: ")) && c.code != 1 {
				t.Errorf("it says %q", got.errors)
			}
		})
	}
	s.stop()
}
