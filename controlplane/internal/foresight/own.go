package foresight

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

const (
	scores = 1 << 16 // that an actor can have for a flag
	draws  = 10_000  // that chance can give a flag
)

var errUnreadable = errors.New("the engine can't read the context")

// side is the flags before the change, or after it.
type side struct{ set *flagset.Set }

// own is one flag without its prerequisites, before and after the change.
type own struct {
	key     string
	engines [2]*engine.Snapshot // nil if there is no such flag
	needs   [2][]flagset.Gate   // its prerequisites, in order
	killed  [2]bool
	actors  []sample // one actor for each range of scores
	rolls   []sample // one roll for each range of draws
	scratch engine.Scratch
}

// sample stands for all scores, or draws, for which the flag's own gates say the same.
type sample struct {
	actor  string
	roll   uint64
	weight float64 // the share of the scores or draws
}

// outcome is what a flag's own gates say.
type outcome struct {
	on               bool
	variant, payload string
}

// cell is a share of the actors with what the flag's own gates say for them before and after the change.
type cell struct {
	weight float64
	sides  [2]outcome
}

func newOwn(key string, sides []side) (*own, error) {
	o := &own{key: key}
	scoreCuts, drawCuts := []int{0}, []int{0}
	for i, s := range sides {
		f := s.set.Flag(key)
		if f == nil {
			continue
		}
		alone := *f
		alone.Gates = nil
		for _, g := range f.Gates {
			if g.Type == flagset.Prerequisite {
				o.needs[i] = append(o.needs[i], g)
				continue
			}
			alone.Gates = append(alone.Gates, g)
			scoreCuts = append(scoreCuts, cuts(g, scores)...)
			if g.Type == flagset.PercentageOfTime {
				drawCuts = append(drawCuts, cuts(g, draws)...)
			}
		}
		o.killed[i] = f.Killed
		one := &flagset.Set{Settings: s.set.Settings, Flags: []flagset.Flag{alone}, Segments: s.set.Segments}
		data, problems := snapshot.Compile(snapshot.Header{}, one, snapshot.Tolerant)
		if data == nil {
			return nil, flagset.Err(problems)
		}
		var err error
		if o.engines[i], err = engine.Load(data); err != nil {
			return nil, err
		}
	}
	o.actors, o.rolls = actorsFor(key, scoreCuts), rollsFor(key, drawCuts)
	return o, nil
}

// cuts returns the numbers in [0, all) at which a gate's word may change, and some beside them: one too many only
// splits a range in two.
func cuts(g flagset.Gate, all int) []int {
	var list []int
	add := func(share float64) {
		if math.IsNaN(share) {
			return
		}
		for at := int(share*float64(all)) - 1; at <= int(share*float64(all))+2; at++ {
			if at >= 0 && at < all {
				list = append(list, at)
			}
		}
	}
	if g.Ratio != nil {
		add(min(max(*g.Ratio, 0), 1))
	}
	total := 0.0
	sorted := flagset.SortedVariants(g.Variants)
	for _, v := range sorted {
		total += v.Weight.Float64()
	}
	sum := 0.0
	for _, v := range sorted {
		if sum += v.Weight.Float64(); total > 0 {
			add(min(max(sum/total, 0), 1))
		}
	}
	return list
}

// ranges sorts cuts of [0, all), each once, and returns the share of the range that begins at each.
func ranges(cuts []int, all int) (starts []int, shares []float64) {
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i, at := range cuts {
		next := all
		if i+1 < len(cuts) {
			next = cuts[i+1]
		}
		shares = append(shares, float64(next-at)/float64(all))
	}
	return cuts, shares
}

// actorsFor finds an actor for each range of a flag's scores, by trying.
func actorsFor(key string, cuts []int) []sample {
	starts, shares := ranges(cuts, scores)
	found, missing := make([]sample, len(starts)), len(starts)
	for n := 0; missing > 0; n++ {
		actor := "gonfalon-preview:" + strconv.Itoa(n)
		i, exact := slices.BinarySearch(starts, int(engine.Score(actor, flagset.ValidText(key))))
		if !exact {
			i--
		}
		if found[i].weight == 0 {
			found[i], missing = sample{actor: actor, weight: shares[i]}, missing-1
		}
	}
	return found
}

// rollsFor finds a roll for each range of a flag's draws, by trying. Draws count from 1.
func rollsFor(key string, cuts []int) []sample {
	starts, shares := ranges(cuts, draws)
	if len(starts) == 1 {
		return []sample{{weight: 1}}
	}
	chance := rand.New(rand.NewPCG(1, 2))
	found, missing := make([]sample, len(starts)), len(starts)
	for missing > 0 {
		roll := chance.Uint64()
		i, exact := slices.BinarySearch(starts, engine.Draw(roll, flagset.ValidText(key))-1)
		if !exact {
			i--
		}
		if found[i].weight == 0 {
			found[i], missing = sample{roll: roll, weight: shares[i]}, missing-1
		}
	}
	return found
}

// cells returns what the flag's own gates say in a situation, with the share of the actors for whom they say it.
func (o *own) cells(s Situation, now int64) ([]cell, error) {
	in, err := s.input(now)
	if err != nil {
		return nil, err
	}
	actors := o.actors
	if s.Nobody || s.Actor != nil {
		actors = []sample{{actor: in.Actor, weight: 1}}
	}
	shares := map[[2]outcome]float64{}
	var order [][2]outcome
	for _, a := range actors {
		for _, r := range o.rolls {
			var sides [2]outcome
			for i, e := range o.engines {
				if e == nil {
					continue
				}
				in.Actor, in.Roll = a.actor, r.roll
				var d engine.Decision
				e.EvaluateAt(0, in, &o.scratch, &d)
				sides[i] = outcome{d.Enabled, d.Variant, d.Payload}
			}
			if _, known := shares[sides]; !known {
				order = append(order, sides)
			}
			shares[sides] += a.weight * r.weight
		}
	}
	list := make([]cell, len(order))
	for i, sides := range order {
		list[i] = cell{shares[sides], sides}
	}
	return list, nil
}
