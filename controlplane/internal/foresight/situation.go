package foresight

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Limits of what one comparison looks at. What is beyond them is counted as omitted.
const (
	maxActors     = 10_000 // named by gates; each takes some microseconds
	maxSituations = 500    // of groups and rules, and of two of them together
)

// Situation is what a decision can depend on besides scores and chance.
type Situation struct {
	Who     string  // in words
	Actor   *string // the actor that a gate names; nil for actors that no gate names
	Nobody  bool    // there is no actor
	Groups  []string
	Context map[string]any
}

// everyone and nobody are the situations that every flag has.
var (
	everyone = Situation{Who: "everyone else"}
	nobody   = Situation{Who: "without an actor", Nobody: true}
)

// situations lists what the gates of some flags name.
type situations struct {
	actors  []Situation
	named   []Situation
	unmade  []string // the rules for which no context was made
	omitted int
}

// situationsOf lists the situations that flags name, with those of two flags at once. The first flag comes first.
func situationsOf(sides []side, keys []string) situations {
	var all situations
	seen := map[string]bool{}
	byFlag := make([][]Situation, len(keys))
	for i, key := range keys {
		for _, s := range sides {
			f := s.set.Flag(key)
			if f == nil {
				continue
			}
			rules := 0
			for _, g := range f.Gates {
				if g.Type == flagset.Rule {
					rules++
				}
				name := string(g.Type) + "/" + g.Target
				if g.Type == flagset.Rule || g.Type == flagset.SegmentGate {
					name += fmt.Sprint(g.Constraints)
				}
				if seen[name] {
					continue
				}
				seen[name] = true
				all.add(&byFlag[i], s, key, g, rules)
			}
		}
		all.named = append(all.named, byFlag[i]...)
	}
	for i := range byFlag {
		for j := i + 1; j < len(byFlag); j++ {
			for _, a := range byFlag[i] {
				for _, b := range byFlag[j] {
					all.named = append(all.named, a.and(b))
				}
			}
			if len(all.named) > 4*maxSituations {
				break
			}
		}
	}
	all.limit(&all.actors, maxActors)
	all.limit(&all.named, maxSituations)
	return all
}

func (s *situations) limit(list *[]Situation, most int) {
	if n := len(*list) - most; n > 0 {
		s.omitted += n
		*list = (*list)[:most]
	}
}

// add appends the situation of one gate, if it makes one. number is a rule's place among the flag's rules, from 1.
func (s *situations) add(named *[]Situation, from side, key string, g flagset.Gate, number int) {
	switch g.Type {
	case flagset.Actor:
		s.actors = append(s.actors, Situation{Who: "actor " + quote(g.Target), Actor: &g.Target})
	case flagset.Group:
		*named = append(*named, Situation{Who: "members of group " + quote(g.Target), Groups: []string{g.Target}})
	case flagset.Rule, flagset.SegmentGate:
		constraints, what := g.Constraints, fmt.Sprintf("rule %d of %s", number, key)
		if g.Type == flagset.SegmentGate {
			what = "segment " + g.Target
			if segment := from.set.Segment(g.Target); segment != nil {
				constraints = segment.Constraints
			}
		}
		if !g.Enabled {
			return
		}
		context, ok := meeting(constraints)
		if !ok {
			s.unmade = append(s.unmade, what)
			return
		}
		*named = append(*named, Situation{Who: "contexts of " + what, Context: context})
	}
}

// and returns the situation in which both hold. Where both have a value for an attribute, the second's counts.
func (s Situation) and(t Situation) Situation {
	both := Situation{Who: s.Who + " and " + t.Who, Groups: slices.Concat(s.Groups, t.Groups), Context: maps.Clone(s.Context)}
	for name, value := range t.Context {
		if both.Context == nil {
			both.Context = map[string]any{}
		}
		both.Context[name] = value
	}
	return both
}

// quote puts a name that isn't plain in quotes.
func quote(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '"' || !strconv.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// input returns what the engine is asked in this situation. Time is in Unix microseconds.
func (s Situation) input(now int64) (*engine.Input, error) {
	actor, keyed := "", engine.Keyed
	switch {
	case s.Nobody:
		keyed = engine.NoActor
	case s.Actor != nil:
		actor = *s.Actor
	}
	return input(actor, keyed, s.Groups, s.Context, now)
}
