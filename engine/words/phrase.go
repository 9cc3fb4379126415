package words

import (
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	fewNames      = 3 // names that a phrase lists; it counts more
	fewTerms      = 3 // constraints, and values of each, in a phrase
	fewVariants   = 4 // in a phrase
	nothingGrants = "no gate is on"
)

// onFor says for whom the gates turn the flag on. off says that the flag is off whatever they say.
func (g gates) onFor(off bool) []string {
	grants := g.grantPhrases()
	phrases := grants
	if len(grants) == 0 {
		if off {
			return grants
		}
		phrases = []string{nothingGrants}
	}
	if g.variant != nil {
		phrases = append(phrases, variantPhrase(g.variant))
	}
	if len(grants) > 0 {
		phrases = append(phrases, some("not ", "", "actor", g.actors.off)...)
		phrases = append(phrases, some("not ", "group ", "group", g.groups.off)...)
	}
	return append(phrases, g.needs()...)
}

// grants reports whether a gate can turn the flag on.
func (g gates) grants() bool { return len(g.grantPhrases()) > 0 }

// grantPhrases says who is granted, from the narrowest to the widest.
func (g gates) grantPhrases() []string {
	phrases := []string{}
	everyone := g.boolean != nil && g.boolean.Enabled
	if !everyone || len(g.actors.off)+len(g.groups.off) > 0 { // otherwise those are part of everyone
		phrases = append(phrases, some("", "", "actor", g.actors.on)...)
		phrases = append(phrases, some("", "group ", "group", g.groups.on)...)
	}
	if everyone {
		return append(phrases, "everyone")
	}
	var segments []string
	for _, s := range g.segments {
		if s.Enabled {
			segments = append(segments, shareOf(s.Ratio, " of ")+"segment "+name(s.Target))
		}
	}
	if len(segments) > fewNames {
		segments = []string{count(len(segments), "segment")}
	}
	phrases = append(phrases, segments...)
	if g.rule != nil && g.rule.Enabled && len(g.rule.Constraints) > 0 {
		phrases = append(phrases, shareOf(g.rule.Ratio, " where ")+terms(g.rule.Constraints, shortTerm, fewTerms))
	}
	if g.share != nil {
		phrases = append(phrases, shareText(g.share))
	}
	if g.schedule != nil {
		if from, until, ok := window(g.schedule); ok {
			phrases = append(phrases, strings.TrimSpace("everyone"+when(" from ", from)+when(" until ", until)))
		}
	}
	return phrases
}

// shareOf begins a phrase about a share of those that match.
func shareOf(ratio *float64, of string) string {
	if ratio == nil {
		return ""
	}
	return percent(*ratio) + of
}

func when(word string, m *moment) string {
	if m == nil {
		return ""
	}
	return word + m.text
}

// some returns a phrase for each name or, if there are many, their count.
func some(before, kind, noun string, names []string) []string {
	if len(names) > fewNames {
		return []string{before + count(len(names), noun)}
	}
	var phrases []string
	for _, n := range names {
		phrases = append(phrases, before+kind+name(n))
	}
	return phrases
}

func (g gates) needs() []string {
	if len(g.parents) > fewNames {
		return []string{"needs " + count(len(g.parents), "flag")}
	}
	var phrases []string
	for _, p := range g.parents {
		phrases = append(phrases, "needs "+name(p.Target)+map[bool]string{false: " off"}[p.Enabled])
	}
	return phrases
}

func variantPhrase(g *flagset.Gate) string {
	if len(g.Variants) > fewVariants {
		return "as " + count(len(g.Variants), "variant")
	}
	var shares []string
	for _, s := range shares100(g) {
		shares = append(shares, name(s.name)+" "+s.share)
	}
	return "as " + strings.Join(shares, ", ")
}
