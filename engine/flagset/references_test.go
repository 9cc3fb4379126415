package flagset

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// requiring returns a flag that requires others to be on.
func requiring(key string, parents ...string) Flag {
	f := Flag{Key: key}
	for _, p := range parents {
		f.Gates = append(f.Gates, Gate{Type: Prerequisite, Target: p, Enabled: true})
	}
	return f
}

func lines(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

func TestReferences(t *testing.T) {
	for name, c := range map[string]struct {
		set  Set
		want []string
	}{
		"all there": {Set{Flags: []Flag{requiring("a", "b"), requiring("b")}, Segments: []Segment{{Key: "a"}}}, nil},
		"missing": {Set{Flags: []Flag{requiring("a", "b"), {Key: "c", Gates: []Gate{{Type: Boolean}, {Type: SegmentGate, Target: "s"}}}}},
			[]string{`flag a (prerequisite/b) /gates/0/target: there is no flag "b"`, `flag c (segment/s) /gates/1/target: there is no segment "s"`}},
		"itself":      {Set{Flags: []Flag{requiring("a", "a")}}, []string{"flag a (prerequisite/a) /gates/0/target: the flag requires itself"}},
		"two of them": {Set{Flags: []Flag{requiring("a", "b"), requiring("b", "a")}}, []string{"flag a (prerequisite/b) /gates/0/target: the prerequisites form a cycle: a → b → a", "flag b (prerequisite/a) /gates/0/target: the prerequisites form a cycle: b → a → b"}},
		"with a way in and a way out": {Set{Flags: []Flag{requiring("in", "a"), requiring("a", "b"), requiring("b", "out", "c"), requiring("c", "a"), requiring("out")}},
			[]string{"a → b → c → a", "b → c → a → b", "c → a → b → c"}},
		"same key": {Set{Flags: []Flag{{Key: "a"}, {Key: "a"}}, Segments: []Segment{{Key: "a"}, {Key: "a"}}}, []string{`segment a /key: there are two segments "a"`, `flag a /key: there are two flags "a"`}},
		"setting":  {Set{Settings: Settings{GroupConflict: "both_win"}}, []string{`/settings/group_conflict: "both_win" is not`}},
	} {
		problems := ValidateReferences(&c.set)
		if len(problems) != len(c.want) {
			t.Errorf("%s:\n%swant %d problems", name, lines(problems), len(c.want))
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(problems[i].String(), want) {
				t.Errorf("%s: %v, want %s", name, problems[i], want)
			}
			if missing := strings.Contains(want, "there is no"); problems[i].Missing != missing {
				t.Errorf("%s: %v: missing is %t", name, problems[i], !missing)
			}
		}
	}
}

// A change elsewhere must not make an old cycle look like a new problem, and a new one is found.
func TestCyclesIntroduced(t *testing.T) {
	before := Set{Flags: []Flag{requiring("a", "b"), requiring("b", "c"), requiring("c", "a", "b"), requiring("z")}}
	after := Set{Flags: []Flag{requiring("0", "c"), requiring("a", "b"), requiring("b", "c"), requiring("c", "a"), requiring("z")}}
	if new := Introduced(ValidateReferences(&before), ValidateReferences(&after)); len(new) > 0 {
		t.Errorf("taking one way of a cycle out is no new problem:\n%s", lines(new))
	}
	after.Flags[4] = requiring("z", "z")
	if new := Introduced(ValidateReferences(&before), ValidateReferences(&after)); len(new) != 1 || new[0].Flag != "z" {
		t.Errorf("%s", lines(new))
	}
}

// chain is n flags, each of which needs the next.
func chain(n int) Set {
	var set Set
	for i := range n {
		f := requiring(fmt.Sprintf("f%06d", i))
		if i+1 < n {
			f = requiring(f.Key, fmt.Sprintf("f%06d", i+1))
		}
		set.Flags = append(set.Flags, f)
	}
	return set
}

func TestReach(t *testing.T) {
	set := chain(engine.MaxReachable)
	if problems := ValidateReferences(&set); len(problems) > 0 {
		t.Errorf("at the limit: %s", lines(problems))
	}
	set = chain(engine.MaxReachable + 1)
	if problems := ValidateReferences(&set); len(problems) != 1 || problems[0].Flag != "f000000" || problems[0].Pointer != "/gates" {
		t.Errorf("past the limit: %s", lines(problems))
	}
	// Long chains and large cycles need neither a deep stack nor much time.
	set = chain(50_000)
	set.Flags[49_999] = requiring("f049999", "f000000")
	if problems := ValidateReferences(&set); len(problems) < maxReferenceProblems {
		t.Errorf("a cycle of 50000 flags has %d problems", len(problems))
	}
}
