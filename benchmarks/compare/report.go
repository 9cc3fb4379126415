package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
)

// report prints each case of both sides, and reports whether one has lost.
func report(out io.Writer, before, after []map[string]measure.Result) (lost bool) {
	fmt.Fprintf(out, "%-44s %10s %10s %8s\n", "", "base", "head", "change")
	changes := 0.0
	compared := 0
	for _, name := range slices.Sorted(maps.Keys(after[0])) {
		if _, both := before[0][name]; !both {
			fmt.Fprintf(out, "%-44s %10s %10.3f\n", name, "–", value(after[0][name]))
			continue
		}
		was, is := lowest(before, name), lowest(after, name)
		verdict := ""
		switch more := after[0][name].Allocations - before[0][name].Allocations; {
		case more >= 1:
			verdict, lost = fmt.Sprintf("  LOST: %.0f allocations more", more), true
		case is > was*(1+threshold) && often(before, after, name):
			verdict, lost = "  LOST", true
		}
		changes += math.Log(is / was)
		compared++
		fmt.Fprintf(out, "%-44s %10.3f %10.3f %+7.1f%%%s\n", name, was, is, 100*(is/was-1), verdict)
	}
	if compared > 0 {
		fmt.Fprintf(out, "%d cases, geometric mean of the changes %+.1f%%; more than %+.0f%% in a case is a loss\n",
			compared, 100*(math.Exp(changes/float64(compared))-1), 100*threshold)
	}
	return lost
}

// value is what is compared: the ratio, or the time where nothing was timed beside it.
func value(r measure.Result) float64 {
	if r.Ratio > 0 {
		return r.Ratio
	}
	return r.NS
}

func lowest(runs []map[string]measure.Result, name string) float64 {
	least := math.Inf(1)
	for _, run := range runs {
		if r, found := run[name]; found {
			least = min(least, value(r))
		}
	}
	return least
}

// often reports whether a case is slower in more than half of the rounds.
func often(before, after []map[string]measure.Result, name string) bool {
	slower := 0
	for i := range after {
		if value(after[i][name]) > value(before[i][name])*(1+threshold) {
			slower++
		}
	}
	return 2*slower > len(after)
}
