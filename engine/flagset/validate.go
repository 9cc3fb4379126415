package flagset

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// These limits are for the parts of a flag that hosts never see.
const (
	MaxTextBytes = 4_096 // of a description: about a page
	MaxTags      = 64    // of a flag: a list can't show more
)

// Validate finds every problem of a set: those of its flags and segments one by one, and those between them.
func Validate(set *Set) []Problem {
	var problems []Problem
	for i := range set.Flags {
		problems = append(problems, ValidateFlag(&set.Flags[i])...)
	}
	for i := range set.Segments {
		problems = append(problems, ValidateSegment(&set.Segments[i])...)
	}
	return append(problems, ValidateReferences(set)...)
}

// ValidateFlag finds every problem of a flag by itself. Pointers count gates in the flag's order.
func ValidateFlag(f *Flag) []Problem {
	c := checker{about: Problem{Flag: f.Key}}
	c.key(f.Key)
	c.text("/description", f.Description, MaxTextBytes)
	c.text("/owner", f.Owner, engine.MaxNameBytes)
	c.readable("/description", f.Description, "\n\t")
	c.readable("/owner", f.Owner, "")
	if len(f.Tags) > MaxTags {
		c.fail("/tags", fmt.Sprintf("%d tags exceed the limit of %d", len(f.Tags), MaxTags), "")
	}
	for i, tag := range f.Tags {
		c.text("/tags/"+strconv.Itoa(i), tag, engine.MaxNameBytes)
		c.readable("/tags/"+strconv.Itoa(i), tag, "")
	}
	c.gates(f)
	c.offVariant(f)
	return c.problems
}

// ValidateSegment finds every problem of a segment by itself.
func ValidateSegment(s *Segment) []Problem {
	c := checker{about: Problem{Segment: s.Key}}
	c.key(s.Key)
	c.text("/description", s.Description, MaxTextBytes)
	c.readable("/description", s.Description, "\n\t")
	c.constraints(s.Constraints, "a segment without constraints matches nobody")
	return c.problems
}

// checker collects problems.
type checker struct {
	problems []Problem
	about    Problem // flag, segment and gate of the next problems
	place    string  // pointer to the part that is being checked
	counts   [2]int  // of problems, by severity
	most     int     // problems of each severity; 0 for MaxProblems + 1
}

// add adds a problem and returns it.
func (c *checker) add(severity Severity, pointer, detail, hint string) *Problem {
	p := c.about
	p.Severity, p.Pointer, p.Detail, p.Hint = severity, c.place+pointer, detail, hint
	if c.counts[severity]++; c.counts[severity] > max(c.most, MaxProblems+1) {
		return &p // of which there are too many
	}
	c.problems = append(c.problems, p)
	return &c.problems[len(c.problems)-1]
}

func (c *checker) fail(pointer, detail, hint string) *Problem {
	return c.add(Error, pointer, detail, hint)
}

func (c *checker) warn(pointer, detail, hint string) { c.add(Warning, pointer, detail, hint) }

func (c *checker) text(pointer, text string, most int) {
	if len(text) > most {
		c.fail(pointer, fmt.Sprintf("%d bytes exceed the limit of %d", len(text), most), "")
	}
}

// readable refuses control characters in a text that people read.
func (c *checker) readable(pointer, text, allowed string) {
	if problem := ControlProblem(text, allowed); problem != "" {
		c.fail(pointer, problem, "")
	}
}

// name checks a target, or the name of a variant or an attribute.
func (c *checker) name(pointer, name string) {
	if name == "" {
		c.fail(pointer, "it is empty", "")
	}
	c.text(pointer, name, engine.MaxNameBytes)
}

