package reference

// Conflict says what wins if an actor is in one group that is allowed and in another that is denied.
type Conflict string

// These are what FunWithFlags and Bandera do.
const (
	DenyWins  Conflict = "deny_wins"
	AllowWins Conflict = "allow_wins"
)

// Store is every flag of a source, prepared to decide. It is immutable, and safe for any number of readers.
type Store struct {
	conflict Conflict
	flags    map[string]*prepared
}

// prepared is a flag whose gates are found without looking through all of them.
type prepared struct {
	flag          *Flag
	actors        map[string]bool // the first gate of an actor decides
	allow, deny   map[string]bool // groups
	prerequisites []*Gate
	rules         []rule
	boolean       *Gate // the first of each
	ofTime        *Gate
	ofActors      *Gate
	variant       *Gate
	schedules     []*Gate
}

// rule is a rule of the flag or, with a segment's name, one whose constraints are the segment's.
type rule struct {
	gate    *Gate
	segment string
}

// NewStore returns a store of these flags, with segments among them under their reserved names.
func NewStore(flags []Flag, conflict Conflict) *Store {
	s := &Store{conflict: conflict, flags: make(map[string]*prepared, len(flags))}
	for i := range flags {
		s.flags[flags[i].Name] = prepare(&flags[i])
	}
	return s
}

func prepare(f *Flag) *prepared {
	p := &prepared{flag: f, actors: map[string]bool{}, allow: map[string]bool{}, deny: map[string]bool{}}
	first := func(at **Gate, g *Gate) {
		if *at == nil {
			*at = g
		}
	}
	for i := range f.Gates {
		g := &f.Gates[i]
		switch g.Type {
		case Actor:
			if _, has := p.actors[g.For]; !has {
				p.actors[g.For] = g.Enabled
			}
		case Group:
			if g.Enabled {
				p.allow[g.For] = true
			} else {
				p.deny[g.For] = true
			}
		case Rule:
			p.rules = append(p.rules, rule{gate: g})
		case Segment:
			p.rules = append(p.rules, rule{gate: g, segment: g.For})
		case Prerequisite:
			p.prerequisites = append(p.prerequisites, g)
		case Schedule:
			p.schedules = append(p.schedules, g)
		case Boolean:
			first(&p.boolean, g)
		case PercentageOfTime:
			first(&p.ofTime, g)
		case PercentageOfActors:
			first(&p.ofActors, g)
		case Variant:
			first(&p.variant, g)
		}
	}
	return p
}

// lookup returns a flag. One that isn't stored has no gates.
func (s *Store) lookup(name string) *prepared {
	if p := s.flags[name]; p != nil {
		return p
	}
	return &prepared{flag: &Flag{Name: name}}
}

// segment returns the gate that holds a segment's constraints, or nil.
func (s *Store) segment(name string) *Gate {
	for _, r := range s.lookup(SegmentPrefix + name).rules {
		if r.segment == "" {
			return r.gate
		}
	}
	return nil
}
