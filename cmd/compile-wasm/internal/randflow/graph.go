package randflow

import "math/rand/v2"

// graph is the shape of a function: for each block where it may go.
type graph struct {
	next [][]int // one or two; none: it returns
}

// newGraph makes a reducible graph of n blocks, all reached from block 0, the
// last of which returns.
func newGraph(r *rand.Rand, n int) graph {
	g := graph{make([][]int, n)}
	for i := range n - 1 {
		ahead := func() int { return i + 1 + r.IntN(min(n-1-i, 1+r.IntN(4))) }
		g.next[i] = []int{i + 1}
		if r.IntN(4) > 0 {
			g.next[i] = []int{ahead(), i + 1}
		}
		if r.IntN(2) == 0 {
			g.next[i][len(g.next[i])-1] = ahead()
		}
	}
	dominators := g.dominators()
	for i := range n - 1 {
		if len(dominators[i]) == 0 || r.IntN(3) > 0 {
			continue
		}
		// The other way goes on, so that each block has a way to the end.
		to := dominators[i][r.IntN(len(dominators[i]))]
		g.next[i] = []int{to, g.next[i][len(g.next[i])-1]}
		if r.IntN(2) == 0 {
			g.next[i][0], g.next[i][1] = g.next[i][1], g.next[i][0]
		}
	}
	return g
}

// dominators lists for each block those that every way to it passes, and itself.
// Edges lead forward only.
func (g graph) dominators() [][]int {
	n := len(g.next)
	sets := make([]map[int]bool, n)
	sets[0] = map[int]bool{0: true}
	for i := range n {
		if sets[i] == nil {
			continue // not reached
		}
		sets[i][i] = true
		for _, j := range g.next[i] {
			if sets[j] == nil {
				sets[j] = map[int]bool{}
				for d := range sets[i] {
					sets[j][d] = true
				}
				continue
			}
			for d := range sets[j] {
				if !sets[i][d] {
					delete(sets[j], d)
				}
			}
		}
	}
	out := make([][]int, n)
	for i := range n {
		for d := range n {
			if sets[i][d] {
				out[i] = append(out[i], d)
			}
		}
	}
	return out
}
