package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// No line of the help of any verb is wider than the terminal, and what is broken can be pasted.
func TestHelpFitsTheTerminal(t *testing.T) {
	var all func(c *cobra.Command, visit func(*cobra.Command))
	all = func(c *cobra.Command, visit func(*cobra.Command)) {
		visit(c)
		for _, sub := range c.Commands() {
			all(sub, visit)
		}
	}
	tried := 0
	all(newRoot(), func(c *cobra.Command) {
		tried++
		t.Setenv("COLUMNS", "80")
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		narrow := gonfalon(t, args...).must(t)
		for line := range strings.Lines(narrow) {
			if n := columns.StringWidth(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%v: a line has %d columns: %s", args, n, line)
			}
		}
		t.Setenv("COLUMNS", "")
		wide := gonfalon(t, args...).must(t)
		if !strings.Contains(strings.ReplaceAll(narrow, " \\\n    ", " "), c.Example) {
			t.Errorf("%v: examples are no longer %s: %s", args, c.Example, narrow)
		}
		bare := func(text string) string {
			return strings.NewReplacer(" ", "", "\n", "", "\\", "").Replace(text)
		}
		if bare(narrow) != bare(wide) {
			t.Errorf("%v: it says something else on a terminal:\n%s\n%s", args, narrow, wide)
		}
	})
	if tried < 50 {
		t.Errorf("only %d verbs were found", tried)
	}
	for _, most := range []uint16{20, 80} {
		c := exec.Command(os.Args[0], "serve", "--help")
		c.Env = append(os.Environ(), asCommand+"=1", "TERM=xterm", "COLUMNS=")
		p := onScreen(t, most, c)
		if code := p.ends(); code != exitDone {
			t.Errorf("exit status %d", code)
		}
		for line := range strings.Lines(p.text.String()) {
			if n := columns.StringWidth(strings.TrimRight(line, "\r\n")); n > max(int(most), 70) {
				t.Errorf("a line has %d columns of %d: %s", n, most, line)
			}
		}
	}
}
