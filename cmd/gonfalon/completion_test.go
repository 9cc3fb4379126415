package main

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCompletion(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "enable", "checkout").must(t)
	s.run("flags", "enable", "checkout_two").must(t)
	s.run("flags", "enable", `z\back`).must(t)
	s.run("segments", "put", file(t, "s.json", `{"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [18]}]}`)).must(t)
	s.run("envs", "create", "staging").must(t)
	for _, c := range []struct {
		line []string
		want []string
	}{
		{[]string{"flags", "kill", "check"}, []string{"checkout", "checkout_two"}},
		{[]string{"flags", "kill", "--env", "staging", "check"}, nil},
		{[]string{"flags", "get", "checkout", ""}, nil},
		{[]string{"flags", "get", "z"}, nil},
		{[]string{"explain", "checkout_"}, []string{"checkout_two"}},
		{[]string{"segments", "get", ""}, []string{"adults"}},
		{[]string{"flags", "list", "--env", ""}, []string{"default", "staging"}},
		{[]string{"envs", "copy", "def"}, []string{"default"}},
		{[]string{"envs", "copy", "default", "sta"}, []string{"staging"}},
		{[]string{"flags", "enable", "x", "--segment", ""}, []string{"adults"}},
		{[]string{"flags", "enable", "x", "--requires", "checkout_"}, []string{"checkout_two"}},
		{[]string{"flags", "enable", "x", "--when", "plan se"}, []string{"plan semver_gte", "plan semver_lt"}},
		{[]string{"flags", "promote", "checkout", "--to", "st"}, []string{"staging"}},
		{[]string{"flags", "list", "--state", ""}, []string{"on", "off", "partial", "killed"}},
		{[]string{"tokens", "create", "--role", ""}, []string{"admin", "editor", "viewer", "sdk", "client"}},
	} {
		args := append(append([]string{"__complete"}, c.line[:1]...), append([]string{"--endpoint", s.url, "--token", s.adminToken}, c.line[1:]...)...)
		complete := func() []string {
			lines := strings.Split(gonfalon(t, args...).must(t), "\n")
			return lines[:len(lines)-2]
		}
		got := complete()
		if len(got) == 0 && len(c.want) > 0 {
			got = complete() // the server may have taken longer than a shell waits
		}
		if !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%v: %q, want %q", c.line, got, c.want)
		}
	}
	s.stop()
}

// A shell doesn't hang, and shows no error among the names, when the control plane doesn't answer.
func TestCompletionOfASilentServer(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	begin := time.Now()
	for _, endpoint := range []string{"http://" + silent.Addr().String(), "http://127.0.0.1:1", "nonsense"} {
		r := gonfalon(t, "__complete", "flags", "kill", "--endpoint", endpoint, "--token", "x", "a")
		r.has(t, 0)
		if r.out != ":4\n" {
			t.Errorf("%s: %q", endpoint, r.out)
		}
	}
	if took := time.Since(begin); took > 5*patience {
		t.Errorf("it took %s", took)
	}
}

func TestCompletionOfServers(t *testing.T) {
	home(t)
	gonfalon(t, "servers", "add", "production", "https://flags.example.com").must(t)
	gonfalon(t, "__complete", "servers", "use", "").has(t, 0, "production\n")
	gonfalon(t, "__complete", "flags", "list", "--server", "").has(t, 0, "production\n")
}
