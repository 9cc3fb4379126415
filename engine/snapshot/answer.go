package snapshot

import "github.com/gonfalon-flags/gonfalon/engine"

// Enabled reports whether a flag's own gates turn it on at a time (in Unix microseconds) and for a roll of chance. It decides for the
// actor or, if actor is nil, for everybody, without a context, prerequisites or segments. The API's verbs return this after a write.
// After Disable it may still be true, because a schedule is open or a percentage of the time grants; only Kill is final.
func Enabled(f *Flag, actor *string, now int64, roll uint64) bool {
	own := *f
	own.Gates = nil
	for _, g := range f.Gates {
		if g.Type != Prerequisite && g.Type != SegmentGate {
			own.Gates = append(own.Gates, g)
		}
	}
	record, _ := CompileFlag(&own, Tolerant)
	data, err := assemble(Header{}, []Record{record})
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
	s.Decide(0, &input, new(engine.Scratch), &decision)
	return decision.Enabled
}
