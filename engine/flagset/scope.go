package flagset

import "github.com/gonfalon-flags/gonfalon/engine"

// Scope says whom Enable and Disable apply to. At most one part may be given; none means everybody. Its JSON form is
// the body of the API's verbs:
//
//	{"for_actor": "user:42"}   {"for_group": "staff"}   {"for_percentage_of": {"actors": 0.25}}   {"for_segment": "premium_us"}
//	{"when": [constraint, …]}  {"requires": "parent"}   {"requires": {"flag": "parent", "enabled": false}}
//	{"schedule": {"from": "2026-11-27T00:00:00Z", "until": null}}
type Scope struct {
	Actor        *string      `json:"for_actor,omitempty"`
	Group        *string      `json:"for_group,omitempty"`
	PercentageOf *Percentage  `json:"for_percentage_of,omitempty"`
	When         []Constraint `json:"when,omitempty"` // nil if not given; an empty list counts as given, and is refused
	Segment      *string      `json:"for_segment,omitempty"`
	Requires     *Requirement `json:"requires,omitempty"`
	Schedule     *Window      `json:"schedule,omitempty"`
}

// Percentage is a share of either the actors or the time.
type Percentage struct {
	Actors *float64 `json:"actors,omitempty"`
	Time   *float64 `json:"time,omitempty"`
}

// Requirement is a parent flag and the state that it must have.
type Requirement struct {
	Flag    string `json:"flag"`
	Enabled bool   `json:"enabled"`
}

// Window is a time during which a flag is on. A nil end is open.
type Window struct {
	From  *string `json:"from"`
	Until *string `json:"until"`
}

// ForActor returns the scope of one actor.
func ForActor(key string) Scope { return Scope{Actor: &key} }

// ForGroup returns the scope of a group.
func ForGroup(name string) Scope { return Scope{Group: &name} }

// ForPercentageOfActors returns the scope of a share of the actors.
func ForPercentageOfActors(ratio float64) Scope {
	return Scope{PercentageOf: &Percentage{Actors: &ratio}}
}

// ForPercentageOfTime returns the scope of a share of the decisions.
func ForPercentageOfTime(ratio float64) Scope {
	return Scope{PercentageOf: &Percentage{Time: &ratio}}
}

// When returns the scope of everybody whose context meets all the constraints.
func When(constraints ...Constraint) Scope { return Scope{When: filled(constraints)} }

// ForSegment returns the scope of a segment.
func ForSegment(key string) Scope { return Scope{Segment: &key} }

// Requires returns the scope that requires a parent flag to be in a state.
func Requires(flag string, enabled bool) Scope {
	return Scope{Requires: &Requirement{Flag: flag, Enabled: enabled}}
}

// Between returns the scope of a window of time. An empty end is open.
func Between(from, until string) Scope {
	var w Window
	if from != "" {
		w.From = &from
	}
	if until != "" {
		w.Until = &until
	}
	return Scope{Schedule: &w}
}

// Removal says which gates Clear removes. At most one part may be given; none means every gate. In JSON:
//
//	{"boolean": true} {"percentage": true} {"variant": true} {"rule": true} {"schedule": true}
//	{"for_actor": "user:42"} {"for_group": "staff"} {"for_segment": "premium_us"} {"requires": "parent"}
type Removal struct {
	Boolean    bool    `json:"boolean,omitempty"`
	Percentage bool    `json:"percentage,omitempty"`
	Variant    bool    `json:"variant,omitempty"`
	Rule       bool    `json:"rule,omitempty"`
	Schedule   bool    `json:"schedule,omitempty"`
	Actor      *string `json:"for_actor,omitempty"`
	Group      *string `json:"for_group,omitempty"`
	Segment    *string `json:"for_segment,omitempty"`
	Requires   *string `json:"requires,omitempty"`
}

// ParseScope reads the body of enable and disable, and returns what doesn't fit. It skips members named in ignore.
func ParseScope(data []byte, ignore ...string) (Scope, []Problem) {
	return parseJSON(data, ignore, (*reader).scope)
}

// ParseRemoval reads the body of clear, in the same way.
func ParseRemoval(data []byte, ignore ...string) (Removal, []Problem) {
	return parseJSON(data, ignore, (*reader).removal)
}

// UnmarshalJSON reads the form above.
func (s *Scope) UnmarshalJSON(data []byte) error { return unmarshal(data, s, (*reader).scope) }

// UnmarshalJSON reads the form above.
func (what *Removal) UnmarshalJSON(data []byte) error {
	return unmarshal(data, what, (*reader).removal)
}

func (r *reader) scope(n *node) Scope {
	var s Scope
	r.object(n, "the body", map[string]field{
		"for_actor":   r.optionalText(&s.Actor),
		"for_group":   r.optionalText(&s.Group),
		"for_segment": r.optionalText(&s.Segment),
		"for_percentage_of": func(n *node) {
			s.PercentageOf = &Percentage{}
			r.object(n, "for_percentage_of", map[string]field{"actors": r.ratio(&s.PercentageOf.Actors), "time": r.ratio(&s.PercentageOf.Time)})
		},
		"when":     func(n *node) { s.When = filled(list(r, n, engine.MaxConstraints, r.constraint)) },
		"requires": func(n *node) { s.Requires = r.requirement(n) },
		"schedule": func(n *node) {
			s.Schedule = &Window{}
			r.object(n, "schedule", map[string]field{"from": r.optionalText(&s.Schedule.From), "until": r.optionalText(&s.Schedule.Until)})
		},
	})
	r.notNull(n, "for_actor", "for_group", "for_segment", "for_percentage_of", "when", "requires", "schedule")
	return s
}

func (r *reader) removal(n *node) Removal {
	var s Removal
	parts := map[string]field{
		"for_actor":   r.optionalText(&s.Actor),
		"for_group":   r.optionalText(&s.Group),
		"for_segment": r.optionalText(&s.Segment),
		"requires":    func(n *node) { s.Requires = &r.requirement(n).Flag },
	}
	for name, into := range map[string]*bool{"boolean": &s.Boolean, "percentage": &s.Percentage, "variant": &s.Variant, "rule": &s.Rule, "schedule": &s.Schedule} {
		parts[name] = func(n *node) {
			if r.want(n, kindBool, "write true") {
				if *into = n.value.(bool); !*into {
					r.fail(n, "false clears nothing", "leave "+quoted(name)+" out, or write true")
				}
			}
		}
	}
	r.object(n, "the body", parts)
	r.notNull(n, "boolean", "percentage", "variant", "rule", "schedule", "for_actor", "for_group", "for_segment", "requires")
	return s
}

// requirement reads a parent's key, which means "on", or {"flag": …, "enabled": …}.
func (r *reader) requirement(n *node) *Requirement {
	q := Requirement{Enabled: true}
	if n.kind == kindObject {
		r.object(n, "requires", map[string]field{"flag": r.text(&q.Flag), "enabled": r.truth(&q.Enabled)}, "flag")
	} else {
		r.text(&q.Flag)(n)
	}
	return &q
}

// notNull refuses a null where leaving out the member means everybody or everything: a lost variable must not widen a
// change.
func (r *reader) notNull(n *node, names ...string) {
	for _, name := range names {
		if item := n.member(name); item != nil && item.kind == kindNull {
			r.in(name, item, func(n *node) { r.fail(n, "null is not a scope", "leave "+quoted(name)+" out to mean everybody") })
		}
	}
}
