package snapshot

import (
	"math"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
	"github.com/gonfalon-flags/gonfalon/engine/pattern"
)

// compiler writes one record, and counts what is in it. Its flags may be malformed in any way. It leaves out gates
// that grant nothing anyway.
type compiler struct {
	*pack.Writer
	counts Counts
}

func newCompiler() *compiler { return &compiler{Writer: pack.NewWriter()} }

// parts holds a flag's gates by kind, the way the record has them.
type parts struct {
	on, booleans  bool // the first boolean gate decides
	actors, time  *float64
	actorGates    []flagset.Gate
	groupGates    []flagset.Gate
	rules         []flagset.Gate
	variants      []flagset.Variant
	prerequisites []flagset.Gate
	windows       [][2]int64
}

func (c *compiler) flag(f *flagset.Flag) {
	p := sortParts(f.Gates)
	c.counts[engine.CountFlags]++
	c.Array(10)
	bits := 0
	if p.on {
		bits |= 1
	}
	if f.Killed {
		bits |= 2
	}
	c.Int(bits)
	c.Int(granted(p.actors, ScoresGranted))
	c.Int(granted(p.time, func(ratio float64) int { return 1 + DrawsGranted(ratio) }))
	c.offVariant(f.OffVariant, p.variants)
	c.targets(p.actorGates, false)
	c.targets(p.groupGates, true)
	c.rules(p.rules)
	c.variants(p.variants)
	c.Array(2 * len(p.prerequisites))
	for _, g := range p.prerequisites {
		c.Text(flagset.ValidText(g.Target))
		c.Bool(g.Enabled)
	}
	c.Array(2 * len(p.windows))
	for _, w := range p.windows {
		c.Long(w[0])
		c.Long(w[1])
	}
	c.counts[engine.CountPrerequisites] += len(p.prerequisites)
	c.counts[engine.CountSchedules] += len(p.windows)
}

func (c *compiler) segment(constraints []flagset.Constraint) {
	c.counts[engine.CountSegments]++
	c.constraints(constraints)
}

// sortParts sorts gates by kind. If a flag may have only one gate of a kind, the first that can be read counts.
func sortParts(gates []flagset.Gate) parts {
	var p parts
	for _, g := range gates {
		switch g.Type {
		case flagset.Boolean:
			p.on = p.on || g.Enabled && !p.booleans
			p.booleans = true
		case flagset.PercentageOfActors:
			if p.actors == nil && sound(g.Ratio) {
				p.actors = g.Ratio
			}
		case flagset.PercentageOfTime:
			if p.time == nil && sound(g.Ratio) {
				p.time = g.Ratio
			}
		case flagset.Actor:
			p.actorGates = append(p.actorGates, g)
		case flagset.Group:
			p.groupGates = append(p.groupGates, g)
		case flagset.Rule:
			if g.Enabled && len(g.Constraints) > 0 && (g.Ratio == nil || sound(g.Ratio)) {
				p.rules = append(p.rules, g)
			}
		case flagset.SegmentGate:
			if g.Enabled && (g.Ratio == nil || sound(g.Ratio)) {
				p.rules = append(p.rules, g)
			}
		case flagset.VariantGate:
			if p.variants == nil && soundVariants(g.Variants) {
				p.variants = flagset.SortedVariants(g.Variants)
			}
		case flagset.Prerequisite:
			p.prerequisites = append(p.prerequisites, g)
		case flagset.Schedule:
			if from, until, ok := window(g); ok {
				p.windows = append(p.windows, [2]int64{from, until})
			}
		}
	}
	return p
}

// sound reports whether a ratio is given and lies between 0 and 1.
func sound(ratio *float64) bool { return ratio != nil && *ratio > 0 && *ratio < 1 }

// soundVariants reports whether a variant gate can be read. If it can't, the whole gate is left out, as the reference
// does.
func soundVariants(variants []flagset.Variant) bool {
	names, some := map[string]bool{}, false
	for _, v := range variants {
		ok, positive := v.Weight.Sound()
		if !ok || names[v.Name] || len(v.Name) > engine.MaxNameBytes {
			return false
		}
		names[v.Name] = true
		some = some || positive
	}
	if !some || len(variants) > engine.MaxVariants {
		return false
	}
	_, ok := Cuts(flagset.SortedVariants(variants))
	return ok
}

// window returns a schedule's window in Unix microseconds. ok is false if it can't be read or can't open.
func window(g flagset.Gate) (from, until int64, ok bool) {
	from, okFrom := bound(g.From, math.MinInt64)
	until, okUntil := bound(g.Until, math.MaxInt64)
	return from, until, okFrom && okUntil && from < until
}

// bound reads one end of a window. An end that is left out is open.
func bound(text *string, open int64) (at int64, ok bool) {
	if text == nil {
		return open, true
	}
	at, err := flagset.ParseTime(*text)
	return at, err == nil
}

