package words_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/words"
)

var update = flag.Bool("update", false, "write testdata/words.txt again")

// TestWords compares the words of each flag in testdata/flags.yaml with those in testdata/words.txt.
func TestWords(t *testing.T) {
	text, err := os.ReadFile("testdata/flags.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, problems := flagset.ParseYAML(text)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	sorted := set.Sorted()
	var got strings.Builder
	for i := range set.Flags {
		w := words.Of(&set.Flags[i], set.Settings, sorted)
		fmt.Fprintf(&got, "%s\n  %s\n", set.Flags[i].Key, strings.ReplaceAll(w.Line(), "\u202f", " "))
		for _, g := range w.Gates {
			fmt.Fprintf(&got, "    %-12s %-11s %s\n", g.Step, g.Kind, strings.ReplaceAll(g.Text, "\u202f", " "))
		}
	}
	const file = "testdata/words.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the words differ from %s; go test ./engine/words -update writes it again:\n%s", file, got.String())
	}
}

// TestParts joins the parts of each sentence to its text, and reads the times.
func TestParts(t *testing.T) {
	from := "2026-12-01T10:00:00+01:00"
	f := flagset.Flag{Key: "x", Gates: []flagset.Gate{
		{Type: flagset.Actor, Target: "user:7", Enabled: true}, {Type: flagset.Actor, Target: "user:19"},
		{Type: flagset.Schedule, From: &from},
	}}
	w := words.Of(&f, flagset.Settings{}, new(flagset.Set))
	var strong []string
	for _, g := range w.Gates {
		text := ""
		for _, p := range g.Parts {
			text += p.Text
			if p.Strong {
				strong = append(strong, p.Text+p.Time)
			}
		}
		if text != g.Text {
			t.Errorf("%s: the parts say %q, the text %q", g.Kind, text, g.Text)
		}
	}
	if got, want := strings.Join(strong, "; "), "user:7; user:19; 1 Dec 2026, 09:00 UTC2026-12-01T09:00:00Z"; got != want {
		t.Errorf("strong parts: %s, want %s", got, want)
	}
}

// TestGroupConflict says which groups win.
func TestGroupConflict(t *testing.T) {
	f := flagset.Flag{Key: "x", Gates: []flagset.Gate{{Type: flagset.Group, Target: "staff", Enabled: true}, {Type: flagset.Group, Target: "bots"}}}
	for conflict, want := range map[flagset.GroupConflict]string{
		"":                "on for staff; off for bots; off for members of both",
		flagset.DenyWins:  "on for staff; off for bots; off for members of both",
		flagset.AllowWins: "on for staff; off for bots; on for members of both",
	} {
		if w := words.Of(&f, flagset.Settings{GroupConflict: conflict}, new(flagset.Set)); w.Gates[1].Text != want {
			t.Errorf("%q: %s", conflict, w.Gates[1].Text)
		}
	}
}

// TestBounded says a flag that is as large as it may be, in few words.
func TestBounded(t *testing.T) {
	f := flagset.Flag{Key: "x"}
	long := strings.Repeat("ü", 10_000)
	var values []any
	for i := range 1000 {
		values = append(values, fmt.Sprint(long, i))
		for _, kind := range []flagset.GateType{flagset.Actor, flagset.Group, flagset.SegmentGate, flagset.Prerequisite} {
			f.Gates = append(f.Gates, flagset.Gate{Type: kind, Target: fmt.Sprint(long, i), Enabled: i%2 == 0})
		}
	}
	rule := flagset.Gate{Type: flagset.Rule, Enabled: true}
	for range 100 {
		rule.Constraints = append(rule.Constraints, flagset.Constraint{Attribute: long, Operator: long, Values: values})
	}
	f.Gates = append(f.Gates, rule)
	w := words.Of(&f, flagset.Settings{}, new(flagset.Set))
	if n := len([]rune(w.Line())); n > 2_000 {
		t.Errorf("the line has %d characters", n)
	}
	for _, g := range w.Gates {
		if n := len([]rune(g.Text)); n > 10_000 {
			t.Errorf("%s: %d characters", g.Kind, n)
		}
	}
}

// TestAlone says a flag without the flags and segments that it refers to.
func TestAlone(t *testing.T) {
	f := flagset.Flag{Key: "x", Gates: []flagset.Gate{
		{Type: flagset.Prerequisite, Target: "parent", Enabled: true}, {Type: flagset.SegmentGate, Target: "pros", Enabled: true},
	}}
	w := words.Of(&f, flagset.Settings{}, nil)
	if got, want := w.Line()+"; "+w.Gates[1].Text+"; "+w.Gates[2].Text, "segment pros, needs parent; parent is on; on in pros"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
