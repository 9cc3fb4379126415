package words

import (
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	mostNames    = 10 // names that a sentence lists
	mostTerms    = 10 // constraints, and values of each, in a sentence
	mostSegments = 5  // whose constraints a sentence has
)

// sentence is a sentence while it is written.
type sentence []Part

func (s *sentence) plain(text ...string) {
	all := strings.Join(text, "")
	if n := len(*s); n > 0 && !(*s)[n-1].Strong && (*s)[n-1].Time == "" {
		(*s)[n-1].Text += all
		return
	}
	*s = append(*s, Part{Text: all})
}

func (s *sentence) strong(text string) { *s = append(*s, Part{Text: text, Strong: true}) }

func (s *sentence) time(m *moment) {
	*s = append(*s, Part{Text: m.text, Strong: true, Time: m.iso})
}

// next separates what follows from what is there.
func (s *sentence) next(separator string) {
	if len(*s) > 0 {
		s.plain(separator)
	}
}

func (s sentence) gate(kind string, step Step) Gate {
	var text strings.Builder
	for _, p := range s {
		text.WriteString(p.Text)
	}
	return Gate{Kind: kind, Step: step, Text: text.String(), Parts: s}
}

// ladder says what the gates do, kind by kind, in the order in which they decide.
func (g gates) ladder(f *flagset.Flag, settings flagset.Settings, others Others) []Gate {
	list := []Gate{killed(f).gate("kill", MustHold)}
	add := func(kind string, step Step, s sentence) {
		if len(s) > 0 {
			list = append(list, s.gate(kind, step))
		}
	}
	add("prerequisite", MustHold, g.required(others))
	add("actor", FirstMatch, g.actors.sentence())
	add("group", FirstMatch, g.members(settings))
	add("rule", AnyOf, g.ruleSentence())
	add("segment", AnyOf, g.segmentSentence(others))
	if g.boolean != nil {
		add("boolean", AnyOf, sentence{{Text: map[bool]string{true: "on for everyone", false: "off for everyone else"}[g.boolean.Enabled]}})
	}
	add("schedule", AnyOf, g.opening())
	add("percentage", AnyOf, g.percentage())
	add("variant", Variant, g.variants())
	return list
}

func killed(f *flagset.Flag) sentence {
	if !f.Killed {
		return sentence{{Text: "not killed"}}
	}
	s := sentence{{Text: "killed: off for everyone"}}
	if f.OffVariant != nil {
		s.plain(", as ")
		s.strong(name(*f.OffVariant))
	}
	return s
}

// required says which flags must be in which state, and of those that can't be on why.
func (g gates) required(others Others) sentence {
	var s sentence
	for i, p := range g.parents {
		if i == mostNames {
			s.plain("; and ", count(len(g.parents)-i, "more flag"))
			break
		}
		s.next("; ")
		s.strong(name(p.Target))
		s.plain(" is ", map[bool]string{true: "on", false: "off"}[p.Enabled])
		if others == nil {
			continue
		}
		if parent := others.Flag(p.Target); parent == nil {
			s.plain(" (it is missing, which counts as off)")
		} else if parent.Killed {
			s.plain(" (it is killed)")
		}
	}
	return s
}

// sentence says which names are on, and which are off.
func (n named) sentence() sentence {
	var s sentence
	for _, side := range []struct {
		state string
		names []string
	}{{"on for ", n.on}, {"off for ", n.off}} {
		if len(side.names) == 0 {
			continue
		}
		s.next("; ")
		s.plain(side.state)
		for i, one := range side.names {
			if i == mostNames-1 && len(side.names) > mostNames {
				s.plain(" and ", thousands(len(side.names)-i), " more")
				break
			}
			if i > 0 {
				s.plain(", ")
			}
			s.strong(name(one))
		}
	}
	return s
}

func (g gates) members(settings flagset.Settings) sentence {
	s := g.groups.sentence()
	if len(g.groups.on) > 0 && len(g.groups.off) > 0 {
		winner := map[bool]string{true: "on", false: "off"}[settings.GroupConflict == flagset.AllowWins]
		s.plain("; ", winner, " for members of both")
	}
	return s
}

func (g gates) ruleSentence() sentence {
	var s sentence
	switch {
	case g.rule == nil:
	case !g.rule.Enabled:
		s.plain("never matches: it is switched off")
	case len(g.rule.Constraints) == 0:
		s.plain("never matches: it has no conditions")
	default:
		s.plain("on ")
		s.share(g.rule.Ratio, "of those ")
		s.plain("where ", terms(g.rule.Constraints, longTerm, mostTerms))
	}
	return s
}

func (g gates) segmentSentence(others Others) sentence {
	var s sentence
	for i, gate := range g.segments {
		if i == mostNames {
			s.plain("; and ", count(len(g.segments)-i, "more segment"))
			break
		}
		s.next("; ")
		s.plain("on ")
		s.share(gate.Ratio, "of those ")
		s.plain("in ")
		s.strong(name(gate.Target))
		if !gate.Enabled {
			s.plain(" (never matches: it is switched off)")
		} else if others != nil {
			s.plain(within(others.Segment(gate.Target), i < mostSegments))
		}
	}
	return s
}

// within says what a segment asks for.
func within(segment *flagset.Segment, fully bool) string {
	switch {
	case segment == nil:
		return " (never matches: it is missing)"
	case !fully:
		return ""
	}
	return " (" + terms(segment.Constraints, longTerm, mostTerms) + ")"
}

// share says which share of those that match is granted.
func (s *sentence) share(ratio *float64, of string) {
	if ratio != nil {
		s.plain("for ")
		s.strong(percent(*ratio))
		s.plain(" ", of)
	}
}

func (g gates) opening() sentence {
	var s sentence
	if g.schedule == nil {
		return nil
	}
	from, until, ok := window(g.schedule)
	switch {
	case !ok:
		s.plain("never opens")
	case from == nil && until == nil:
		s.plain("always open")
	}
	if ok && from != nil {
		s.plain("opens ")
		s.time(from)
	}
	if ok && until != nil {
		s.next("; ")
		s.plain("closes ")
		s.time(until)
	}
	return s
}

func (g gates) percentage() sentence {
	var s sentence
	if g.share == nil {
		return nil
	}
	s.strong(shareText(g.share))
	if g.share.Type == flagset.PercentageOfTime {
		s.plain(": each answer is drawn anew")
	}
	return s
}

func (g gates) variants() sentence {
	var s sentence
	if g.variant == nil {
		return nil
	}
	for i, share := range shares100(g.variant) {
		if i == mostNames {
			s.plain(" and ", count(len(g.variant.Variants)-i, "more variant"))
			break
		}
		s.next(", ")
		s.strong(name(share.name))
		s.plain(" ", share.share)
	}
	return s
}