func granted(ratio *float64, count func(float64) int) int {
	if ratio == nil {
		return 0
	}
	return count(*ratio)
}

func (c *compiler) offVariant(name *string, variants []flagset.Variant) {
	at := -1
	if name != nil {
		at = slices.IndexFunc(variants, func(v flagset.Variant) bool { return v.Name == *name })
	}
	c.Int(at + 1)
}

// These are the states of a target. A group can have both. For an actor the first gate decides.
const (
	denied  = 1
	allowed = 2
)

func (c *compiler) targets(gates []flagset.Gate, both bool) {
	states := make(map[string]int, len(gates))
	names := make([]string, 0, len(gates))
	for _, g := range gates {
		name, state := flagset.ValidText(g.Target), denied
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
	c.Array(2 * len(names))
	for _, name := range names {
		c.Text(name)
		c.Int(states[name])
	}
	c.counts[engine.CountSlots] += slots(len(names))
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

func (c *compiler) rules(gates []flagset.Gate) {
	c.Array(len(gates))
	c.counts[engine.CountRules] += len(gates)
	for _, g := range gates {
		c.Array(2)
		score := 0
		if g.Ratio != nil {
			score = ScoresGranted(*g.Ratio)
		}
		c.Int(score)
		if g.Type == flagset.SegmentGate {
			c.Text(flagset.ValidText(g.Target))
		} else {
			c.constraints(g.Constraints)
		}
	}
}

func (c *compiler) variants(variants []flagset.Variant) {
	cut, _ := Cuts(variants)
	c.Array(len(variants))
	c.counts[engine.CountVariants] += len(variants)
	for i, v := range variants {
		c.Array(3)
		c.Text(flagset.ValidText(v.Name))
		c.Int(cut[i])
		if payload, err := flagset.CanonicalJSON(v.Payload); v.Payload != nil && err == nil {
			c.Binary(payload)
		} else {
			c.Nil()
		}
	}
}

func (c *compiler) constraints(constraints []flagset.Constraint) {
	c.Array(len(constraints))
	c.counts[engine.CountConstraints] += len(constraints)
	for _, k := range constraints {
		c.constraint(k)
	}
}

// constraint writes a constraint, or "never" in place of one without a meaning. It writes the values if it can, so
// that an explanation shows them.
func (c *compiler) constraint(k flagset.Constraint) {
	op, values, count := operator(k.Operator), pack.NewWriter(), len(k.Values)
	values.Array(count)
	for _, v := range k.Values {
		if err := values.Value(canonicalValue(v)); err != nil || count > engine.MaxValues {
			op, count, values = engine.OpNever, 0, pack.NewWriter()
			values.Array(0)
			break
		}
	}
	var pattern *pattern.Program
	if op == engine.OpMatches {
		if pattern = onlyPattern(k.Values); pattern == nil {
			op = engine.OpNever
		}
	}
	c.Array(4)
	c.Text(flagset.ValidText(k.Attribute))
	c.Int(int(op))
	c.Raw(values.Bytes())
	c.counts[engine.CountValues] += count
	c.program(pattern)
}

// operator returns the number of an operator, and OpNever for a name that no operator has.
func operator(name string) engine.Operator {
	for op := range engine.Operators {
		if op.String() == name {
			return op
		}
	}
	return engine.OpNever
}

// onlyPattern returns the program of the only value, or nil if that isn't a valid pattern.
func onlyPattern(values []any) *pattern.Program {
	if len(values) != 1 {
		return nil
	}
	text, ok := values[0].(string)
	if !ok {
		return nil
	}
	pattern, err := pattern.Compile(flagset.ValidText(text))
	if err != nil {
		return nil
	}
	return pattern
}

// canonicalValue converts a value to one of the model's Go types. A float stays a float: the readers settle whether
// 5.0 is 5.
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
			object[flagset.ValidText(name)] = canonicalValue(v[name])
		}
		return object
	}
	if canonical, err := flagset.Normalise(v); err == nil {
		return canonical
	}
	return v
}

func (c *compiler) program(p *pattern.Program) {
	if p == nil {
		c.Nil()
		return
	}
	c.Array(3)
	c.Int(p.Start)
	c.Array(4 * len(p.Instructions))
	for _, in := range p.Instructions {
		c.Int(in.Op)
		c.Int(in.Out)
		c.Int(in.X)
		c.Int(in.Y)
	}
	c.Array(len(p.Ranges))
	for _, r := range p.Ranges {
		c.Int(int(r))
	}
	c.counts[engine.CountPrograms]++
	c.counts[engine.CountInstructions] += len(p.Instructions)
	c.counts[engine.CountRanges] += len(p.Ranges)
}

// byKey orders records the way a snapshot does.
func byKey(a, b Record) int { return strings.Compare(a.Key, b.Key) }
