package gonfalon

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// needs are what deciding one flag can ask for.
type needs struct {
	groups     []string
	attributes []string
	unlisted   bool // there are more attributes than the engine lists
	now, roll  bool // whether the time matters, and whether chance does
}

// needsOf asks the engine once what flag i can ask for.
func (g *generation) needsOf(i int32) (*needs, error) {
	if known := g.asks[i].Load(); known != nil {
		return known, nil
	}
	answer, err := g.loaded.Needs(i)
	if err != nil {
		return nil, err
	}
	n, err := readNeeds(answer)
	if err != nil {
		return nil, err
	}
	g.asks[i].Store(n)
	return n, nil
}

// decideNarrow decides flag i by the part of the context that it can ask for.
//
//go:noinline
func (g *generation) decideNarrow(c *Client, i int32, q *query, d *engine.Decision) error {
	found := *q
	if err := g.narrow(i, &found); err != nil {
		return err
	}
	return g.decide(c, i, &found, d)
}

// narrow asks the actor for the groups that flag i can ask for, and cuts a context that is beyond the engine's limits
// down to what the flag can ask for. No group is lost because it comes late: it might be the one that denies.
func (g *generation) narrow(i int32, q *query) error {
	if q.member == nil && !q.wide() {
		return nil
	}
	n, err := g.needsOf(i)
	if err != nil {
		return err
	}
	if len(q.in.Groups) > maxListed && len(n.groups) > 0 {
		return fmt.Errorf("%w: there are more than %d groups", ErrContext, maxListed)
	}
	if len(q.in.Attributes) > maxListed && (n.unlisted || len(n.attributes) > 0) {
		return fmt.Errorf("%w: there are more than %d attributes", ErrContext, maxListed)
	}
	if q.member != nil {
		if q.in.Groups, err = asked(slices.Clip(q.in.Groups), q.member, n.groups); err != nil {
			return err
		}
		q.member = nil
	}
	if len(q.in.Groups) > engine.MaxGroups {
		q.in.Groups = slices.DeleteFunc(unique(q.in.Groups), func(name string) bool { return !slices.Contains(n.groups, name) })
	}
	if len(q.in.Attributes) > engine.MaxAttributes {
		q.in.Attributes = named(q.in.Attributes, n)
	}
	if q.wide() {
		return fmt.Errorf("%w: %d groups and %d attributes that the flag %q asks for are more than the %d that can be looked at", ErrContext, len(q.in.Groups), len(q.in.Attributes), g.loaded.Key(i), engine.MaxGroups)
	}
	return nil
}

// lean writes the part of q that deciding a flag can ask for, so that no engine has to read the rest. Room is for the
// attributes.
func (n *needs) lean(q *query, in *engine.Input, room []engine.Attribute) {
	in.Presence, in.Actor = q.in.Presence, q.in.Actor
	if len(n.groups) > 0 || n.unlisted {
		in.Groups = q.in.Groups
	}
	if n.now {
		in.Now = q.in.Now
	}
	if n.roll {
		in.Roll = q.in.Roll
	}
	switch {
	case n.unlisted:
		in.Attributes = q.in.Attributes
	case len(n.attributes) > 0:
		for i := range q.in.Attributes {
			if slices.Contains(n.attributes, q.in.Attributes[i].Name) {
				room = append(room, q.in.Attributes[i])
			}
		}
		in.Attributes = room
	}
}

// asked appends those of names that the actor is in.
func asked(groups []string, actor Member, names []string) (all []string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: InGroup of %T panicked", ErrContext, actor)
		}
	}()
	for _, name := range names {
		if actor.InGroup(name) {
			groups = append(groups, name)
		}
	}
	return groups, nil
}

// unique returns each name once.
func unique(names []string) []string {
	all := slices.Clone(names)
	slices.Sort(all)
	return slices.Compact(all)
}

// named returns the attributes that are needed, each name once: the first, as the engine would take it.
func named(attributes []engine.Attribute, n *needs) []engine.Attribute {
	kept := make([]engine.Attribute, 0, engine.MaxAttributes)
	seen := make(map[string]bool, len(attributes))
	for _, a := range attributes {
		if !seen[a.Name] && (n.unlisted || slices.Contains(n.attributes, a.Name)) {
			kept = append(kept, a)
		}
		seen[a.Name] = true
	}
	return kept
}

// allGroups are the groups that any of these flags can ask for, nil standing for all flags.
func (g *generation) allGroups(flags []int32) ([]string, error) {
	var all []string
	seen := map[string]bool{}
	add := func(i int32) error {
		n, err := g.needsOf(i)
		if err != nil {
			return err
		}
		for _, name := range n.groups {
			if !seen[name] {
				seen[name] = true
				all = append(all, name)
			}
		}
		return nil
	}
	if flags == nil {
		for i := range g.loaded.Len() {
			if err := add(i); err != nil {
				return nil, err
			}
		}
	}
	for _, i := range flags {
		if err := add(i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

var errNeeds = errors.New("gonfalon: the engine's answer about what a flag needs is malformed")

// readNeeds reads an answer that wasm/ABI.md describes.
func readNeeds(b []byte) (*needs, error) {
	n, b, err := header(b, 0x90, 15, 0xdc)
	if err != nil || n != 5 {
		return nil, errNeeds
	}
	var out needs
	if out.groups, b, err = readNames(b); err != nil {
		return nil, err
	}
	if len(b) > 0 && b[0] == nothing {
		out.unlisted = true
	} else if out.attributes, b, err = readNames(b); err != nil {
		return nil, err
	}
	if len(b) < 3 { // the flag's number is at least one byte
		return nil, errNeeds
	}
	out.now, out.roll = b[len(b)-2] == yes, b[len(b)-1] == yes
	return &out, nil
}

// These are msgpack's.
const (
	nothing = 0xc0
	yes     = 0xc3
)

func readNames(b []byte) ([]string, []byte, error) {
	n, b, err := header(b, 0x90, 15, 0xdc)
	if err != nil {
		return nil, nil, err
	}
	list := make([]string, 0, min(n, len(b)))
	for range n {
		var size int
		if size, b, err = header(b, 0xa0, 31, 0xd9); err != nil || size > len(b) {
			return nil, nil, errNeeds
		}
		list = append(list, string(b[:size]))
		b = b[size:]
	}
	return list, b, nil
}

// header reads the head of an array or a string: fix with the length in its low bits, or wide and the next two for
// longer ones.
func header(b []byte, fix, low, wide byte) (int, []byte, error) {
	if len(b) == 0 {
		return 0, nil, errNeeds
	}
	c := b[0]
	if c&^low == fix {
		return int(c & low), b[1:], nil
	}
	width := 1 << (c - wide)
	if wide == 0xdc {
		width *= 2
	}
	if c < wide || c > wide+2 || width > 4 || len(b) < 1+width {
		return 0, nil, errNeeds
	}
	var n [4]byte
	copy(n[4-width:], b[1:1+width])
	return int(binary.BigEndian.Uint32(n[:])), b[1+width:], nil
}
