package snapshot

import (
	"math"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// compiler writes one record, and counts what is in it. Its flags may be malformed in any way. It leaves out gates that grant nothing
// anyway.
type compiler struct {
	*writer
	counts Counts
}

func newCompiler() *compiler { return &compiler{writer: newWriter()} }

// parts holds a flag's gates by kind, the way the record has them.
type parts struct {
	on, booleans  bool // the first boolean gate decides
	actors, time  *float64
	actorGates    []Gate
	groupGates    []Gate
	rules         []Gate
	variants      []Variant
	prerequisites []Gate
	windows       [][2]int64
}

func (c *compiler) flag(f *Flag) {
	p := sortParts(f.Gates)
	c.counts.Flags++
	c.array(10)
	bits := 0
	if p.on {
		bits |= 1
	}
	if f.Killed {
		bits |= 2
	}
	c.int(bits)
	c.int(granted(p.actors, actorsGranted))
	c.int(granted(p.time, func(ratio float64) int { return 1 + drawsGranted(ratio) }))
	c.offVariant(f.OffVariant, p.variants)
	c.targets(p.actorGates, false)
	c.targets(p.groupGates, true)
	c.rules(p.rules)
	c.variants(p.variants)
	c.array(2 * len(p.prerequisites))
	for _, g := range p.prerequisites {
		c.text(validText(g.Target))
		c.bool(g.Enabled)
	}
	c.array(2 * len(p.windows))
	for _, w := range p.windows {
		c.long(w[0])
		c.long(w[1])
	}
	c.counts.Prerequisites += len(p.prerequisites)
	c.counts.Schedules += len(p.windows)
}

func (c *compiler) segment(constraints []Constraint) {
	c.counts.Segments++
	c.constraints(constraints)
}

// sortParts sorts gates by kind. If a flag may have only one gate of a kind, the first that can be read counts.
func sortParts(gates []Gate) parts {
	var p parts
	for _, g := range gates {
		switch g.Type {
		case Boolean:
			p.on = p.on || g.Enabled && !p.booleans
			p.booleans = true
		case PercentageOfActors:
			if p.actors == nil && sound(g.Ratio) {
				p.actors = g.Ratio
			}
		case PercentageOfTime:
			if p.time == nil && sound(g.Ratio) {
				p.time = g.Ratio
			}
		case Actor:
			p.actorGates = append(p.actorGates, g)
		case Group:
			p.groupGates = append(p.groupGates, g)
		case Rule:
			if g.Enabled && len(g.Constraints) > 0 && (g.Ratio == nil || sound(g.Ratio)) {
				p.rules = append(p.rules, g)
			}
		case SegmentGate:
			if g.Enabled && (g.Ratio == nil || sound(g.Ratio)) {
				p.rules = append(p.rules, g)
			}
		case VariantGate:
			if p.variants == nil && soundVariants(g.Variants) {
				p.variants = sortedVariants(g.Variants)
			}
		case Prerequisite:
			p.prerequisites = append(p.prerequisites, g)
		case Schedule:
			if from, until, ok := window(g); ok {
				p.windows = append(p.windows, [2]int64{from, until})
			}
		}
	}
	return p
}

// sound reports whether a ratio is given and lies between 0 and 1.
func sound(ratio *float64) bool { return ratio != nil && *ratio > 0 && *ratio < 1 }

// soundVariants reports whether a variant gate can be read. If it can't, the whole gate is left out, as the reference does.
func soundVariants(variants []Variant) bool {
	names, some := map[string]bool{}, false
	for _, v := range variants {
		ok, positive := weight(v.Weight)
		if !ok || names[v.Name] || len(v.Name) > engine.MaxNameBytes {
			return false
		}
		names[v.Name] = true
		some = some || positive
	}
	if !some || len(variants) > engine.MaxVariants {
		return false
	}
	_, ok := cuts(sortedVariants(variants))
	return ok
}

// window returns a schedule's window in Unix microseconds. ok is false if it can't be read or can't open.
func window(g Gate) (from, until int64, ok bool) {
	var c checker
	from, okFrom := c.bound("", g.From, math.MinInt64)
	until, okUntil := c.bound("", g.Until, math.MaxInt64)
	return from, until, okFrom && okUntil && from < until
}

func granted(ratio *float64, count func(float64) int) int {
	if ratio == nil {
		return 0
	}
	return count(*ratio)
}

func (c *compiler) offVariant(name *string, variants []Variant) {
	at := -1
	if name != nil {
		at = slices.IndexFunc(variants, func(v Variant) bool { return v.Name == *name })
	}
	c.int(at + 1)
}

// These are the states of a target. A group can have both. For an actor the first gate decides.
const (
	denied  = 1
	allowed = 2
)

func (c *compiler) targets(gates []Gate, both bool) {
	states := make(map[string]int, len(gates))
	names := make([]string, 0, len(gates))
	for _, g := range gates {
		name, state := validText(g.Target), denied
		if g.Enabled {
			state = allowed
		}
		before, known := states[name]
		switch {
		case !known:
			names = append(names, name)
			states[name] = state
		case both:
			states[name] = before | state
		}
	}
	slices.Sort(names)
	c.array(2 * len(names))
	for _, name := range names {
		c.text(name)
		c.int(states[name])
	}
	c.counts.Slots += slots(len(names))
}

// slots returns the size of the table that a reader makes for n targets.
func slots(n int) int {
	if n == 0 {
		return 0
	}
	size := 2
	for size < n+n/2 {
		size *= 2
	}
	return size
}

func (c *compiler) rules(gates []Gate) {
	c.array(len(gates))
	c.counts.Rules += len(gates)
	for _, g := range gates {
		c.array(2)
		score := 0
		if g.Ratio != nil {
			score = actorsGranted(*g.Ratio)
		}
		c.int(score)
		if g.Type == SegmentGate {
			c.text(validText(g.Target))
		} else {
			c.constraints(g.Constraints)
		}
	}
}

func (c *compiler) variants(variants []Variant) {
	cut, _ := cuts(variants)
	c.array(len(variants))
	c.counts.Variants += len(variants)
	for i, v := range variants {
		c.array(3)
		c.text(validText(v.Name))
		c.int(cut[i])
		if payload, err := CanonicalJSON(v.Payload); v.Payload != nil && err == nil {
			c.binary(payload)
		} else {
			c.none()
		}
	}
}

func (c *compiler) constraints(constraints []Constraint) {
	c.array(len(constraints))
	c.counts.Constraints += len(constraints)
	for _, k := range constraints {
		c.constraint(k)
	}
}

// constraint writes a constraint, or "never" in place of one without a meaning. It writes the values if it can, so that an explanation
// shows them.
func (c *compiler) constraint(k Constraint) {
	op, values, count := operator(k.Operator), newWriter(), len(k.Values)
	if op < 0 {
		op = never
	}
	values.array(count)
	for _, v := range k.Values {
		if err := values.value(canonicalValue(v)); err != nil || count > engine.MaxValues {
			op, count, values = never, 0, newWriter()
			values.array(0)
			break
		}
	}
	var pattern *program
	if op == operator("matches") {
		if pattern = onlyPattern(k.Values); pattern == nil {
			op = never
		}
	}
	c.array(4)
	c.text(validText(k.Attribute))
	c.int(op)
	c.raw(values.bytes())
	c.counts.Values += count
	c.program(pattern)
}

// onlyPattern returns the program of the only value, or nil if that isn't a valid pattern.
func onlyPattern(values []any) *program {
	if len(values) != 1 {
		return nil
	}
	text, ok := values[0].(string)
	if !ok {
		return nil
	}
	pattern, err := compilePattern(validText(text))
	if err != nil {
		return nil
	}
	return pattern
}

// canonicalValue converts a value to one of the model's Go types. A float stays a float: the readers settle whether 5.0 is 5.
func canonicalValue(v any) any {
	switch v := v.(type) {
	case float64:
		return v
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = canonicalValue(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[validText(name)] = canonicalValue(v[name])
		}
		return object
	}
	if canonical, err := Normalise(v); err == nil {
		return canonical
	}
	return v
}

func (c *compiler) program(p *program) {
	if p == nil {
		c.none()
		return
	}
	c.array(3)
	c.int(p.start)
	c.array(4 * len(p.instructions))
	for _, in := range p.instructions {
		c.int(in.op)
		c.int(in.out)
		c.int(in.x)
		c.int(in.y)
	}
	c.array(len(p.ranges))
	for _, r := range p.ranges {
		c.int(int(r))
	}
	c.counts.Programs++
	c.counts.Instructions += len(p.instructions)
	c.counts.Ranges += len(p.ranges)
}

// byKey orders records the way a snapshot does.
func byKey(a, b Record) int { return strings.Compare(a.Key, b.Key) }
