package elixir

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// Describe says what the flags are here.
func (c *contents) Describe() migrate.Description {
	d := describer{contents: c}
	d.out.Set.Settings.GroupConflict = flagset.GroupConflict(c.library.Conflict())
	d.out.Findings = append(d.out.Findings, c.unreadable...)
	for i := range c.flags {
		f := &c.flags[i]
		d.out.Gates += len(f.Gates)
		if name, is := c.segment(f.Name); is {
			d.segment(name, f)
		} else {
			d.flag(f)
		}
	}
	d.out.Set = *d.out.Set.Sorted()
	d.references()
	return d.out
}

// describer writes a description.
type describer struct {
	*contents
	out   migrate.Description
	about migrate.Finding // flag, segment and gate of the next findings
}

func (d *describer) found(effect migrate.Effect, wayOut, format string, args ...any) {
	f := d.about
	f.Effect, f.Detail, f.WayOut = effect, fmt.Sprintf(format, args...), wayOut
	d.out.Findings = append(d.out.Findings, f)
}

// segment carries a segment: the constraints of the first rule under its reserved name.
func (d *describer) segment(name string, f *reference.Flag) {
	d.about = migrate.Finding{Segment: name}
	d.out.Segments++
	var rule *reference.Gate
	others := 0
	for i := range f.Gates {
		if g := &f.Gates[i]; g.Type == reference.Rule && rule == nil {
			rule = g
		} else {
			others++
		}
	}
	if others > 0 {
		d.found(migrate.Same, "", "its other gates are left out, since they only decide for who asks for the flag %q", f.Name)
	}
	if rule == nil || len(rule.Constraints) == 0 {
		d.found(migrate.Same, "", "it has no constraints and matches nobody, so it is left out")
		return
	}
	s := flagset.Segment{Key: name, Constraints: d.constraints(rule.Constraints)}
	if keyProblem := d.problems(flagset.ValidateSegment(&s)); keyProblem != "" {
		d.found(migrate.LeftOut, "give it another name in the old store; names of segments are hashed for nobody", "its name can't be a key: %s", keyProblem)
		return
	}
	if !storable(d, s, flagset.ParseSegment) {
		return
	}
	d.out.Set.Segments = append(d.out.Set.Segments, s)
}

// flag carries a flag.
func (d *describer) flag(f *reference.Flag) {
	name := f.Name
	if from, renamed := d.origins[name]; renamed {
		name = from
	}
	d.about = migrate.Finding{Flag: name}
	out := flagset.Flag{Key: f.Name}
	taken := map[string]bool{}
	for i := range f.Gates {
		g := &f.Gates[i]
		d.about.Gate = g.ID()
		gate, carried := d.gate(f, g)
		if !carried {
			continue
		}
		if slot := gate.Slot(); taken[slot] {
			d.double(f, g)
			continue
		} else {
			taken[slot] = true
		}
		out.Gates = append(out.Gates, gate)
	}
	d.about.Gate = ""
	if keyProblem := d.problems(flagset.ValidateFlag(&out)); keyProblem != "" {
		d.found(migrate.LeftOut, "--rename "+quoted(name+"="+migrate.KeyFor(name, &flagset.Set{})), "its name can't be a key: %s", keyProblem)
		d.out.Flags = append(d.out.Flags, migrate.Origin{Name: name})
		return
	}
	if !storable(d, out, flagset.ParseFlag) {
		d.out.Flags = append(d.out.Flags, migrate.Origin{Name: name})
		return
	}
	d.out.Set.Flags = append(d.out.Set.Flags, out)
	d.out.Flags = append(d.out.Flags, migrate.Origin{Name: name, Key: out.Key})
}

// storable reports whether a flag or a segment can be stored here at all, and names what it has that none may have, such
// as a longer text. One such document would have the whole import refused, so it is left out.
func storable[T any](d *describer, document T, parse func([]byte, ...string) (T, []flagset.Problem)) bool {
	data, err := json.Marshal(document)
	why := ""
	if err != nil {
		why = err.Error()
	} else if _, problems := parse(data); len(problems) > 0 {
		why = problems[0].Detail
	}
	if why != "" {
		d.found(migrate.LeftOut, "make it smaller in the old store", "it can't be stored here: %s", why)
	}
	return why == ""
}

// double names a second gate in a slot.
func (d *describer) double(f *reference.Flag, g *reference.Gate) {
	switch g.Type {
	case reference.Rule:
		d.found(migrate.Differs, "put its constraints into a segment", "there are two rules, of which only the first is carried")
	case reference.Group:
		d.found(migrate.Differs, "delete one of the rows", "the group has two rows, of which only the first is carried")
	case reference.PercentageOfTime, reference.PercentageOfActors:
		for i := range f.Gates {
			if t := f.Gates[i].Type; t != g.Type && (t == reference.PercentageOfTime || t == reference.PercentageOfActors) {
				d.found(migrate.Differs, "delete one of the rows", "there is a percentage of actors and one of time: %s is carried, which decides otherwise without an actor", reference.PercentageOfActors)
				return
			}
		}
		d.found(migrate.Same, "", "there are two such rows, of which %s reads the first", d.library.Name())
	default:
		if d.library == reference.FunWithFlags {
			d.found(migrate.Differs, "delete one of the rows", "there are two such rows, and it is up to the database which one FunWithFlags reads")
			return
		}
		d.found(migrate.Same, "", "there are two such rows, of which %s reads the first", d.library.Name())
	}
}

