package flagset

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// ParseFlag reads a flag's JSON document. It reports everything that doesn't fit the form and leaves it out of the
// flag; ValidateFlag checks whether the flag makes sense. It skips members named in ignore, such as a request's
// "reason" or those that an answer adds. It leaves a missing key empty, since a path may supply it.
//
// Why: RATIONALE.md "Why are reading a flag and validating it separate steps?"
func ParseFlag(data []byte, ignore ...string) (Flag, []Problem) {
	return parseJSON(data, ignore, (*reader).flag)
}

// ParseSegment reads a segment's JSON document, in the way in which ParseFlag reads a flag's.
func ParseSegment(data []byte, ignore ...string) (Segment, []Problem) {
	return parseJSON(data, ignore, (*reader).segment)
}

// ParseVariants reads {"variants": […]}.
func ParseVariants(data []byte, ignore ...string) ([]Variant, []Problem) {
	return parseJSON(data, ignore, func(r *reader, n *node) []Variant {
		var variants []Variant
		r.object(n, "the body", map[string]field{"variants": func(n *node) { variants = list(r, n, engine.MaxVariants, r.variant) }}, "variants")
		return variants
	})
}

// ParseSet reads a whole document of settings, flags and segments. The set is sorted by key.
func ParseSet(data []byte) (Set, []Problem) {
	set, problems := parseJSON(data, nil, (*reader).set)
	return *set.Sorted(), problems
}

func parseJSON[T any](data []byte, ignore []string, read func(*reader, *node) T) (T, []Problem) {
	root, problem := readJSON(data)
	if problem != nil {
		var none T
		return none, []Problem{*problem}
	}
	r := reader{ignore: ignore}
	return read(&r, &root), r.problems
}

// reader turns a document's nodes into the model. It remembers where it is, so that problems can say so.
type reader struct {
	ignore   []string
	problems []Problem
	place    []string // the pointer's tokens
	about    Problem  // flag, segment and gate of the next problems
	base     int      // how much of place leads to that flag or segment
	lenient  bool     // it skips what this build doesn't know
	skipped  []string // pointers to that
	taken    int      // how many parts the current flag or segment has so far
}

// maxParts bounds the gates, constraints, values and variants of one flag or segment together, and with them the memory
// that it takes. 100,000 actors and as many groups are a fifth of it.
const maxParts = 1_000_000

// take counts parts, and reports whether the flag or segment may have so many.
func (r *reader) take(n *node, parts int) bool {
	before := r.taken
	r.taken += parts
	if r.taken > maxParts && before <= maxParts {
		r.fail(n, "together with what is above, more than "+strconv.Itoa(maxParts)+" gates, constraints and values", "split it, or use segments")
	}
	return r.taken <= maxParts
}

type field = func(*node)

func (r *reader) fail(n *node, detail, hint string) {
	if r.full() {
		return
	}
	p := r.about
	p.Line, p.Detail, p.Hint = int(n.line), detail, hint
	p.Pointer = r.pointer()
	r.problems = append(r.problems, p)
}

// pointer returns where the reader is.
func (r *reader) pointer() (pointer string) {
	for _, token := range r.place[r.base:] {
		pointer += "/" + pointerToken(token)
	}
	return pointer
}

// full reports whether there are so many problems that nobody wants to know more. Lists and objects are then not read any
// further.
func (r *reader) full() bool { return len(r.problems) > MaxProblems }

// in reads a part of the current node.
func (r *reader) in(token string, n *node, read field) {
	r.place = append(r.place, token)
	read(n)
	r.place = r.place[:len(r.place)-1]
}

// want reports whether a node is of a kind, and adds a problem if it isn't.
func (r *reader) want(n *node, k kind, hint string) bool {
	if n.kind == k {
		return true
	}
	r.fail(n, "this is "+n.kind.String()+", not "+k.String(), hint)
	return false
}

