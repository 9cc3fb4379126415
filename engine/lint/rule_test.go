package lint

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// read returns the findings of a document, those of reading it included.
func read(text string, facts Facts) []Finding {
	d := flagset.ReadDocument([]byte(text))
	var all []Finding
	for _, p := range d.Problems {
		all = append(all, Of(p))
	}
	return append(all, Check(&d.Set, facts)...)
}

var now = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)

func TestEachRuleHasABadAndAGoodExample(t *testing.T) {
	withFacts := []string{StaleFlag, LongKilled, UnknownOwner}
	for _, r := range Rules() {
		if r.Title == "" || r.Why == "" || r.Mend == "" || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(r.ID) {
			t.Errorf("%+v lacks something", r)
		}
		if slices.Contains(withFacts, r.ID) {
			continue
		}
		bad, good := read(r.Bad, Facts{Now: now}), read(r.Good, Facts{Now: now})
		if len(bad) == 0 || slices.ContainsFunc(bad, func(f Finding) bool { return f.Rule != r.ID || f.Level != r.Level || f.Detail == "" }) {
			t.Errorf("%s: its bad example has %+v", r.ID, bad)
		}
		if slices.ContainsFunc(good, func(f Finding) bool { return f.Rule == r.ID || f.Level > Note }) {
			t.Errorf("%s: its good example has %+v", r.ID, good)
		}
	}
}

func TestFacts(t *testing.T) {
	const set = "flags:\n  - {key: a, owner: web}\n  - {key: b, owner: gone, killed: true}\n  - {key: c, permanent: true}\n"
	long := now.AddDate(0, -6, 0)
	got := read(set, Facts{Owners: []string{"web"}, Stale: map[string]time.Time{"a": {}, "b": long, "c": long}, Killed: map[string]time.Time{"a": long, "b": long}})
	want := [][2]string{{"a", StaleFlag}, {"b", UnknownOwner}, {"b", StaleFlag}, {"b", LongKilled}, {"c", UnknownOwner}}
	var have [][2]string
	for _, f := range got {
		have = append(have, [2]string{f.Flag, f.Rule})
	}
	if !slices.Equal(have, want) {
		t.Errorf("%v, want %v", have, want)
	}
	if got := read(set, Facts{}); len(got) != 0 {
		t.Errorf("without facts it finds %+v", got)
	}
}
