package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// maxLines bounds the lines that describe one change.
const maxLines = 100

// maxListed is how many changes of one entry a list shows.
const maxListed = 100

// Shorten describes the changes of an audit entry, and leaves out those that a list doesn't show.
func Shorten(entry *api.AuditEntry) {
	if more := len(entry.Changes) - maxListed; more > 0 {
		entry.Changes, entry.Omitted = slices.Clone(entry.Changes[:maxListed]), entry.Omitted+more // so that the others can go
	}
	for i := range entry.Changes {
		Describe(&entry.Changes[i])
	}
}

// maxLinesInAll is about how many lines describe all changes of one entry. Nobody reads more, and they take as much memory as
// the documents.
const maxLinesInAll = 10_000

// DescribeAll describes the changes of an entry, as long as there are not too many lines.
func DescribeAll(changes []api.Change) {
	lines := 0
	for i := range changes {
		if lines > maxLinesInAll {
			changes[i].Lines = []string{"…"}
			continue
		}
		Describe(&changes[i])
		lines += len(changes[i].Lines)
	}
}

// Describe fills in the lines for people.
func Describe(c *api.Change) {
	c.Lines = nil
	was, _ := membersOf(c.Before)
	is, _ := membersOf(c.After)
	names := make([]string, 0, len(was)+len(is))
	for name := range was {
		names = append(names, name)
	}
	for name := range is {
		if _, both := was[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case name == "key":
		case name == "gates" && c.Kind == api.KindFlag:
			describeGates(c, was[name], is[name])
		case name == "constraints" && c.Kind == api.KindSegment:
			describeConstraints(c, was[name], is[name])
		case c.Op == api.OpUpdate:
			c.Lines = append(c.Lines, fmt.Sprintf("~ %s: %s → %s", name, Short(was[name]), Short(is[name])))
		default:
			value, sign := is[name], "+"
			if c.Op == api.OpDelete {
				value, sign = was[name], "-"
			}
			if plain := string(value); plain != `""` && plain != "null" && plain != "[]" && plain != "false" {
				c.Lines = append(c.Lines, fmt.Sprintf("%s %s: %s", sign, name, Short(value)))
			}
		}
	}
	if more := len(c.Lines) - maxLines; more > 0 {
		c.Lines = append(c.Lines[:maxLines], fmt.Sprintf("… and %d more", more))
	}
	if c.Lines == nil {
		c.Lines = []string{}
	}
}

func describeGates(c *api.Change, was, is json.RawMessage) {
	var before, after []flagset.Gate
	_ = json.Unmarshal(was, &before) // of none there is nothing to say
	_ = json.Unmarshal(is, &after)
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Slot() < after[0].Slot():
			c.Lines, before = append(c.Lines, "- "+describeGate(before[0])), before[1:]
		case len(before) == 0 || after[0].Slot() < before[0].Slot():
			c.Lines, after = append(c.Lines, "+ "+describeGate(after[0])), after[1:]
		default:
			c.Lines = append(c.Lines, "~ "+describeGate(before[0])+" → "+describeGate(after[0]))
			before, after = before[1:], after[1:]
		}
		if len(c.Lines) > maxLines {
			c.Lines = c.Lines[:maxLines]
			c.Lines = append(c.Lines, slices.Repeat([]string{"…"}, len(before)+len(after))...)
			return
		}
	}
}

func describeConstraints(c *api.Change, was, is json.RawMessage) {
	for _, side := range []struct {
		text json.RawMessage
		sign string
	}{{was, "- "}, {is, "+ "}} {
		var constraints []flagset.Constraint
		_ = json.Unmarshal(side.text, &constraints) // of none there is nothing to say
		for _, constraint := range constraints {
			c.Lines = append(c.Lines, side.sign+DescribeConstraint(constraint))
		}
	}
}

// describeGate describes a gate in a few words.
func describeGate(g flagset.Gate) string {
	state := map[bool]string{true: "on", false: "off"}[g.Enabled]
	share := ""
	if g.Ratio != nil {
		share = fmt.Sprintf("%.10g%%", *g.Ratio*100)
	}
	switch g.Type {
	case flagset.Actor, flagset.Group, flagset.Prerequisite:
		return g.Slot() + " " + state
	case flagset.SegmentGate:
		return strings.TrimSpace(g.Slot() + " " + state + " " + share)
	case flagset.PercentageOfActors:
		return "percentage " + share + " of actors"
	case flagset.PercentageOfTime:
		return "percentage " + share + " of time"
	case flagset.Rule:
		terms := make([]string, len(g.Constraints))
		for i, c := range g.Constraints {
			terms[i] = DescribeConstraint(c)
		}
		return strings.TrimSpace("rule " + strings.Join(terms, " and ") + map[bool]string{false: " off"}[g.Enabled] + " " + share)
	case flagset.VariantGate:
		names := make([]string, len(g.Variants))
		for i, v := range g.Variants {
			names[i] = v.Name + ":" + v.Weight.String()
		}
		return "variants " + strings.Join(names, " ")
	case flagset.Schedule:
		bound := func(s *string) string {
			if s == nil {
				return "…"
			}
			return *s
		}
		return "schedule " + bound(g.From) + " to " + bound(g.Until)
	}
	return string(g.Type) + " " + state
}

// DescribeConstraint says a constraint in a few words.
func DescribeConstraint(c flagset.Constraint) string {
	values, err := flagset.Constraint{Values: c.Values}.MarshalJSON()
	if err != nil {
		return c.Attribute + " " + c.Operator
	}
	m, _ := membersOf(values)
	return c.Attribute + " " + c.Operator + " " + Short(m["values"])
}

// Short returns a text, cut if it is long.
func Short(text []byte) string {
	const most = 200
	if runes := []rune(string(text)); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	if len(text) == 0 {
		return "nothing"
	}
	return string(text)
}