// gate carries a gate. Gates that never matter are left out, and said.
func (d *describer) gate(f *reference.Flag, g *reference.Gate) (flagset.Gate, bool) {
	out := flagset.Gate{Type: flagset.GateType(g.Type), Target: g.For, Enabled: g.Enabled}
	if g.Raises != "" {
		d.found(migrate.Differs, "write it again in the old store", "%s: %s raises where a question reaches the gate, which is left out here", g.Raises, d.library.Name())
		return out, false
	}
	switch g.Type {
	case reference.PercentageOfTime, reference.PercentageOfActors:
		return d.percentage(out, g.Ratio)
	case reference.Variant:
		for name, w := range g.Weights {
			out.Variants = append(out.Variants, flagset.Variant{Name: name, Weight: weight(w)})
		}
		out.Variants = flagset.SortedVariants(out.Variants)
	case reference.Rule:
		if len(g.Constraints) == 0 {
			d.found(migrate.Same, "", "a rule without constraints never matches, so it is left out")
			return out, false
		}
		out.Constraints = d.constraints(g.Constraints)
	case reference.Schedule:
		out.From, out.Until = d.bound("from", g.From), d.bound("until", g.Until)
	}
	return out, true
}

// percentage carries a ratio. Those from 1 on and up to 0 can only be written into a store by hand.
func (d *describer) percentage(out flagset.Gate, ratio float64) (flagset.Gate, bool) {
	out.Enabled = false
	switch {
	case ratio > 0 && ratio < 1:
		out.Ratio = &ratio
		return out, true
	case ratio < 0 || ratio == 0 && out.Type == flagset.PercentageOfTime:
		d.found(migrate.Same, "", "the ratio %v never grants, so the gate is left out", ratio)
		return out, false
	case out.Type == flagset.PercentageOfTime:
		d.found(migrate.Differs, "enable the flag instead", "the ratio %v always grants; the largest that can be carried is 0.9999", ratio)
		ratio = 0.9999
	case ratio == 0:
		ratio = 1e-6
		d.found(migrate.Same, "", "the ratio 0 grants the actors with the score 0, as %v does, which is carried", ratio)
	default:
		d.found(migrate.Same, "", "the ratio %v grants every actor, as 0.999999 does, which is carried", ratio)
		ratio = 0.999999
	}
	out.Ratio = &ratio
	return out, true
}

// bound carries an end of a schedule. What isn't a time closes the schedule for ever, here too.
func (d *describer) bound(end string, v any) *string {
	if v == nil {
		return nil
	}
	text, isText := v.(string)
	if !isText {
		text = fmt.Sprint(v)
	}
	if _, err := flagset.ParseTime(text); err != nil {
		d.found(migrate.Same, "clear the schedule, or write a time such as 2026-11-27T08:30:00Z", "%s is %s, which isn't a time: the schedule never opens, here as there", end, quoted(text))
	}
	return &text
}

func weight(v any) flagset.Number {
	if i, whole := v.(*big.Int); whole {
		return flagset.Integer(i)
	}
	return flagset.Float(v.(float64))
}

// problems adds findings for what validation refuses. It returns what is wrong with the key, or "".
func (d *describer) problems(problems []flagset.Problem) (key string) {
	for _, p := range problems {
		if p.Severity == flagset.Warning {
			continue
		}
		if p.Pointer == "/key" {
			return p.Detail
		}
		d.about.Gate = p.Gate
		effect := migrate.Differs
		if strings.HasSuffix(p.Pointer, "/from") || strings.HasSuffix(p.Pointer, "/until") {
			continue // bound said it, or the window is inverted, which never opens here as there
		}
		if strings.Contains(p.Pointer, "/constraints/") && !strings.Contains(p.Detail, "limit") {
			if strings.Contains(p.Detail, "RE2") {
				continue // pattern said it
			}
			effect = migrate.Same
		}
		d.found(effect, p.Hint, "%s; it grants nothing here", p.Detail)
	}
	d.about.Gate = ""
	return ""
}

// references names what flags refer to and isn't there, and cycles.
func (d *describer) references() {
	for _, p := range flagset.ValidateReferences(&d.out.Set) {
		d.about = migrate.Finding{Flag: p.Flag, Segment: p.Segment, Gate: p.Gate}
		if from, renamed := d.origins[p.Flag]; renamed {
			d.about.Flag = from
		}
		switch {
		case p.Missing && d.leftOut(strings.TrimPrefix(p.Gate, string(reference.Prerequisite)+"/")):
			d.found(migrate.Differs, "rename the parent too", "the parent isn't carried, and counts as off here")
		case p.Missing && strings.HasPrefix(p.Gate, string(reference.Prerequisite)):
			if d.requiredOff(p.Flag, p.Gate) {
				d.found(migrate.Differs, "clear the prerequisite", "the parent isn't stored: Bandera answers by whether the program mentions it, and Gonfalon takes it for off, which meets the prerequisite")
			} else {
				d.found(migrate.Same, "clear the prerequisite", "the parent isn't stored, so the flag is off, here as there")
			}
		case p.Missing:
			d.found(migrate.Same, "clear the gate", "the segment isn't stored: the gate grants nothing, here as there")
		case p.Severity == flagset.Warning:
		default:
			d.found(migrate.Same, "clear one of the prerequisites", "%s: the flag is off, here as there", p.Detail)
		}
	}
}

// leftOut reports whether a flag of the source isn't carried.
func (d *describer) leftOut(name string) bool {
	return slices.Contains(d.out.Flags, migrate.Origin{Name: name})
}

// requiredOff reports whether a gate of a flag requires its parent to be off.
func (d *describer) requiredOff(key, slot string) bool {
	for i := range d.out.Set.Flags {
		if d.out.Set.Flags[i].Key != key {
			continue
		}
		for _, g := range d.out.Set.Flags[i].Gates {
			if g.Slot() == slot {
				return !g.Enabled
			}
		}
	}
	return false
}

func quoted(text string) string { return fmt.Sprintf("%.80q", text) }
