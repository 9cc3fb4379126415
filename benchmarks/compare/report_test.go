package main

import (
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
)

// rounds makes runs of one case.
func rounds(ratios ...float64) []map[string]measure.Result {
	var runs []map[string]measure.Result
	for _, r := range ratios {
		runs = append(runs, map[string]measure.Result{"case": {Name: "case", Ratio: r}})
	}
	return runs
}

func TestALossIsSeen(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []float64
		after  []float64
		lost   bool
	}{
		{"the same", []float64{1, 1.1, 1}, []float64{1, 1, 1.1}, false},
		{"a little slower", []float64{1, 1, 1}, []float64{1.09, 1.09, 1.09}, false},
		{"slower", []float64{1, 1, 1}, []float64{1.11, 1.12, 1.2}, true},
		{"slow once", []float64{1, 1, 1}, []float64{1, 2, 1}, false},
		{"one good round of the base", []float64{1, 1.4, 1.4}, []float64{1.3, 1.4, 1.4}, false},
		{"faster", []float64{2, 2, 2}, []float64{1, 1, 1}, false},
	} {
		var out strings.Builder
		if lost := report(&out, rounds(c.before...), rounds(c.after...)); lost != c.lost {
			t.Errorf("%s: lost is %t\n%s", c.name, lost, &out)
		}
	}
	before, after := rounds(1), rounds(1)
	after[0]["case"] = measure.Result{Name: "case", Ratio: 1, Allocations: 1}
	after[0]["new"] = measure.Result{Name: "new", NS: 5}
	var out strings.Builder
	if !report(&out, before, after) || !strings.Contains(out.String(), "1 allocations more") || !strings.Contains(out.String(), "1 cases") {
		t.Errorf("%s", &out)
	}
}
