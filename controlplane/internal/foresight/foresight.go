package foresight

import (
	"context"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Share says how a flag's decisions change within a situation, in shares of the actors from 0 to 1.
type Share struct {
	Before, After   float64 // for how many it is on
	TurnOn, TurnOff float64
	Varied          float64 // for how many the variant or its payload changes
	Exact           bool    // false if there were too many combinations of prerequisites to add up
}

// Changed reports whether anything changes.
func (s Share) Changed() bool { return s.TurnOn > 0 || s.TurnOff > 0 || s.Varied > 0 }

// Forecast is how a change shows in one situation.
type Forecast struct {
	Situation
	Flag       Share
	Dependants map[string]Share // those that change
}

// Changed reports whether the change shows at all.
func (f *Forecast) Changed() bool { return f.Flag.Changed() || len(f.Dependants) > 0 }

// Comparison is how a change shows in every situation that was looked at.
type Comparison struct {
	Forecasts []Forecast // everyone else first, then without an actor, then as the gates name them; of actors only those for whom something changes
	Same      int        // situations of actors that are left out, because nothing changes
	Unmade    []string   // rules for which no context could be made
	Omitted   int        // situations beyond the limits
}

// Compare says how a change of the flag with this key shows, for the flag and for the flags that depend on it. The sets
// are sorted, and have all that these flags need. It ends early if ctx does.
func Compare(ctx context.Context, before, after *flagset.Set, key string, dependants []string, now time.Time) (*Comparison, error) {
	sides := []side{{before}, {after}}
	g := &graph{sides: sides, flags: map[string]*own{}, now: now.UnixMicro()}
	names := g.reach(append([]string{key}, dependants...))
	for _, name := range names {
		var err error
		if g.flags[name], err = newOwn(name, sides); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	all := situationsOf(sides, names)
	c := &Comparison{Unmade: all.unmade, Omitted: all.omitted}
	for _, s := range slices.Concat([]Situation{everyone, nobody}, all.named, all.actors) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f, err := g.forecast(s, key, dependants)
		if err != nil {
			return nil, err
		}
		if s.Actor != nil && !f.Changed() {
			c.Same++
			continue
		}
		c.Forecasts = append(c.Forecasts, f)
	}
	return c, nil
}

// forecast compares one situation.
func (g *graph) forecast(s Situation, key string, dependants []string) (Forecast, error) {
	f := Forecast{Situation: s, Dependants: map[string]Share{}}
	cells := map[string][]cell{}
	for name, o := range g.flags {
		var err error
		if cells[name], err = o.cells(s, g.now); err != nil {
			return f, err
		}
	}
	f.Flag = g.share(key, cells)
	for _, name := range dependants {
		if share := g.share(name, cells); share.Changed() {
			f.Dependants[name] = share
		}
	}
	return f, nil
}
