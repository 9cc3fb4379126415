package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// scope is for whom a change is, as flags of a command.
type scope struct {
	actor, group, segment, requires, requiresOff, from, until string
	actors, time                                              float64
	when                                                      []string
}

func (s *scope) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.actor, "actor", "", "for this actor")
	f.StringVar(&s.group, "group", "", "for this group")
	f.Float64Var(&s.actors, "percentage-of-actors", 0, "for this share of actors, between 0 and 1")
	f.Float64Var(&s.time, "percentage-of-time", 0, "for this share of decisions, between 0 and 1")
}

// registerGrants adds what can only be granted.
func (s *scope) registerGrants(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&s.when, "when", nil, `for contexts that meet a constraint, such as 'plan in ["pro"]'; repeat it for more, all of which must hold`)
	f.StringVar(&s.segment, "segment", "", "for this segment")
	f.StringVar(&s.requires, "requires", "", "only where this flag is on")
	f.StringVar(&s.requiresOff, "requires-off", "", "only where this flag is off")
	f.StringVar(&s.from, "from", "", "from this time on, such as 2026-11-27T00:00:00Z")
	f.StringVar(&s.until, "until", "", "until this time")
}

// read gives the scope that is meant: one, or none for everybody.
func (s *scope) read(c *cobra.Command) (flagset.Scope, error) {
	given := func(name string) bool { f := c.Flags().Lookup(name); return f != nil && f.Changed }
	var meant []flagset.Scope
	if given("actor") {
		meant = append(meant, flagset.ForActor(s.actor))
	}
	if given("group") {
		meant = append(meant, flagset.ForGroup(s.group))
	}
	if given("percentage-of-actors") {
		meant = append(meant, flagset.ForPercentageOfActors(s.actors))
	}
	if given("percentage-of-time") {
		meant = append(meant, flagset.ForPercentageOfTime(s.time))
	}
	if given("when") {
		constraints, err := readConstraints(s.when)
		if err != nil {
			return flagset.Scope{}, usagef("--when: %w", err)
		}
		meant = append(meant, flagset.When(constraints...))
	}
	if given("segment") {
		meant = append(meant, flagset.ForSegment(s.segment))
	}
	if given("requires") {
		meant = append(meant, flagset.Requires(s.requires, true))
	}
	if given("requires-off") {
		meant = append(meant, flagset.Requires(s.requiresOff, false))
	}
	if given("from") || given("until") {
		meant = append(meant, flagset.Between(s.from, s.until))
	}
	switch len(meant) {
	case 0:
		return flagset.Scope{}, nil
	case 1:
		return meant[0], nil
	}
	return flagset.Scope{}, usagef("one scope at a time: each is a gate of its own")
}

// readConstraints reads constraints as people write them, 'plan in ["pro", "team"]' or 'age gte 18', or as JSON
// objects. A value that is no JSON is text.
func readConstraints(lines []string) ([]flagset.Constraint, error) {
	var list []flagset.Constraint
	for _, line := range lines {
		object, err := constraintObject(strings.TrimSpace(line))
		if err != nil {
			return nil, err
		}
		s, problems := flagset.ParseScope([]byte(`{"when": [` + object + `]}`))
		for _, p := range flagset.Errors(problems) {
			p.Line, p.Pointer = 0, strings.TrimLeft(strings.TrimPrefix(p.Pointer, "/when/0"), "/")
			return nil, fmt.Errorf("%s: %s", line, p)
		}
		list = append(list, s.When...)
	}
	return list, nil
}

// constraintObject returns a constraint as a JSON object.
func constraintObject(line string) (string, error) {
	if strings.HasPrefix(line, "{") {
		if !json.Valid([]byte(line)) {
			return "", fmt.Errorf("%s: it is not a JSON object", line)
		}
		return line, nil
	}
	parts := strings.SplitN(line, " ", 3)
	if len(parts) != 3 {
		return "", fmt.Errorf("%q is not of the form: attribute operator value", line)
	}
	if operators := flagset.Operators(); !slices.Contains(operators, parts[1]) {
		return "", fmt.Errorf("%q: there is no operator %q%s: it is one of %s", line, parts[1], meant(parts[1], operators), strings.Join(operators, ", "))
	}
	values := json.RawMessage(parts[2])
	if !json.Valid(values) {
		values, _ = json.Marshal(parts[2])
	}
	if !strings.HasPrefix(strings.TrimSpace(string(values)), "[") {
		values = json.RawMessage("[" + string(values) + "]")
	}
	object, err := json.Marshal(map[string]any{"attribute": parts[0], "operator": parts[1], "values": values})
	return string(object), err
}