// object reads the members named in fields, once each, and adds a problem for every other. A null member counts as
// left out.
func (r *reader) object(n *node, what string, fields map[string]field, required ...string) {
	if !r.want(n, kindObject, "") {
		return
	}
	given := map[string]bool{}
	for name, item := range n.children() {
		if r.full() {
			return
		}
		read, known := fields[name]
		switch {
		case given[name]:
			r.in(name, item, func(n *node) { r.fail(n, quoted(name)+" is given twice", "") })
		case known && item.kind != kindNull:
			r.in(name, item, read)
		case !known && !(len(r.place) == r.base && slices.Contains(r.ignore, name)):
			r.in(name, item, func(n *node) { r.unknown(n, what+" has no field "+quoted(name), nearest(name, fields)) })
		}
		given[name] = given[name] || item.kind != kindNull
	}
	for _, name := range required {
		if !given[name] {
			r.in(name, n, func(n *node) { r.fail(n, quoted(name)+" is missing", "") })
		}
	}
}

// list reads a list of at most so many items.
func list[T any](r *reader, n *node, most int, read func(*node) T) []T {
	count, ok := r.items(n, most)
	if !ok {
		return nil
	}
	items := make([]T, 0, count)
	r.each(n, func(n *node) { items = append(items, read(n)) })
	return items
}

// items returns how many items a list has, and adds a problem if they are too many.
func (r *reader) items(n *node, most int) (count int, ok bool) {
	if !r.want(n, kindList, "") {
		return 0, false
	}
	if count = n.count(); count > most {
		r.fail(n, strconv.Itoa(count)+" items exceed the limit of "+strconv.Itoa(most), "")
		return 0, false
	}
	return count, r.take(n, count)
}

// each reads the items of a list.
func (r *reader) each(n *node, read field) {
	i := 0
	for _, item := range n.children() {
		if r.full() {
			return
		}
		r.in(strconv.Itoa(i), item, read)
		i++
	}
}

func (r *reader) text(into *string) field {
	return func(n *node) {
		hint := ""
		if n.kind == kindInteger || n.kind == kindFloat || n.kind == kindBool {
			text, _ := json.Marshal(n.value)
			hint = "put it in quotes: \"" + string(text) + "\""
		}
		if r.want(n, kindString, hint) {
			*into = n.value.(string)
		}
	}
}

func (r *reader) optionalText(into **string) field {
	return func(n *node) {
		if n.kind == kindString {
			*into = new(string)
			**into = n.value.(string)
			return
		}
		r.text(new(string))(n)
	}
}

func (r *reader) truth(into *bool) field {
	return func(n *node) {
		if r.want(n, kindBool, "") {
			*into = n.value.(bool)
		}
	}
}

func (r *reader) ratio(into **float64) field {
	return func(n *node) {
		if n.kind != kindInteger && n.kind != kindFloat {
			r.want(n, kindFloat, "write a ratio such as 0.25")
			return
		}
		ratio := Number{n.value}.Float64()
		*into = &ratio
	}
}

// maxGates is the most gates that a flag can have: each kind has its own limit.
const maxGates = 2*engine.MaxTargets + engine.MaxRules + engine.MaxPrerequisites + engine.MaxSchedules + 3

func (r *reader) flag(n *node) Flag {
	var f Flag
	r.object(n, "a flag", map[string]field{
		"key":         r.text(&f.Key),
		"description": r.text(&f.Description),
		"owner":       r.text(&f.Owner),
		"tags": func(n *node) {
			f.Tags = list(r, n, MaxTags, func(n *node) (tag string) { r.text(&tag)(n); return tag })
		},
		"permanent":   r.truth(&f.Permanent),
		"killed":      r.truth(&f.Killed),
		"off_variant": r.optionalText(&f.OffVariant),
		"gates":       func(n *node) { f.Gates = list(r, n, maxGates, r.gate) },
	})
	return f
}

func (r *reader) segment(n *node) Segment {
	var s Segment
	r.object(n, "a segment", map[string]field{
		"key":         r.text(&s.Key),
		"description": r.text(&s.Description),
		"constraints": func(n *node) { s.Constraints = list(r, n, engine.MaxConstraints, r.constraint) },
	}, "constraints")
	return s
}

