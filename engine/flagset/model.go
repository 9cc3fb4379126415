package flagset

import (
	"encoding/json"
	"slices"
	"strings"
)

// Flag is one flag, as people write it.
type Flag struct {
	Key         string
	Description string
	Owner       string
	Tags        []string
	Permanent   bool    // it is never reported as stale
	Killed      bool    // it is off, whatever the gates say
	OffVariant  *string // the variant served while killed; nil for the caller's default
	Gates       []Gate
}

// GateType is the name of one of the ten kinds of gate.
type GateType string

// These are the ten gate types.
const (
	Boolean            GateType = "boolean"
	Actor              GateType = "actor"
	Group              GateType = "group"
	PercentageOfTime   GateType = "percentage_of_time"
	PercentageOfActors GateType = "percentage_of_actors"
	VariantGate        GateType = "variant"
	Rule               GateType = "rule"
	SegmentGate        GateType = "segment"
	Prerequisite       GateType = "prerequisite"
	Schedule           GateType = "schedule"
)

// Gate is one gate of a flag. Each type uses its own fields and leaves the others zero:
//
//	boolean                                  Enabled
//	actor, group                             Target, Enabled (false denies)
//	percentage_of_time, percentage_of_actors Ratio
//	variant                                  Variants
//	rule                                     Enabled (false never matches), Ratio (nil grants every match), Constraints
//	segment                                  Target, Enabled, Ratio, as in a rule
//	prerequisite                             Target, Enabled (the state that the parent must have)
//	schedule                                 From, Until (nil is open)
type Gate struct {
	Type        GateType
	Target      string // the actor's key, the group, the segment or the parent flag
	Enabled     bool
	Ratio       *float64 // between 0 and 1, both excluded
	Variants    []Variant
	Constraints []Constraint
	From, Until *string // ISO 8601 with an offset; from is inclusive, until is not
}

// Slot returns the gate's slot. A flag has at most one gate per slot; both percentages share a slot.
func (g Gate) Slot() string {
	switch g.Type {
	case Actor, Group, SegmentGate, Prerequisite:
		return string(g.Type) + "/" + g.Target
	case PercentageOfTime, PercentageOfActors:
		return "percentage"
	}
	return string(g.Type)
}

// Variant is one of the values that a flag can serve, with its share of the actors.
type Variant struct {
	Name    string
	Weight  Number          // 0 or more; the share is the weight divided by the sum of weights
	Payload json.RawMessage // canonical JSON of a boolean, string, number or object; nil for none
}

// Constraint compares one attribute of the context with values.
type Constraint struct {
	Attribute string
	Operator  string // one of Operators
	Values    []any  // each is nil, bool, int64, *big.Int (beyond int64), float64, string, []any or map[string]any
}

// Segment is a named list of constraints, all of which must hold.
type Segment struct {
	Key         string
	Description string
	Constraints []Constraint
}

// GroupConflict says what wins if an actor is in one group that is enabled and in another that is disabled.
type GroupConflict string

// These are the settings of GroupConflict. An empty one means DenyWins.
const (
	DenyWins  GroupConflict = "deny_wins"
	AllowWins GroupConflict = "allow_wins"
)

// Settings apply to a whole environment.
type Settings struct {
	GroupConflict GroupConflict
}

// Set is everything in one environment. Its look-ups need lists that ascend by key; Sorted returns such a set.
type Set struct {
	Settings Settings
	Flags    []Flag
	Segments []Segment
}

// Flag returns the flag with this key from a sorted set, or nil.
func (s *Set) Flag(key string) *Flag {
	i, found := slices.BinarySearchFunc(s.Flags, key, func(f Flag, key string) int { return strings.Compare(f.Key, key) })
	if !found {
		return nil
	}
	return &s.Flags[i]
}

// Segment returns the segment with this key from a sorted set, or nil.
func (s *Set) Segment(key string) *Segment {
	i, found := slices.BinarySearchFunc(s.Segments, key, func(g Segment, key string) int { return strings.Compare(g.Key, key) })
	if !found {
		return nil
	}
	return &s.Segments[i]
}

// Sorted returns the set with flags and segments in ascending order of their keys, bytewise. Equal keys keep their
// order.
func (s *Set) Sorted() *Set {
	sorted := Set{Settings: s.Settings, Flags: slices.Clone(s.Flags), Segments: slices.Clone(s.Segments)}
	slices.SortStableFunc(sorted.Flags, func(a, b Flag) int { return strings.Compare(a.Key, b.Key) })
	slices.SortStableFunc(sorted.Segments, func(a, b Segment) int { return strings.Compare(a.Key, b.Key) })
	return &sorted
}
