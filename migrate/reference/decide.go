package reference

import (
	"errors"
	"fmt"
)

// Question is what a program asks with: its actor, its context, the time and chance.
type Question struct {
	Actor   *string        // the actor's key
	Keyless bool           // there is an actor without a key, which only has groups
	Groups  []string       // of the actor
	Context map[string]any // nil or empty: none
	Now     int64          // Unix microseconds
	Draw    func(flag string) int
}

// given reports whether there is an actor.
func (q *Question) given() bool { return q.Actor != nil || q.Keyless }

// Answer is a decision, and the slot of the gate that made it: "" if none did.
type Answer struct {
	Enabled bool
	By      string
}

// errCycle is the state of a flag whose prerequisites lead back to one that is being decided.
var errCycle = errors.New("its prerequisites form a cycle")

// Decide is the libraries' enabled?. An error says why it raises, or that a pattern can't be judged.
func (s *Store) Decide(name string, q *Question) (Answer, error) {
	p := s.lookup(name)
	d := deciding{store: s, q: q, known: map[string]bool{}}
	if p.flag.Raises != "" {
		return Answer{}, errors.New(p.flag.Raises)
	}
	unmet, err := d.unmet(p, []string{name})
	if err != nil && err != errCycle {
		return Answer{}, err
	}
	if err == errCycle {
		unmet = "prerequisite"
	}
	if unmet != "" {
		return Answer{By: unmet}, nil
	}
	return d.pure(p)
}

// deciding is one decision, with the parents that it already knows.
type deciding struct {
	store *Store
	q     *Question
	known map[string]bool
}

// unmet returns the slot of the first prerequisite that isn't met, or errCycle.
func (d *deciding) unmet(p *prepared, visited []string) (string, error) {
	for _, g := range p.prerequisites {
		on, err := d.resolve(g.For, visited)
		if err != nil {
			return "", err
		}
		if on != g.Enabled {
			return g.ID(), nil
		}
	}
	return "", nil
}

// resolve returns whether a parent is on. A parent on a cycle isn't remembered, since another way may lead to it.
func (d *deciding) resolve(name string, visited []string) (bool, error) {
	for _, v := range visited {
		if v == name {
			return false, errCycle
		}
	}
	if on, known := d.known[name]; known {
		return on, nil
	}
	p := d.store.lookup(name)
	unmet, err := d.unmet(p, append(visited[:len(visited):len(visited)], name))
	if err != nil {
		return false, err
	}
	if unmet != "" {
		d.known[name] = false
		return false, nil
	}
	a, err := d.pure(p)
	if err == nil {
		d.known[name] = a.Enabled
	}
	return a.Enabled, err
}

// pure decides by a flag's own gates. The order is that of bandera/flag.ex, of which fun_with_flags/flag.ex is a part.
func (d *deciding) pure(p *prepared) (Answer, error) {
	if len(p.flag.Gates) == 0 {
		return Answer{}, nil
	}
	if d.q.given() {
		if a, decided, err := d.actor(p); decided || err != nil {
			return a, err
		}
		if a, decided := d.groups(p); decided {
			return a, nil
		}
	}
	if d.q.given() || len(d.q.Context) > 0 {
		if a, err := d.rules(p); err != nil || a.Enabled {
			return a, err
		}
	}
	if p.boolean != nil && p.boolean.Enabled {
		return Answer{true, p.boolean.ID()}, nil
	}
	for _, g := range p.schedules {
		if g.Raises != "" {
			return Answer{}, errors.New(g.Raises)
		}
		if open(g, d.q.Now) {
			return Answer{true, g.ID()}, nil
		}
	}
	return d.percentage(p)
}

func (d *deciding) actor(p *prepared) (a Answer, decided bool, err error) {
	if len(p.actors) == 0 {
		return Answer{}, false, nil
	}
	if d.q.Keyless {
		return Answer{}, false, errKeyless
	}
	on, has := p.actors[*d.q.Actor]
	return Answer{on, string(Actor) + "/" + *d.q.Actor}, has, nil
}

var errKeyless = errors.New("the actor has no id, and a gate needs it")

func (d *deciding) groups(p *prepared) (a Answer, decided bool) {
	var allowed, denied string
	var allows, denies bool
	for _, group := range d.q.Groups {
		if p.allow[group] {
			allowed, allows = group, true
		}
		if p.deny[group] {
			denied, denies = group, true
		}
	}
	if allows && (!denies || d.store.conflict == AllowWins) {
		return Answer{true, string(Group) + "/" + allowed}, true
	}
	return Answer{By: string(Group) + "/" + denied}, denies
}

// rules returns an answer that is enabled if a rule or a segment matches.
func (d *deciding) rules(p *prepared) (Answer, error) {
	for _, r := range p.rules {
		g := r.gate
		if g.Raises != "" && r.segment == "" {
			return Answer{}, errors.New(g.Raises)
		}
		constraints := g.Constraints
		if r.segment != "" {
			held := d.store.segment(r.segment)
			if held == nil {
				continue
			}
			constraints = held.Constraints
		}
		if !g.Enabled || len(constraints) == 0 {
			continue
		}
		all := true
		for _, c := range constraints {
			holds, err := c.match(d.q.Context)
			if err != nil {
				return Answer{}, fmt.Errorf("%s: %w", g.ID(), err)
			}
			if !holds {
				all = false
				break
			}
		}
		if all {
			return Answer{true, g.ID()}, nil
		}
	}
	return Answer{}, nil
}

func (d *deciding) percentage(p *prepared) (Answer, error) {
	if g := p.ofActors; g != nil && d.q.given() {
		if d.q.Keyless {
			return Answer{}, errKeyless
		}
		return grant(g, Score(*d.q.Actor, p.flag.Name) <= g.Ratio), nil
	}
	if g := p.ofTime; g != nil {
		n := 10_000
		if d.q.Draw != nil {
			n = d.q.Draw(p.flag.Name)
		}
		return grant(g, float64(n)/10_000 <= g.Ratio), nil
	}
	return Answer{}, nil
}

func grant(g *Gate, on bool) Answer {
	if !on {
		return Answer{}
	}
	return Answer{true, g.ID()}
}
