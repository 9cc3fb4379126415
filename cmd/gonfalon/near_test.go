package main

import "testing"

func TestNearNames(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("envs", "create", "production").must(t)
	s.run("segments", "put", file(t, "s.yaml", "segments: [{key: premium, constraints: [{attribute: plan, operator: in, values: [pro]}]}]")).must(t)
	for _, args := range [][]string{{"flags", "get", "new_chekout"}, {"flags", "kill", "new_checkouts"}, {"flags", "history", "newcheckout"}, {"explain", "new_chckout"}} {
		s.run(args...).has(t, 1, `did you mean "new_checkout"?`)
	}
	s.run("segments", "get", "premum").has(t, 1, `did you mean "premium"?`)
	s.run("envs", "copy", "prodution", "default").has(t, 1, `did you mean "production"?`)
	s.run("envs", "copy", "default", "prodution").has(t, 1, `did you mean "production"?`)
	s.run("envs", "create", "staging", "--from", "prodution").has(t, 1, `did you mean "production"?`)
	s.run("flags", "promote", "new_checkout", "--to", "prodution").has(t, 1, `did you mean "production"?`)
	s.run("flags", "list", "--env", "porduction").has(t, 1, `did you mean "production"?`)
	s.run("audit", "--env", "defalt").has(t, 1, `did you mean "default"?`)

	// A misspelt key makes a new flag, which is said.
	s.run("flags", "enable", "new_chekout").has(t, 0, "created: new_chekout is on", "did you mean new_checkout?")
	s.run("flags", "disable", "something_else", "--dry-run").has(t, 0, "created: something_else is off")
	s.run("flags", "enable", "new_chekout").has(t, 0, "like that already")
	s.stop()
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"new_chekout", "new_checkout"},
		{"new_checkout", "new_checkouts"}, // not itself
		{"b", ""},                         // a is as near as any
		{"checkout", ""},
		{"größen", "größe"},
	} {
		if got := nearest(c.name, []string{"a", "new_checkout", "new_checkouts", "größe"}); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}
