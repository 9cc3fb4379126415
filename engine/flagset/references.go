package flagset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// maxReferenceProblems bounds the problems between flags. A change is compared with what was wrong before it, so they are
// more than are shown.
const maxReferenceProblems = 10_000

// MissingHint is the hint of a problem about a gate that names something missing. The command line has an option for its second part.
const MissingHint = "write that first, or allow it to be missing"

// ValidateReferences finds problems between the parts of a set: keys that occur twice, gates that name a missing flag
// or segment, cycles of prerequisites, flags that reach too many others, and sets that are too large. The set may have
// any order.
func ValidateReferences(set *Set) []Problem {
	g := graph{flags: make(map[string]int, len(set.Flags)), set: set, segments: make(map[string]bool, len(set.Segments))}
	c := checker{most: maxReferenceProblems}
	if len(set.Flags) > engine.MaxFlags {
		c.fail("/flags", fmt.Sprintf("%d flags exceed the limit of %d", len(set.Flags), engine.MaxFlags), "")
	}
	if len(set.Segments) > engine.MaxSegments {
		c.fail("/segments", fmt.Sprintf("%d segments exceed the limit of %d", len(set.Segments), engine.MaxSegments), "")
	}
	switch set.Settings.GroupConflict {
	case "", DenyWins, AllowWins:
	default:
		c.fail("/settings/group_conflict", quoted(string(set.Settings.GroupConflict))+" is not a setting for group conflicts", "it is deny_wins or allow_wins")
	}
	for i := range set.Segments {
		key := set.Segments[i].Key
		if g.segments[key] {
			c.about = Problem{Segment: key}
			c.fail("/key", "there are two segments "+quoted(key), "")
		}
		g.segments[key] = true
	}
	for i := range set.Flags {
		key := set.Flags[i].Key
		if _, taken := g.flags[key]; taken {
			c.about = Problem{Flag: key}
			c.fail("/key", "there are two flags "+quoted(key), "")
			continue
		}
		g.flags[key] = i
	}
	for i := range set.Flags {
		key := set.Flags[i].Key
		for _, other := range mistaken(key) {
			if _, taken := g.flags[other]; taken {
				c.about = Problem{Flag: key}
				c.fail("/key", "a client that asks for "+quoted(key)+" as it is would be answered for "+quoted(other), "rename one of the two")
			}
		}
	}
	g.parents = make([][]parent, len(set.Flags))
	for i := range set.Flags {
		g.missing(&c, i)
	}
	g.cycles(&c)
	g.reach(&c)
	return c.problems
}

// graph holds, for each flag, the parents that exist.
type graph struct {
	set      *Set
	flags    map[string]int
	segments map[string]bool
	parents  [][]parent
}

type parent struct{ flag, gate int }

// missing fills in the parents of a flag, and adds a problem for every gate that names something missing.
func (g *graph) missing(c *checker, i int) {
	f := &g.set.Flags[i]
	for j := range f.Gates {
		gate := &f.Gates[j]
		what := ""
		switch gate.Type {
		case SegmentGate:
			if !g.segments[gate.Target] {
				what = "segment"
			}
		case Prerequisite:
			if k, there := g.flags[gate.Target]; there {
				g.parents[i] = append(g.parents[i], parent{k, j})
			} else {
				what = "flag"
			}
		}
		if what != "" {
			g.at(c, i, j)
			c.add(Error, "/target", "there is no "+what+" "+quoted(gate.Target), MissingHint)
			c.problems[len(c.problems)-1].Missing = true
		}
	}
}

// at makes the next problems about a gate.
func (g *graph) at(c *checker, flag, gate int) {
	f := &g.set.Flags[flag]
	c.about = Problem{Flag: f.Key, Gate: f.Gates[gate].Slot()}
	c.place = "/gates/" + strconv.Itoa(gate)
}

// speltOut bounds for how many prerequisites the whole cycle is written, since each costs another walk.
const speltOut = 64

