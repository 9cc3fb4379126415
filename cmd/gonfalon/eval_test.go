package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

func TestEval(t *testing.T) {
	s := compileFile(t, checkout)
	for _, c := range []struct{ args, says string }{
		{"new_checkout --actor user:3", "new_checkout · default · revision 0 · off  DEFAULT"},
		{"new_checkout --actor user:3 --group beta --group staff", "on  TARGETING_MATCH"},
		{"new_checkout --group staff", "on  TARGETING_MATCH"},
		{"new_checkout --actor user:3", `variant green`},
		{"payments_v2", "on  STATIC"},
		{"sale --now 2026-11-27T00:00:00Z", "on  TARGETING_MATCH"},
		{"sale --now 2026-11-27T23:59:59.999999Z", "on  TARGETING_MATCH"},
		{"sale --now 2026-11-28T00:00:00Z", "off  DEFAULT"},
		{"sampled --roll 7", "on  SPLIT"},
		{"sampled --roll 5", "off  DEFAULT"},
		{`premium --context {"spent":100}`, "on  TARGETING_MATCH"},
		{`premium --context {"spent":"1e2"}`, "on  TARGETING_MATCH"},
		{`premium --context {"spent":99.5}`, "off  DEFAULT"},
	} {
		t.Run(c.args, func(t *testing.T) {
			gonfalon(t, append([]string{"eval", "--snapshot", s}, strings.Fields(c.args)...)...).has(t, 0, c.says)
		})
	}
}

func TestEvalExplains(t *testing.T) {
	s := compileFile(t, checkout)
	gonfalon(t, "eval", "--snapshot", s, "new_checkout", "--actor", "user:3", "--context", `{"plan":"pro"}`, "--explain").has(t, 0,
		"on, as required", "in none of the flag's groups", `plan in ["team"]: it is "pro"`, "25% of actors: score 0.8610 > 0.2500")
	gonfalon(t, "eval", "--snapshot", s, "sale", "--now", "2026-11-28T00:00:00Z", "--explain").has(t, 0,
		"from 2026-11-27T00:00:00Z until 2026-11-28T00:00:00Z, and it is 2026-11-28T00:00:00Z")
	gonfalon(t, "eval", "--snapshot", s, "premium", "--context", `{"spent": 12345678901234567890123}`, "--explain").has(t, 0, "spent gte 100")
	gonfalon(t, "eval", "--snapshot", s, "premium", "--explain").has(t, 0, "the context is empty")

	var e api.Explanation
	out := gonfalon(t, "eval", "--snapshot", s, "new_checkout", "--actor", "user:3", "--group", "staff", "--explain", "-o", "json").must(t)
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		t.Fatal(err)
	}
	if !e.Enabled || e.Gate != "group" || e.Target != "staff" || *e.Variant != "green" || len(e.Steps) != 2 || e.Steps[1].Outcome != "yes" {
		t.Errorf("%s", out)
	}
}

func TestEvalRefuses(t *testing.T) {
	s := compileFile(t, checkout)
	for _, c := range []struct {
		code int
		args []string
		says string
	}{
		{2, []string{"--context", "plan=pro"}, "--context"},
		{2, []string{"--context", `{"plan": "pro"} {}`}, "more after the JSON"},
		{2, []string{"--context", `["plan"]`}, "--context"},
		{2, []string{"--now", "tomorrow"}, "2026-11-27T00:00:00Z"},
		{2, []string{"--roll", "-1"}, "--roll"},
		{2, []string{"--snapshot", os.DevNull}, "engine: "},
		{2, []string{"--snapshot", file(t, "x", strings.Repeat("x", 100))}, "engine: "},
		{1, []string{"--snapshot", compileFile(t, "flags: []")}, `there is no flag "payments_v2"`},
	} {
		gonfalon(t, append([]string{"eval", "payments_v2", "--snapshot", s}, c.args...)...).has(t, c.code, c.says)
	}
}
