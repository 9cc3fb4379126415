package lint

import (
	"fmt"
	"reflect"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// gates are a flag's gates by what they do.
type gates struct {
	flag          *flagset.Flag
	boolean, open *flagset.Gate // that turn it on for everybody: the boolean gate, a schedule without ends
	schedule      *flagset.Gate
	percentage    *flagset.Gate
	variant       *flagset.Gate
	rules         []*flagset.Gate // and segments, that grant
	allow, deny   map[flagset.GateType]int
	parents       []*flagset.Gate
}

func sorted(f *flagset.Flag) *gates {
	g := &gates{flag: f, allow: map[flagset.GateType]int{}, deny: map[flagset.GateType]int{}}
	for i := range f.Gates {
		gate := &f.Gates[i]
		switch gate.Type {
		case flagset.Boolean:
			if gate.Enabled {
				g.boolean = gate
			}
		case flagset.Actor, flagset.Group:
			if gate.Enabled {
				g.allow[gate.Type]++
			} else {
				g.deny[gate.Type]++
			}
		case flagset.Rule, flagset.SegmentGate:
			if gate.Enabled {
				g.rules = append(g.rules, gate)
			}
		case flagset.Schedule:
			if g.schedule = gate; gate.From == nil && gate.Until == nil {
				g.open = gate
			}
		case flagset.PercentageOfActors, flagset.PercentageOfTime:
			g.percentage = gate
		case flagset.VariantGate:
			g.variant = gate
		case flagset.Prerequisite:
			g.parents = append(g.parents, gate)
		}
	}
	return g
}

// everyone reports whether a gate turns the flag on for all whom no gate denies.
func (g *gates) everyone() bool { return g.boolean != nil || g.open != nil }

// general reports whether a gate turns the flag on for others than named actors and groups.
func (g *gates) general() bool {
	return g.everyone() || g.schedule != nil || g.percentage != nil || len(g.rules) > 0
}

// grants reports whether any gate turns the flag on.
func (g *gates) grants() bool {
	return g.general() || g.allow[flagset.Actor] > 0 || g.allow[flagset.Group] > 0
}

func (g *gates) denies() bool { return g.deny[flagset.Actor] > 0 || g.deny[flagset.Group] > 0 }

// ratio returns the share of actors if that alone turns the flag on, and else 0.
func (g *gates) ratio() float64 {
	if p := g.percentage; p != nil && p.Type == flagset.PercentageOfActors && p.Ratio != nil && !g.everyone() {
		return *p.Ratio
	}
	return 0
}

// dead says why a gate decides nothing whatever the others do, and "" if it may.
func (g *gates) dead(gate *flagset.Gate) string {
	switch gate.Type {
	case flagset.Rule, flagset.SegmentGate:
		if !gate.Enabled {
			return "it isn't enabled, and so turns on nobody: only actors and groups can be denied"
		}
	case flagset.Actor:
		if !gate.Enabled && !g.general() && g.allow[flagset.Group] == 0 {
			return "nothing else turns the flag on for this actor: it is off without the gate, too"
		}
	case flagset.Group:
		if !gate.Enabled && !g.general() && g.allow[flagset.Group] == 0 {
			return "nothing else turns the flag on for this group: it is off without the gate, too"
		}
	}
	return ""
}

// shadowed says which other gate makes a gate needless, and "" if none does.
func (g *gates) shadowed(set *flagset.Set, gate *flagset.Gate) string {
	const everyone = "the flag is on for everybody without it"
	switch gate.Type {
	case flagset.Rule, flagset.SegmentGate:
		if g.everyone() {
			return everyone
		}
		return g.included(set, gate)
	case flagset.PercentageOfActors, flagset.PercentageOfTime:
		if g.everyone() {
			return everyone
		}
	case flagset.Schedule:
		if g.boolean != nil {
			return everyone
		}
	case flagset.Actor:
		if gate.Enabled && g.everyone() && g.deny[flagset.Group] == 0 {
			return everyone + ", and no group is denied"
		}
	case flagset.Group:
		if gate.Enabled && g.everyone() && (g.deny[flagset.Group] == 0 || set.Settings.GroupConflict != flagset.AllowWins) {
			return everyone + ", and a denied group stays denied"
		}
	}
	return ""
}

// included says which gate grants whatever a rule or a segment grants.
func (g *gates) included(set *flagset.Set, gate *flagset.Gate) string {
	share := granted(gate)
	if p := g.percentage; p != nil && p.Type == flagset.PercentageOfActors && gate.Ratio != nil && share <= granted(p) {
		return fmt.Sprintf("%s of all actors are at least the same ones: a flag's shares go by one score", percent(*p.Ratio))
	}
	own := constraintsOf(set, gate)
	for _, other := range g.rules {
		if other == gate || share > granted(other) {
			continue
		}
		theirs := constraintsOf(set, other)
		if len(theirs) == 0 || !subset(theirs, own) || len(theirs) == len(own) && share == granted(other) && after(g.flag, other, gate) {
			continue // of two that are alike, the second is needless
		}
		return fmt.Sprintf("whoever it matches, %s matches too", quote(other.Slot()))
	}
	return ""
}

// after reports whether the flag has a after b.
func after(f *flagset.Flag, a, b *flagset.Gate) bool {
	for i := range f.Gates {
		switch &f.Gates[i] {
		case a:
			return false
		case b:
			return true
		}
	}
	return false
}

func constraintsOf(set *flagset.Set, g *flagset.Gate) []flagset.Constraint {
	if g.Type == flagset.Rule {
		return g.Constraints
	}
	if s := set.Segment(g.Target); s != nil {
		return s.Constraints
	}
	return nil
}

// subset reports whether all of some are among all.
func subset(some, all []flagset.Constraint) bool {
	for i := range some {
		has := false
		for j := range all {
			has = has || reflect.DeepEqual(some[i], all[j])
		}
		if !has {
			return false
		}
	}
	return true
}

// granted returns how many scores a gate's ratio grants; without one, more than there are.
func granted(g *flagset.Gate) int {
	if g.Ratio == nil {
		return snapshot.Scores + 1
	}
	return snapshot.ScoresGranted(*g.Ratio)
}
