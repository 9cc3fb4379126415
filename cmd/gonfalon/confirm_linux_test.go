package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// On a terminal, a deletion asks. A script isn't asked.
func TestDeletionsAsk(t *testing.T) {
	s := serve(t, "--in-memory")
	for _, c := range []struct {
		answer string
		code   int
	}{{"n\n", 1}, {"\n", 1}, {"y\n", 0}} {
		master, terminal := openTerminal(t)
		s.run("flags", "enable", "doomed").must(t)
		answer := func(func()) { fmt.Fprint(master, c.answer) }
		args := []string{"flags", "delete", "doomed", "--endpoint", s.url, "--token", s.adminToken}
		if code, said := prompted(t, terminal, answer, args...); code != c.code || !strings.Contains(said, "Delete doomed from default at "+s.url+"?") {
			t.Errorf("%q: %d %s", c.answer, code, said)
		}
		var out bytes.Buffer
		s.run("envs", "create", "e").must(t)
		for _, unasked := range [][]string{{"envs", "delete", "e", "--yes"}, {"flags", "delete", "new_checkout", "--dry-run"}} {
			if code := run(t.Context(), append(unasked, args[3:]...), terminal, &out, &out); code != 0 {
				t.Errorf("%v: %s", unasked, &out)
			}
		}
	}
	s.stop()
}

// openTerminal opens a pseudo-terminal: what is typed at the master is read from the terminal.
func openTerminal(t *testing.T) (master, terminal *os.File) {
	t.Helper()
	master, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); terminal.Close() })
	return master, terminal
}
