package foresight

import (
	"math/rand/v2"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	// maxCombinations is how many combinations of prerequisites are added up. Beyond it some are drawn by chance.
	maxCombinations = 1 << 12
	drawn           = 1 << 12
)

// graph is a flag with all flags that it requires or that require it, before and after the change.
type graph struct {
	sides []side
	flags map[string]*own
	now   int64 // Unix microseconds
}

// reach lists flags, and all that they require before or after the change. At most engine.MaxReachable are required.
func (g *graph) reach(keys []string) []string {
	list, seen := []string{}, map[string]bool{}
	add := func(key string) {
		if !seen[key] {
			seen[key] = true
			list = append(list, key)
		}
	}
	for _, key := range keys {
		add(key)
	}
	for i := 0; i < len(list) && i < len(keys)+engine.MaxReachable; i++ {
		for _, s := range g.sides {
			if f := s.set.Flag(list[i]); f != nil {
				for _, gate := range f.Gates {
					if gate.Type == flagset.Prerequisite && s.set.Flag(gate.Target) != nil {
						add(gate.Target)
					}
				}
			}
		}
	}
	return list
}

// share adds up a flag's decisions over what the own gates of the flags that it requires may say.
func (g *graph) share(key string, cells map[string][]cell) Share {
	var required []string // whose gates don't say the same for everybody
	fixed, choices := map[string]cell{}, map[string][]cell{}
	combinations := 1
	for _, name := range g.reach([]string{key}) {
		if name == key {
			continue
		}
		switch merged := onlyOn(cells[name]); len(merged) {
		case 0:
		case 1:
			fixed[name] = merged[0]
		default:
			required = append(required, name)
			choices[name] = merged
			combinations = min(combinations*len(merged), maxCombinations+1)
		}
	}
	s := Share{Exact: combinations <= maxCombinations}
	if !s.Exact {
		chance := rand.New(rand.NewPCG(3, 4))
		for range drawn {
			for _, name := range required {
				fixed[name] = pick(choices[name], chance.Float64())
			}
			g.add(&s, key, cells[key], fixed, 1./drawn)
		}
		return s
	}
	var combine func(i int, weight float64)
	combine = func(i int, weight float64) {
		if i == len(required) {
			g.add(&s, key, cells[key], fixed, weight)
			return
		}
		for _, c := range choices[required[i]] {
			fixed[required[i]] = c
			combine(i+1, weight*c.weight)
		}
	}
	combine(0, 1)
	return s
}

// onlyOn merges cells that differ in variants alone: a flag that is required counts as on or off.
func onlyOn(cells []cell) []cell {
	var merged []cell
next:
	for _, c := range cells {
		c.sides = [2]outcome{{on: c.sides[0].on}, {on: c.sides[1].on}}
		for i := range merged {
			if merged[i].sides == c.sides {
				merged[i].weight += c.weight
				continue next
			}
		}
		merged = append(merged, c)
	}
	return merged
}

// pick returns the cell at a place in [0, 1).
func pick(cells []cell, place float64) cell {
	for _, c := range cells {
		if place -= c.weight; place < 0 {
			return c
		}
	}
	return cells[len(cells)-1]
}

// add adds the flag's decisions where its prerequisites' own gates say what is fixed.
func (g *graph) add(s *Share, key string, cells []cell, fixed map[string]cell, weight float64) {
	var met [2]bool
	for i := range met {
		w := walk{g: g, side: i, fixed: fixed, found: map[string]verdict{key: visiting}}
		met[i] = w.met(key) == on
	}
	for _, c := range cells {
		was, is := c.sides[0], c.sides[1]
		was.on, is.on = was.on && met[0], is.on && met[1]
		part := weight * c.weight
		if was.on {
			s.Before += part
		}
		if is.on {
			s.After += part
		}
		if is.on && !was.on {
			s.TurnOn += part
		}
		if was.on && !is.on {
			s.TurnOff += part
		}
		if was.variant != is.variant || was.payload != is.payload {
			s.Varied += part
		}
	}
}

// verdict is what a flag is for those that require it.
type verdict uint8

const (
	off verdict = iota
	on
	visiting // in a cycle, or past the engine's limit: everything that requires it is off
)

// walk resolves prerequisites on one side as engine/prerequisite.go does.
type walk struct {
	g     *graph
	side  int
	fixed map[string]cell
	found map[string]verdict
}

func (w *walk) met(key string) verdict {
	o := w.g.flags[key]
	if o == nil {
		return on
	}
	for _, p := range o.needs[w.side] {
		switch found := w.resolve(p.Target); {
		case found == visiting:
			return visiting
		case p.Enabled != (found == on):
			return off
		}
	}
	return on
}

func (w *walk) resolve(key string) verdict {
	o := w.g.flags[key]
	if o == nil || o.engines[w.side] == nil {
		return off // missing
	}
	if found, known := w.found[key]; known {
		return found
	}
	if len(w.found) >= engine.MaxReachable {
		return visiting
	}
	w.found[key] = visiting
	found := off
	if !o.killed[w.side] {
		if found = w.met(key); found == visiting {
			return visiting
		}
		if found == on && !w.fixed[key].sides[w.side].on {
			found = off
		}
	}
	w.found[key] = found
	return found
}