// gates checks each gate, that no two share a slot, and that there aren't too many of a kind.
func (c *checker) gates(f *Flag) {
	slots := make(map[string]int, len(f.Gates))
	counts := map[GateType]int{}
	for i := range f.Gates {
		g := &f.Gates[i]
		slot := g.Slot()
		c.about.Gate, c.place = slot, "/gates/"+strconv.Itoa(i)
		c.gate(g)
		if first, taken := slots[slot]; taken {
			c.fail("", fmt.Sprintf("gate %d already has the slot %s", first, quoted(slot)), "a flag has one gate per slot: remove one of the two")
		} else {
			slots[slot] = i
		}
		if g.Type == SegmentGate {
			counts[Rule]++
		} else {
			counts[g.Type]++
		}
	}
	c.about.Gate, c.place = "", ""
	for _, limit := range []struct {
		kind GateType
		most int
		what string
	}{
		{Actor, engine.MaxTargets, "actor gates"}, {Group, engine.MaxTargets, "group gates"},
		{Rule, engine.MaxRules, "rule and segment gates"}, {Prerequisite, engine.MaxPrerequisites, "prerequisites"},
		{Schedule, engine.MaxSchedules, "schedules"},
	} {
		if n := counts[limit.kind]; n > limit.most {
			c.fail("/gates", fmt.Sprintf("%d %s exceed the limit of %d", n, limit.what, limit.most), "")
		}
	}
}

// gate checks a gate by itself.
func (c *checker) gate(g *Gate) {
	switch g.Type {
	case Boolean:
	case Actor, Group:
		c.name("/target", g.Target)
	case PercentageOfActors, PercentageOfTime:
		if g.Ratio == nil {
			c.fail("/ratio", "it is missing", "write a ratio between 0 and 1 (both excluded)")
		}
		c.ratio(g)
	case VariantGate:
		c.variants(g.Variants)
	case Rule:
		c.ratio(g)
		c.constraints(g.Constraints, "a rule without constraints never matches")
	case SegmentGate:
		c.ratio(g)
		c.reference(g.Target)
	case Prerequisite:
		c.reference(g.Target)
	case Schedule:
		c.schedule(g)
	default:
		c.fail("/type", quoted(string(g.Type))+" is not a gate type", typesHint)
	}
}

func (c *checker) ratio(g *Gate) {
	if g.Ratio == nil || *g.Ratio > 0 && *g.Ratio < 1 {
		return
	}
	hint := ""
	switch r := *g.Ratio; {
	case g.Type == Rule || g.Type == SegmentGate:
		hint = "leave it out to grant everybody who matches"
	case r >= 1:
		hint = "for everyone, enable the boolean gate"
	case r <= 0:
		hint = "for nobody, clear the percentage"
	}
	c.fail("/ratio", strconv.FormatFloat(*g.Ratio, 'g', -1, 64)+" is not between 0 and 1 (both excluded)", hint)
}

func (c *checker) schedule(g *Gate) {
	from, okFrom := c.bound("/from", g.From, math.MinInt64)
	until, okUntil := c.bound("/until", g.Until, math.MaxInt64)
	if okFrom && okUntil && from >= until {
		c.fail("/until", "the window never opens: until is not after from", "")
	}
}

// bound reads one end of a window. An open end is as far away as possible.
func (c *checker) bound(pointer string, text *string, open int64) (int64, bool) {
	if text == nil {
		return open, true
	}
	at, err := ParseTime(*text)
	switch {
	case err == errTimeOffset:
		c.fail(pointer, quoted(*text)+" is not a time: "+err.Error(), "add Z for UTC, or an offset such as +01:00")
	case err != nil:
		c.fail(pointer, quoted(*text)+" is not a time: "+err.Error(), "")
	}
	return at, err == nil
}

func (c *checker) offVariant(f *Flag) {
	if f.OffVariant == nil {
		return
	}
	for i := range f.Gates {
		for j := range f.Gates[i].Variants {
			if f.Gates[i].Type == VariantGate && f.Gates[i].Variants[j].Name == *f.OffVariant {
				return
			}
		}
	}
	c.fail("/off_variant", "the flag has no variant "+quoted(*f.OffVariant), "")
}
