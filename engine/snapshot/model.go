package snapshot

import (
	"encoding/json"
	"slices"
	"strings"
)

// Flag is what is written about one flag.
type Flag struct {
	Key         string
	Description string
	Owner       string
	Tags        []string
	Permanent   bool    // never reported as stale
	Killed      bool    // off, whatever the gates say
	OffVariant  *string // the variant served while killed; nil: the caller's default
	Gates       []Gate
}

// GateType names one of the ten kinds of gate.
type GateType string

// The ten gate types.
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
//	rule                                     Enabled (false never matches), Ratio (nil: everybody who matches), Constraints
//	segment                                  Target, Enabled, Ratio, as of a rule
//	prerequisite                             Target, Enabled (the state that the parent must have)
//	schedule                                 From, Until (nil: open)
type Gate struct {
	Type        GateType
	Target      string // actor key, group, segment or parent flag
	Enabled     bool
	Ratio       *float64 // in (0, 1), both excluded
	Variants    []Variant
	Constraints []Constraint
	From, Until *string // ISO 8601 with an offset; from is inclusive, until is not
}

// Slot is the gate's place in its flag, which holds one gate per slot. Both percentages share a slot.
func (g Gate) Slot() string {
	switch g.Type {
	case Actor, Group, SegmentGate, Prerequisite:
		return string(g.Type) + "/" + g.Target
	case PercentageOfTime, PercentageOfActors:
		return "percentage"
	}
	return string(g.Type)
}

// Variant is one of the values that a flag can take, with its share.
type Variant struct {
	Name    string
	Weight  Number          // not negative; the share is weight / sum of weights
	Payload json.RawMessage // canonical JSON: a boolean, string, number or object; nil: none
}

// Constraint compares one attribute of the context with its values.
type Constraint struct {
	Attribute string
	Operator  string // eq, neq, in, not_in, contains, gt, gte, lt, lte or matches
	Values    []any  // nil, bool, int64, *big.Int (beyond int64), float64, string, []any or map[string]any
}

// Segment is a named list of constraints, all of which must hold.
type Segment struct {
	Key         string
	Description string
	Constraints []Constraint
}

// GroupConflict says what happens to an actor in two groups of which one is enabled and the other is not.
type GroupConflict string

// The group conflict settings; empty means DenyWins.
const (
	DenyWins  GroupConflict = "deny_wins"
	AllowWins GroupConflict = "allow_wins"
)

// Settings hold for a whole environment.
type Settings struct {
	GroupConflict GroupConflict
}

// Set is everything that one environment knows. Sorted says how to make its lists ascend by key, which the look-ups need.
type Set struct {
	Settings Settings
	Flags    []Flag
	Segments []Segment
}

// Flag finds a flag of a sorted set; nil if there is none.
func (s *Set) Flag(key string) *Flag {
	i, found := slices.BinarySearchFunc(s.Flags, key, func(f Flag, key string) int { return strings.Compare(f.Key, key) })
	if !found {
		return nil
	}
	return &s.Flags[i]
}

// Segment finds a segment of a sorted set; nil if there is none.
func (s *Set) Segment(key string) *Segment {
	i, found := slices.BinarySearchFunc(s.Segments, key, func(g Segment, key string) int { return strings.Compare(g.Key, key) })
	if !found {
		return nil
	}
	return &s.Segments[i]
}

// Sorted is the set with flags and segments ascending by key, bytewise. Of equal keys the order stays.
func (s *Set) Sorted() *Set {
	sorted := Set{Settings: s.Settings, Flags: slices.Clone(s.Flags), Segments: slices.Clone(s.Segments)}
	slices.SortStableFunc(sorted.Flags, func(a, b Flag) int { return strings.Compare(a.Key, b.Key) })
	slices.SortStableFunc(sorted.Segments, func(a, b Segment) int { return strings.Compare(a.Key, b.Key) })
	return &sorted
}
