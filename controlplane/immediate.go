package controlplane

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// immediate says how a verb's answer sums up the flag: decided for an actor, decided without an actor, or simply what
// the verb asked for.
type immediate struct {
	actor *string
	fixed *bool
}

// enabledFor returns the immediate state after Enable. Groups, percentages, rules and the like count as on.
func enabledFor(s flagset.Scope) immediate {
	if s.Actor != nil {
		return immediate{actor: s.Actor}
	}
	if s.Group != nil || s.PercentageOf != nil || s.When != nil || s.Segment != nil || s.Requires != nil || s.Schedule != nil {
		return immediate{fixed: new(true)}
	}
	return immediate{}
}

// disabledFor returns the immediate state after Disable.
func disabledFor(s flagset.Scope) immediate {
	if s.Actor != nil {
		return immediate{actor: s.Actor}
	}
	if s.Group != nil || s.PercentageOf != nil {
		return immediate{fixed: new(false)}
	}
	return immediate{}
}

func (i immediate) enabled(f *flagset.Flag, now time.Time) bool {
	if f.Killed {
		return false
	}
	if i.fixed != nil {
		return *i.fixed
	}
	own := *f
	if i.actor == nil {
		// Leave out gates for other actors: they can't decide, and there may be a hundred thousand of them.
		own.Gates = slices.DeleteFunc(slices.Clone(f.Gates), func(g flagset.Gate) bool {
			return g.Type == flagset.Actor || g.Type == flagset.Group
		})
	} else {
		own.Gates = slices.DeleteFunc(slices.Clone(f.Gates), func(g flagset.Gate) bool {
			return g.Type == flagset.Group || g.Type == flagset.Actor && g.Target != *i.actor
		})
	}
	return enabledAlone(&own, i.actor, now.UnixMicro(), rand.Uint64())
}

// enabledAlone reports whether a flag's own gates turn it on at a time (in Unix microseconds) and for a roll of chance.
// It decides for the actor or, if actor is nil, for everybody, without a context, prerequisites or segments. After
// Disable it may still be true, because a schedule is open or a percentage of the time grants; only Kill is final.
func enabledAlone(f *flagset.Flag, actor *string, now int64, roll uint64) bool {
	own := *f
	own.Gates = slices.DeleteFunc(slices.Clone(f.Gates), func(g flagset.Gate) bool {
		return g.Type == flagset.Prerequisite || g.Type == flagset.SegmentGate
	})
	record, _ := snapshot.CompileFlag(&own, snapshot.Tolerant)
	data, err := snapshot.Assemble(snapshot.Header{}, []snapshot.Record{record})
	if err != nil {
		return false
	}
	s, err := engine.Load(data)
	if err != nil || s.Len() == 0 {
		return false
	}
	input := engine.Input{Now: now, Roll: roll}
	if actor != nil {
		input.Actor, input.Presence = *actor, engine.Keyed
	}
	var decision engine.Decision
	s.EvaluateAt(0, &input, new(engine.Scratch), &decision)
	return decision.Enabled
}
