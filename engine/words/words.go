package words

import (
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Words says what a flag's gates do.
type Words struct {
	// Lead says why the flag is off in spite of its gates, such as "killed; gates kept:". The phrases follow it.
	Lead string `json:"lead,omitempty"`
	// OnFor says for whom the gates turn the flag on, a phrase each: grants from the narrowest to the widest, the
	// variants, then "not user:19", then "needs other_flag".
	OnFor []string `json:"on_for"`
	// Gates has a sentence for each kind of gate, in the order in which they decide.
	Gates []Gate `json:"gates"`
}

// Line returns the phrases in one line.
func (w Words) Line() string {
	return strings.TrimSpace(w.Lead + " " + strings.Join(w.OnFor, ", "))
}

// Gate says what a flag's gates of one kind do.
type Gate struct {
	Kind  string `json:"kind"` // a gate type, "percentage" or "kill"
	Step  Step   `json:"step"`
	Text  string `json:"text"`
	Parts []Part `json:"parts"` // the text in parts, some of which a page can show in another way
}

// Step is when a gate decides.
type Step string

// These are the steps, in their order. Variants stand apart: no other gate changes them.
const (
	MustHold   Step = "must_hold"   // if one fails, the flag is off for everyone
	FirstMatch Step = "first_match" // the first gate that names the actor turns the flag on or off
	AnyOf      Step = "any_of"      // each can turn the flag on, none can turn it off
	Variant    Step = "variant"     // which variant is served
)

// Part is a part of a sentence.
type Part struct {
	Text   string `json:"text"`
	Strong bool   `json:"strong,omitempty"` // a name, a value or a share
	Time   string `json:"time,omitempty"`   // of a part that is a time: in RFC 3339, to show it in another time zone
}

// Others are the flags and segments that a flag can refer to. A *flagset.Set is one. They return nil for what they
// don't have.
type Others interface {
	// Flag returns a flag.
	Flag(key string) *flagset.Flag
	// Segment returns a segment.
	Segment(key string) *flagset.Segment
}

// Of returns a flag's words. If others is nil, they tell nothing of the flags and segments that it refers to.
func Of(f *flagset.Flag, settings flagset.Settings, others Others) Words {
	g := sort(f)
	lead := g.lead(f, others)
	return Words{Lead: lead, OnFor: g.onFor(lead != ""), Gates: g.ladder(f, settings, others)}
}

// gates are a flag's gates by kind, each kind in the flag's order.
type gates struct {
	parents         []flagset.Gate
	actors, groups  named
	segments        []flagset.Gate
	rule, boolean   *flagset.Gate
	schedule, share *flagset.Gate
	variant         *flagset.Gate
}

// named are the names that gates of one type turn on and off.
type named struct{ on, off []string }

func sort(f *flagset.Flag) gates {
	var s gates
	for i := range f.Gates {
		g := &f.Gates[i]
		switch g.Type {
		case flagset.Prerequisite:
			s.parents = append(s.parents, *g)
		case flagset.Actor:
			s.actors.add(g)
		case flagset.Group:
			s.groups.add(g)
		case flagset.SegmentGate:
			s.segments = append(s.segments, *g)
		case flagset.Rule:
			s.rule = g
		case flagset.Boolean:
			s.boolean = g
		case flagset.Schedule:
			s.schedule = g
		case flagset.PercentageOfActors, flagset.PercentageOfTime:
			s.share = g
		case flagset.VariantGate:
			s.variant = g
		}
	}
	return s
}

func (n *named) add(g *flagset.Gate) {
	if g.Enabled {
		n.on = append(n.on, g.Target)
	} else {
		n.off = append(n.off, g.Target)
	}
}

// lead says what turns the flag off whatever its gates say.
func (g gates) lead(f *flagset.Flag, others Others) string {
	why := ""
	if f.Killed {
		why = "killed"
	} else if key, state := obstacle(f, others, map[string]bool{f.Key: true}); key != "" {
		why = "off while " + name(key) + " is " + state
	}
	if why != "" && g.grants() {
		why += "; gates kept:"
	}
	return why
}

// obstacle finds a flag that must be on and can't be, because it is killed or missing.
func obstacle(f *flagset.Flag, others Others, seen map[string]bool) (key, state string) {
	if others == nil {
		return "", ""
	}
	for _, g := range f.Gates {
		if g.Type != flagset.Prerequisite || !g.Enabled || seen[g.Target] {
			continue
		}
		seen[g.Target] = true
		parent := others.Flag(g.Target)
		switch {
		case parent == nil:
			return g.Target, "missing"
		case parent.Killed:
			return g.Target, "killed"
		}
		if key, state := obstacle(parent, others, seen); key != "" {
			return key, state
		}
	}
	return "", ""
}
