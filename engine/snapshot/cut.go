package snapshot

import (
	"sort"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Scores is how many scores exist: a score has 16 bits of a hash. The score s places an actor at s/65536.
const Scores = 1 << 16

// Draws is how many draws percentage_of_time has. The draw n, from 1 to 10000, stands for n/10000.
const Draws = 10_000

// ScoresGranted returns how many scores a ratio grants. It tries the reference's own comparison on the scores, so the
// result is exact to the last bit.
// Why: RATIONALE.md "Why are ratios and weights settled by search, not by arithmetic?"
func ScoresGranted(ratio float64) int {
	return sort.Search(Scores, func(s int) bool { return !(float64(s)/Scores <= ratio) })
}

// DrawsGranted returns how many draws a ratio grants.
func DrawsGranted(ratio float64) int {
	return sort.Search(Draws, func(i int) bool { return !(float64(i+1)/Draws <= ratio) })
}

// Cuts returns, for each of the sorted variants, the score below which it is picked unless an earlier one is. ok is
// false if the sum of the weights overflows a float.
func Cuts(sorted []flagset.Variant) (cut []int, ok bool) {
	if len(sorted) == 0 {
		return nil, true
	}
	total, ok := flagset.TotalWeight(sorted)
	if !ok {
		return nil, false
	}
	cut = make([]int, len(sorted))
	sum := 0.0
	for i, v := range sorted {
		sum += v.Weight.Float64()
		cut[i] = sort.Search(Scores, func(s int) bool { return !(float64(s)/Scores*total < sum) })
	}
	cut[len(cut)-1] = Scores // the last variant takes the scores that rounding leaves over
	return cut, true
}