// gate reads a gate. Its type determines its members. Enabled is true if it is left out.
// Why: RATIONALE.md "Why is a gate enabled when it does not say so?"
func (r *reader) gate(n *node) Gate {
	var g Gate
	if !r.want(n, kindObject, "") {
		return g
	}
	if t := n.member("type"); t != nil && t.kind == kindString {
		g.Type = GateType(t.value.(string))
	}
	fields := map[string]field{"type": r.text((*string)(&g.Type))}
	required := []string{"type"}
	switch g.Type {
	case Actor, Group, Prerequisite, SegmentGate:
		fields["target"] = r.text(&g.Target)
		required = append(required, "target")
	}
	switch g.Type {
	case Boolean, Actor, Group, Prerequisite, SegmentGate, Rule:
		g.Enabled = true
		fields["enabled"] = r.truth(&g.Enabled)
	}
	switch g.Type {
	case PercentageOfActors, PercentageOfTime:
		fields["ratio"] = r.ratio(&g.Ratio)
		required = append(required, "ratio")
	case SegmentGate, Rule:
		fields["ratio"] = r.ratio(&g.Ratio)
	}
	switch g.Type {
	case Rule:
		fields["constraints"] = func(n *node) { g.Constraints = list(r, n, engine.MaxConstraints, r.constraint) }
		required = append(required, "constraints")
	case VariantGate:
		fields["variants"] = func(n *node) { g.Variants = list(r, n, engine.MaxVariants, r.variant) }
		required = append(required, "variants")
	case Schedule:
		fields["from"] = r.optionalText(&g.From)
		fields["until"] = r.optionalText(&g.Until)
	}
	if !known(g.Type) {
		switch t := n.member("type"); {
		case t == nil || t.kind == kindNull:
			r.in("type", n, func(n *node) { r.fail(n, `"type" is missing`, typesHint) })
		case t.kind != kindString:
			r.in("type", t, fields["type"])
		default:
			r.in("type", t, func(n *node) { r.unknown(n, quoted(string(g.Type))+" is not a gate type", typesHint) })
		}
		return g
	}
	about := r.about
	target := n.member("target")
	if target != nil && target.kind == kindString {
		r.about.Gate = Gate{Type: g.Type, Target: target.value.(string)}.Slot()
	} else {
		r.about.Gate = Gate{Type: g.Type}.Slot()
	}
	what := "a " + string(g.Type) + " gate"
	if g.Type == Actor {
		what = "an actor gate"
	}
	r.object(n, what, fields, required...)
	r.about = about
	return g
}

func (r *reader) variant(n *node) Variant {
	var v Variant
	r.object(n, "a variant", map[string]field{
		"name": r.text(&v.Name),
		"weight": func(n *node) {
			if n.kind != kindInteger && n.kind != kindFloat {
				r.want(n, kindInteger, "")
				return
			}
			v.Weight = Number{n.value}
		},
		"payload": func(n *node) { v.Payload = appendValue(nil, r.plain(n)) },
	}, "name", "weight")
	return v
}

func (r *reader) constraint(n *node) Constraint {
	var c Constraint
	r.object(n, "a constraint", map[string]field{
		"attribute": r.text(&c.Attribute),
		"operator":  r.text(&c.Operator),
		"values": func(n *node) {
			c.Values = list(r, n, engine.MaxValues, func(n *node) any { return r.plain(n) })
		},
	}, "attribute", "operator", "values")
	return c
}

// plain reads a value, whose objects may not name a member twice.
func (r *reader) plain(n *node) any {
	if len(n.text) > maxString {
		r.fail(n, "the value has "+strconv.Itoa(len(n.text))+" bytes, more than the limit of "+strconv.Itoa(maxString), "")
		return nil
	}
	// An object takes about eight times the memory of another value.
	if !r.take(n, bytes.Count(n.text, []byte{','})+bytes.Count(n.text, []byte{'['})+8*bytes.Count(n.text, []byte{'{'})) {
		return nil
	}
	r.unrepeated(n)
	return n.plain()
}

func (r *reader) unrepeated(n *node) {
	if n.text == nil {
		return
	}
	given := map[string]bool{}
	i := 0
	for token, item := range n.children() {
		if n.kind == kindList {
			token = strconv.Itoa(i)
			i++
		} else if given[token] {
			r.in(token, item, func(n *node) { r.fail(n, quoted(token)+" is given twice", "") })
		}
		if n.kind == kindObject {
			given[token] = true
		}
		r.in(token, item, r.unrepeated)
	}
}
