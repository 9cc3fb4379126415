package controlplane

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// immediate says how a verb's answer sums up the flag: decided for an actor, decided without an actor, or simply what the verb asked for.
type immediate struct {
	actor *string
	fixed *bool
}

// enabledFor returns the immediate state after Enable. Groups, percentages, rules and the like count as on.
func enabledFor(s snapshot.Scope) immediate {
	if s.Actor != nil {
		return immediate{actor: s.Actor}
	}
	if s.Group != nil || s.PercentageOf != nil || s.When != nil || s.Segment != nil || s.Requires != nil || s.Schedule != nil {
		return immediate{fixed: new(true)}
	}
	return immediate{}
}

// disabledFor returns the immediate state after Disable.
func disabledFor(s snapshot.Scope) immediate {
	if s.Actor != nil {
		return immediate{actor: s.Actor}
	}
	if s.Group != nil || s.PercentageOf != nil {
		return immediate{fixed: new(false)}
	}
	return immediate{}
}

func (i immediate) enabled(f *snapshot.Flag, now time.Time) bool {
	if f.Killed {
		return false
	}
	if i.fixed != nil {
		return *i.fixed
	}
	own := *f
	if i.actor == nil {
		// Leave out gates for other actors: they can't decide, and there may be a hundred thousand of them.
		own.Gates = slices.DeleteFunc(slices.Clone(f.Gates), func(g snapshot.Gate) bool {
			return g.Type == snapshot.Actor || g.Type == snapshot.Group
		})
	} else {
		own.Gates = slices.DeleteFunc(slices.Clone(f.Gates), func(g snapshot.Gate) bool {
			return g.Type == snapshot.Group || g.Type == snapshot.Actor && g.Target != *i.actor
		})
	}
	return snapshot.Enabled(&own, i.actor, now.UnixMicro(), rand.Uint64())
}
