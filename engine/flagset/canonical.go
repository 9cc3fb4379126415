package flagset

import (
	"bytes"
	"slices"
	"strings"
)

// Canonical returns the flag the way it is stored: gates in ascending order of their slots, variants of their names,
// tags sorted and without repetition, values and payloads in canonical form, and text in valid UTF-8. The result
// shares no memory with the flag. Parts without a canonical form, because they are invalid, stay as they are for
// validation to report.
func (f Flag) Canonical() Flag {
	c := f
	c.Key, c.Description, c.Owner = ValidText(f.Key), ValidText(f.Description), ValidText(f.Owner)
	c.OffVariant = canonicalText(f.OffVariant)
	c.Tags = make([]string, len(f.Tags))
	for i, tag := range f.Tags {
		c.Tags[i] = ValidText(tag)
	}
	slices.Sort(c.Tags)
	c.Tags = slices.Compact(c.Tags)
	c.Gates = make([]Gate, len(f.Gates))
	for i := range f.Gates {
		c.Gates[i] = f.Gates[i].canonical()
	}
	sortBySlot(c.Gates)
	return c
}

// Canonical returns the segment the way it is stored. Its constraints keep the order in which people wrote them.
func (s Segment) Canonical() Segment {
	return Segment{Key: ValidText(s.Key), Description: ValidText(s.Description), Constraints: canonicalConstraints(s.Constraints)}
}

// Canonical returns the set with all its parts in canonical form, sorted by key.
func (s *Set) Canonical() *Set {
	c := Set{Settings: Settings{GroupConflict: s.Settings.Conflict()}}
	for i := range s.Flags {
		c.Flags = append(c.Flags, s.Flags[i].Canonical())
	}
	for i := range s.Segments {
		c.Segments = append(c.Segments, s.Segments[i].Canonical())
	}
	return c.Sorted()
}

// sortBySlot sorts gates by slot. It computes each slot once, and moves each gate once, since a flag can have a hundred
// thousand of them.
func sortBySlot(gates []Gate) {
	slots, order := make([]string, len(gates)), make([]int, len(gates))
	for i := range gates {
		slots[i], order[i] = gates[i].Slot(), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(slots[a], slots[b]) })
	for i := range order {
		first := gates[i]
		for at := i; order[at] != at; {
			from := order[at]
			order[at] = at
			if gates[at] = gates[from]; from == i {
				gates[at] = first
			}
			at = from
		}
	}
}

func (g Gate) canonical() Gate {
	c := g
	c.Target = ValidText(g.Target)
	if g.Ratio != nil {
		ratio := *g.Ratio
		c.Ratio = &ratio
	}
	c.From, c.Until = canonicalText(g.From), canonicalText(g.Until)
	c.Constraints = canonicalConstraints(g.Constraints)
	if g.Variants != nil {
		c.Variants = make([]Variant, len(g.Variants))
		for i, v := range g.Variants {
			c.Variants[i] = v.canonical()
		}
		slices.SortStableFunc(c.Variants, func(a, b Variant) int { return strings.Compare(a.Name, b.Name) })
	}
	return c
}

func (v Variant) canonical() Variant {
	c := Variant{Name: ValidText(v.Name), Weight: v.Weight, Payload: bytes.Clone(v.Payload)}
	if weight, err := Normalise(v.Weight); err == nil {
		c.Weight = Number{weight}
	}
	if v.Payload != nil {
		if payload, err := CanonicalJSON(v.Payload); err == nil {
			c.Payload = payload
		}
	}
	return c
}

func canonicalConstraints(constraints []Constraint) []Constraint {
	if constraints == nil {
		return nil
	}
	canonical := make([]Constraint, len(constraints))
	for i, c := range constraints {
		canonical[i] = Constraint{Attribute: ValidText(c.Attribute), Operator: c.Operator, Values: make([]any, len(c.Values))}
		for j, v := range c.Values {
			value, err := Normalise(v)
			if err != nil {
				value = v
			}
			canonical[i].Values[j] = value
		}
	}
	return canonical
}

func canonicalText(s *string) *string {
	if s == nil {
		return nil
	}
	text := ValidText(*s)
	return &text
}