// cycles adds a problem for each prerequisite that is part of a cycle, with the shortest way around.
func (g *graph) cycles(c *checker) {
	component := g.components()
	walks := 0
	for i, parents := range g.parents {
		for _, p := range parents {
			if component[i] != component[p.flag] {
				continue
			}
			g.at(c, i, p.gate)
			detail, hint := "the prerequisite is part of a cycle", "a flag that requires itself is never on"
			switch {
			case p.flag == i:
				detail, hint = "the flag requires itself", ""
			case walks < speltOut:
				walks++
				detail = "the prerequisites form a cycle: " + g.around(i, p.flag)
			}
			c.fail("/target", detail, hint).identity = "cycle"
		}
	}
}

// around returns the shortest way from a flag through one of its parents back to the flag.
func (g *graph) around(flag, by int) string {
	child := map[int]int{by: flag}
	for queue := []int{by}; len(queue) > 0 && queue[0] != flag; queue = queue[1:] {
		for _, p := range g.parents[queue[0]] {
			if _, seen := child[p.flag]; !seen {
				child[p.flag] = queue[0]
				queue = append(queue, p.flag)
			}
		}
	}
	keys := []string{g.set.Flags[flag].Key}
	for at := child[flag]; at != flag; at = child[at] {
		keys = append(keys, g.set.Flags[at].Key)
	}
	keys = append(keys, g.set.Flags[flag].Key)
	slices.Reverse(keys)
	const most = 16 // flags that a person can follow
	if len(keys) > most {
		keys = append(keys[:most:most], "…")
	}
	return strings.Join(keys, " → ")
}

// components numbers the sets of flags that need each other (Tarjan). The walk keeps its own stack, since a chain may
// contain every flag.
func (g *graph) components() []int {
	n := len(g.parents)
	component, index, low := make([]int, n), make([]int, n), make([]int, n)
	type step struct{ flag, next int }
	var way []step
	var open []int
	count := 0
	enter := func(flag int) {
		count++
		index[flag], low[flag] = count, count
		way, open = append(way, step{flag, 0}), append(open, flag)
	}
	for root := range n {
		if index[root] != 0 {
			continue
		}
		for enter(root); len(way) > 0; {
			top := &way[len(way)-1]
			if top.next < len(g.parents[top.flag]) {
				p := g.parents[top.flag][top.next].flag
				top.next++
				if index[p] == 0 {
					enter(p)
				} else if component[p] == 0 {
					low[top.flag] = min(low[top.flag], index[p])
				}
				continue
			}
			flag := top.flag
			way = way[:len(way)-1]
			if len(way) > 0 {
				below := way[len(way)-1].flag
				low[below] = min(low[below], low[flag])
			}
			for low[flag] == index[flag] && component[flag] == 0 {
				last := open[len(open)-1]
				open = open[:len(open)-1]
				component[last] = flag + 1
			}
		}
	}
	return component
}

// reach adds a problem for each flag that can reach more flags than one decision may visit.
func (g *graph) reach(c *checker) {
	seen := make([]int, len(g.parents)) // 1 + the flag whose walk last met this one
	var queue []int
	for i, parents := range g.parents {
		if len(parents) == 0 {
			continue
		}
		queue = append(queue[:0], i)
		seen[i] = i + 1
		for at := 0; at < len(queue) && len(queue) <= engine.MaxReachable; at++ {
			for _, p := range g.parents[queue[at]] {
				if seen[p.flag] != i+1 {
					seen[p.flag] = i + 1
					queue = append(queue, p.flag)
				}
			}
		}
		if len(queue) > engine.MaxReachable {
			c.about, c.place = Problem{Flag: g.set.Flags[i].Key}, ""
			c.fail("/gates", fmt.Sprintf("its prerequisites reach more than %d flags, counting itself", engine.MaxReachable), "require fewer flags, or a flag that stands for several")
		}
	}
}
