package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fatih/color"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// A table fits the width that it is given, whatever runes it has; nothing is cut where no width is given.
func TestTableFits(t *testing.T) {
	rows := func() [][]string {
		return [][]string{
			{"KEY", "STATE", "OWNER", "DESCRIPTION"},
			{"new_checkout", "on", "web", strings.Repeat("the checkout of 2027 ", 12)},
			{"旗を立てる旗を立てる旗を立てる", "killed", "日本語チーム", strings.Repeat("漢字", 60)},
			{"👩‍👩‍👧‍👦 family", "off", "é́", "e\u0301"},
			{"short", "partial"},
		}
	}
	for _, most := range []int{40, 80, 200} {
		var out bytes.Buffer
		if err := tableIn(&out, most, rows()...); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := columns.StringWidth(strings.TrimSuffix(line, "\n")); n > most {
				t.Errorf("%d: %d columns: %s", most, n, line)
			}
		}
		if cut := strings.Contains(out.String(), "…"); !cut {
			t.Errorf("%d: nothing is cut:\n%s", most, &out)
		}
	}
	var out bytes.Buffer
	if err := tableIn(&out, 0, rows()...); err != nil || strings.Contains(out.String(), "…") {
		t.Errorf("%v %s", err, &out)
	}
	if err := tableIn(&out, 5, []string{"a", "b", "c", "d", "e", "f"}); err != nil { // too narrow for anything
		t.Error(err)
	}
}

// Columns stand below each other, also after wide runes.
func TestTableAligns(t *testing.T) {
	var out bytes.Buffer
	if err := tableIn(&out, 0, []string{"A", "B"}, []string{"旗", "x"}, []string{"abc", "y"}); err != nil || out.String() != "A    B\n旗   x\nabc  y\n" {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestFolded(t *testing.T) {
	t.Setenv("COLUMNS", "20")
	if got := folded(&bytes.Buffer{}, "gonfalon: one two three four five\n  /a/b: wrong, since it is long\nlooooooooooooooooooooooooong"); got !=
		"gonfalon: one two\n  three four five\n  /a/b: wrong, since\n    it is long\nlooooooooooooooooooooooooong" {
		t.Errorf("%q", got)
	}
	t.Setenv("COLUMNS", "")
	if long := strings.Repeat("word ", 100); folded(&bytes.Buffer{}, long) != long {
		t.Error("what a program reads is folded")
	}
}

// Colours follow the terminal and what the environment says; without them not one byte differs.
func TestColours(t *testing.T) {
	for _, c := range []struct {
		set  map[string]string
		want bool
	}{
		{nil, false}, // it isn't a terminal
		{map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, true},
	} {
		for _, name := range []string{"NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"} {
			t.Setenv(name, c.set[name])
		}
		t.Setenv("TERM", c.set["TERM"])
		var out bytes.Buffer
		if err := table(&out, []string{"KEY", "STATE"}, []string{"a", "killed"}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != c.want {
			t.Errorf("%v: %q", c.set, out.String())
		}
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("CLICOLOR_FORCE", "1")
	var out bytes.Buffer
	if err := writeChanges(&out, api.Difference{Changes: []api.Change{{Kind: "flag", Key: "a", Op: "update", Lines: []string{"+ boolean on", "- group/x on\x1b[2J"}}}}); err != nil ||
		out.String() != "update flag a\n\x1b[32m    + boolean on\x1b[0m\n\x1b[31m    - group/x on\\x1b[2J\x1b[0m\n" {
		t.Errorf("%v %q", err, out.String())
	}
	if painted("x", color.FgRed) != "\x1b[31mx\x1b[0m" {
		t.Errorf("%q", painted("x", color.FgRed))
	}
}
