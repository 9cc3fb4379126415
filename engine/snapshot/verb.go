package snapshot

import (
	"fmt"
	"slices"
)

// Enable puts the gate that the scope means into the flag, in place of the one in its slot; with no scope, the boolean gate.
// The flag is canonical. Problems point into the scope's JSON form, and leave the flag as it was.
func Enable(f Flag, s Scope) (Flag, []Problem) {
	g, prefix, problems := s.gate()
	if problems == nil {
		problems = s.problems(g, prefix)
	}
	if Err(problems) != nil {
		return f, problems
	}
	return f.with(g), problems
}

// Disable puts the gate that turns the flag off for everybody, an actor or a group; for a percentage r, the gate that leaves
// it on for 1.0 − r. Other scopes have no meaning here: clear the gate instead. Gates that grant stay, so that a flag may still
// be on after it; Kill is what turns it off for good.
func Disable(f Flag, s Scope) (Flag, []Problem) {
	g, prefix, problems := s.gate()
	if problems != nil {
		return f, problems
	}
	switch g.Type {
	case Boolean, Actor, Group:
		g.Enabled = false
		problems = s.problems(g, prefix)
	case PercentageOfActors, PercentageOfTime:
		problems = s.problems(g, prefix)
		rest := 1.0 - *g.Ratio
		g.Ratio = &rest
	default:
		return f, []Problem{{Pointer: prefix, Detail: "disable works for everybody, an actor, a group or a percentage", Hint: "to remove the gate, clear it"}}
	}
	if Err(problems) != nil {
		return f, problems
	}
	return f.with(g), problems
}

// Clear removes the gate in a slot, whether it is there or not; with no part given, all gates. An empty actor or group is an
// error, not a wipe.
func Clear(f Flag, what Removal) (Flag, []Problem) {
	slots, problems := what.slots()
	if problems != nil {
		return f, problems
	}
	cleared := f.Canonical()
	cleared.Gates = slices.DeleteFunc(cleared.Gates, func(g Gate) bool { return len(slots) == 0 || g.Slot() == slots[0] })
	return cleared, nil
}

// PutVariants puts the variant gate in place of the one that the flag has. Problems point into {"variants": […]}.
func PutVariants(f Flag, variants []Variant) (Flag, []Problem) {
	g := Gate{Type: VariantGate, Variants: variants}
	var c checker
	c.gate(&g)
	if Err(c.problems) != nil {
		return f, c.problems
	}
	return f.with(g), c.problems
}

// Kill turns the flag off, whatever its gates say, and keeps them. off names the variant to serve meanwhile; nil leaves
// what the flag says, and "" makes it the caller's default.
func Kill(f Flag, off *string) (Flag, []Problem) {
	killed := f.Canonical()
	killed.Killed = true
	if off != nil {
		killed.OffVariant = nil
		if *off != "" {
			killed.OffVariant = off
		}
	}
	var c checker
	c.offVariant(&killed)
	if Err(c.problems) != nil {
		return f, c.problems
	}
	return killed, c.problems
}

// Revive undoes Kill.
func Revive(f Flag) Flag {
	revived := f.Canonical()
	revived.Killed = false
	return revived
}

// PutSegment is the segment as it is stored, if it is valid. Problems point into its JSON form.
func PutSegment(s Segment) (Segment, []Problem) {
	problems := ValidateSegment(&s)
	if Err(problems) != nil {
		return s, problems
	}
	return s.Canonical(), problems
}

// with is the canonical flag with a gate in place of the one in its slot.
func (f Flag) with(g Gate) Flag {
	gates := slices.DeleteFunc(slices.Clone(f.Gates), func(old Gate) bool { return old.Slot() == g.Slot() })
	f.Gates = append(gates, g)
	return f.Canonical()
}

// gate is the gate that a scope means, and where in the scope's JSON form it is.
func (s Scope) gate() (g Gate, prefix string, problems []Problem) {
	g, given := Gate{Type: Boolean, Enabled: true}, []string(nil)
	is := func(pointer string, meant Gate) {
		given, g, prefix = append(given, pointer[1:]), meant, pointer
	}
	if s.Actor != nil {
		is("/for_actor", Gate{Type: Actor, Target: *s.Actor, Enabled: true})
	}
	if s.Group != nil {
		is("/for_group", Gate{Type: Group, Target: *s.Group, Enabled: true})
	}
	if p := s.PercentageOf; p != nil {
		switch {
		case p.Actors != nil && p.Time == nil:
			is("/for_percentage_of", Gate{Type: PercentageOfActors, Ratio: p.Actors})
		case p.Time != nil && p.Actors == nil:
			is("/for_percentage_of", Gate{Type: PercentageOfTime, Ratio: p.Time})
		default:
			return g, "", []Problem{{Pointer: "/for_percentage_of", Detail: `exactly one of "actors" and "time" is needed`}}
		}
	}
	if s.When != nil {
		is("/when", Gate{Type: Rule, Enabled: true, Constraints: s.When})
	}
	if s.Segment != nil {
		is("/for_segment", Gate{Type: SegmentGate, Target: *s.Segment, Enabled: true})
	}
	if s.Requires != nil {
		is("/requires", Gate{Type: Prerequisite, Target: s.Requires.Flag, Enabled: s.Requires.Enabled})
	}
	if s.Schedule != nil {
		is("/schedule", Gate{Type: Schedule, From: s.Schedule.From, Until: s.Schedule.Until})
	}
	if len(given) > 1 {
		return g, "", []Problem{{Detail: fmt.Sprintf("one scope at a time: %q are given", given), Hint: "make one request for each"}}
	}
	return g, prefix, nil
}

// problems are those of the gate that the scope means, with pointers into the scope's JSON form.
func (s Scope) problems(g Gate, prefix string) []Problem {
	var c checker
	c.gate(&g)
	for i := range c.problems {
		p := &c.problems[i]
		switch g.Type {
		case PercentageOfActors:
			p.Pointer = prefix + "/actors"
		case PercentageOfTime:
			p.Pointer = prefix + "/time"
		case Schedule:
			p.Pointer = prefix + p.Pointer
		case Rule:
			p.Pointer = prefix + p.Pointer[len("/constraints"):]
		default:
			p.Pointer = prefix
		}
	}
	return c.problems
}

// slots is the one slot to clear, or none for all.
func (what Removal) slots() (slots []string, problems []Problem) {
	for _, part := range []struct {
		given bool
		slot  string
	}{
		{what.Boolean, "boolean"}, {what.Percentage, "percentage"}, {what.Variant, "variant"}, {what.Rule, "rule"}, {what.Schedule, "schedule"},
	} {
		if part.given {
			slots = append(slots, part.slot)
		}
	}
	for _, part := range []struct {
		target  *string
		kind    GateType
		pointer string
	}{
		{what.Actor, Actor, "/for_actor"}, {what.Group, Group, "/for_group"}, {what.Segment, SegmentGate, "/for_segment"}, {what.Requires, Prerequisite, "/requires"},
	} {
		if part.target == nil {
			continue
		}
		if *part.target == "" {
			problems = append(problems, Problem{Pointer: part.pointer, Detail: "it is empty", Hint: "to clear every gate, send {}"})
		}
		slots = append(slots, Gate{Type: part.kind, Target: validText(*part.target)}.Slot())
	}
	if len(slots) > 1 {
		problems = append(problems, Problem{Detail: fmt.Sprintf("one gate at a time: %q are given", slots), Hint: "make one request for each"})
	}
	return slots, problems
}
