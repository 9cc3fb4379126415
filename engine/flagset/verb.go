package flagset

import (
	"fmt"
	"slices"
)

// Enable returns the flag with the gate that the scope stands for, in place of the one in its slot. An empty scope
// stands for the boolean gate. The result is canonical. Problems point into the scope's JSON form, and leave the flag
// unchanged.
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

// Disable returns the flag with a gate that turns it off for everybody, an actor or a group. For a percentage r, the
// gate leaves the flag on for 1.0 − r. Other scopes are refused: clear their gate instead. Other gates that grant
// stay, so the flag may still be on; Kill turns it off for good.
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
		return f, []Problem{{Pointer: prefix, Detail: "disable works for everybody, an actor, a group or a percentage", Hint: "to remove the gate, clear it", Scope: true}}
	}
	if Err(problems) != nil {
		return f, problems
	}
	return f.with(g), problems
}

// Clear returns the flag without the gate in a slot, which may be empty already. If no part is given, it removes all
// gates. An empty actor or group is an error, so that it doesn't wipe the flag.
func Clear(f Flag, what Removal) (Flag, []Problem) {
	slots, problems := what.slots()
	if problems != nil {
		return f, problems
	}
	cleared := f.Canonical()
	cleared.Gates = slices.DeleteFunc(cleared.Gates, func(g Gate) bool { return len(slots) == 0 || g.Slot() == slots[0] })
	return cleared, nil
}

// PutVariants returns the flag with these variants in place of its own. Problems point into {"variants": […]}.
func PutVariants(f Flag, variants []Variant) (Flag, []Problem) {
	g := Gate{Type: VariantGate, Variants: variants}
	var c checker
	c.gate(&g)
	if Err(c.problems) != nil {
		return f, c.problems
	}
	return f.with(g), c.problems
}

// Kill returns the flag turned off, whatever its gates say; it keeps the gates. off is the variant to serve while the
// flag is killed. If off is nil, the flag's own stays; "" means the caller's default.
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

// Revive returns the flag without the effect of Kill.
func Revive(f Flag) Flag {
	revived := f.Canonical()
	revived.Killed = false
	return revived
}

// PutSegment returns the segment in canonical form, if it is valid. Problems point into its JSON form.
func PutSegment(s Segment) (Segment, []Problem) {
	problems := ValidateSegment(&s)
	if Err(problems) != nil {
		return s, problems
	}
	return s.Canonical(), problems
}

// with returns the flag in canonical form, with a gate in place of the one in its slot.
func (f Flag) with(g Gate) Flag {
	gates := slices.DeleteFunc(slices.Clone(f.Gates), func(old Gate) bool { return old.Slot() == g.Slot() })
	f.Gates = append(gates, g)
	return f.Canonical()
}

// gate returns the gate that a scope stands for, and where it is in the scope's JSON form.
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
		return g, "", []Problem{{Detail: fmt.Sprintf("one scope at a time: %q are given", given), Hint: "make one request for each", Scope: true}}
	}
	return g, prefix, nil
}

// problems returns the problems of the scope's gate, with pointers into the scope's JSON form.
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

// slots returns the slot to clear, or no slot to clear all.
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
		slots = append(slots, Gate{Type: part.kind, Target: ValidText(*part.target)}.Slot())
	}
	if len(slots) > 1 {
		problems = append(problems, Problem{Detail: fmt.Sprintf("one gate at a time: %q are given", slots), Hint: "make one request for each", Scope: true})
	}
	return slots, problems
}
