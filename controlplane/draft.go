package controlplane

import (
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// draft is a change of an environment before it is committed. It is built on a state and checked against it, and committed only if that
// state is still current. If not, it is thrown away and built again.
type draft struct {
	st   *state
	head head // the head after the change
	with replacements

	action, key string
	options     WriteOptions
	changes     []Change
	warnings    []flagset.Problem
	introduced  []flagset.Problem
	changedHead bool     // settings, description or existence changed
	values      []string // the records' values, as written remembers them
}

func newDraft(st *state, now time.Time, action, key string, o WriteOptions) *draft {
	return &draft{st: st, head: st.head.next(now), action: action, key: key, options: o}
}

// meta returns the metadata of a record that is written now.
func (d *draft) meta(before *record) recordMeta {
	m := recordMeta{Revision: d.head.Revision, Created: d.head.Time, Updated: d.head.Time, By: d.options.By}
	if before != nil {
		m.Created = before.meta.Created
	}
	return m
}

// putFlag puts a flag in its canonical form, and notes the problems that this introduces. If nothing differs it is not a change.
func (d *draft) putFlag(f flagset.Flag) error {
	f = f.Canonical()
	before := d.st.flag(f.Key)
	r, problems, err := newFlagRecord(&f, d.meta(before), snapshot.Tolerant)
	if err != nil {
		return err
	}
	r.adopt(func() { r.flag = f; r.own = flagset.ValidateFlag(&f) })
	return d.put(before, r, problems)
}

// putSegment puts a segment in the same way.
func (d *draft) putSegment(g flagset.Segment) error {
	g = g.Canonical()
	before := d.st.segment(g.Key)
	r, problems, err := newSegmentRecord(&g, d.meta(before), snapshot.Tolerant)
	if err != nil {
		return err
	}
	r.adopt(func() { r.segment = g; r.own = flagset.ValidateSegment(&g) })
	return d.put(before, r, problems)
}

// adopt fills in what reading the document would fill in.
func (r *record) adopt(fill func()) { r.once.Do(fill) }

func (d *draft) put(before, r *record, compiled []flagset.Problem) error {
	var known []flagset.Problem
	if before != nil {
		if err := before.read(); err != nil {
			return err
		}
		known = before.own
		if r.same(before) {
			d.warnings = append(d.warnings, warnings(before.own)...)
			return nil
		}
	}
	own := r.own
	if extra := len(compiled) - len(own); extra > 0 { // the engine refuses more than validation finds
		for _, p := range compiled[len(own):] {
			p.Severity = flagset.Error
			own = append(own[:len(own):len(own)], p)
		}
	}
	d.introduced = append(d.introduced, flagset.Errors(flagset.Introduced(known, own))...)
	d.warnings = append(d.warnings, warnings(own)...)
	c, err := compare(before, r)
	if err != nil {
		return err
	}
	d.changes = append(d.changes, c)
	d.with.set(r.compiled.Kind, r.key(), r)
	return nil
}

// remove deletes an existing record.
func (d *draft) remove(r *record) {
	d.changes = append(d.changes, whole(r, nil))
	d.with.set(r.compiled.Kind, r.key(), nil)
}

// setEnvironment changes settings and description.
func (d *draft) setEnvironment(settings flagset.Settings, description string) error {
	if settings.GroupConflict == "" {
		settings.GroupConflict = flagset.DenyWins
	}
	was := environmentDocument(&d.st.head)
	d.head.Conflict, d.head.Description = string(settings.GroupConflict), description
	is := environmentDocument(&d.head)
	for name := range is {
		if string(was[name]) == string(is[name]) {
			delete(was, name)
			delete(is, name)
		}
	}
	if len(is) == 0 {
		return nil
	}
	c := Change{Kind: KindEnvironment, Key: d.st.env, Op: OpUpdate}
	var err error
	if c.Before, err = marshalPlain(was); err != nil {
		return err
	}
	if c.After, err = marshalPlain(is); err != nil {
		return err
	}
	d.changes = append(d.changes, c)
	d.changedHead, d.head.Set, d.head.Updated = true, d.head.Revision, d.head.Time
	return nil
}

// environmentDocument returns what the audit records of a head.
func environmentDocument(h *head) members {
	conflict, _ := marshalPlain(h.Conflict)
	description, _ := marshalPlain(h.Description)
	return members{"group_conflict": conflict, "description": description}
}

func (d *draft) empty() bool { return d.with.len() == 0 && !d.changedHead }

// check validates the whole set after the change. If tolerant is set, problems are only warnings.
func (d *draft) check(tolerant bool) error {
	after := d.after()
	if err := checkSize(after.env, after.flags, after.segments); err != nil {
		return err
	}
	if err := d.checkUsers(after); err != nil && !tolerant {
		return err
	}
	problems := d.introduced
	var references []flagset.Problem
	if after.references != d.st.references {
		references = flagset.Introduced(d.st.referenceProblems(), after.referenceProblems())
	}
	for _, p := range references {
		p = d.place(p)
		if p.Missing && d.options.AllowMissing {
			p.Severity, p.Hint = flagset.Warning, ""
			d.warnings = append(d.warnings, p)
			continue
		}
		problems = append(problems, p)
	}
	if tolerant {
		for _, p := range problems {
			p.Severity = flagset.Warning
			if !slices.Contains(d.warnings, p) {
				d.warnings = append(d.warnings, p)
			}
		}
		return nil
	}
	return invalid(d.what(), problems)
}

// place points a problem between flags into the document of a flag that is being written. The check has only seen the gates that refer to
// other flags or segments.
func (d *draft) place(p flagset.Problem) flagset.Problem {
	if r := d.with.flags[p.Flag]; r != nil {
		return placed(&r.flag, p)
	}
	return p
}

// checkUsers refuses to delete what other flags need.
func (d *draft) checkUsers(after *state) error {
	for _, kind := range []struct {
		gate flagset.GateType
		with map[string]*record
		what string
	}{{flagset.Prerequisite, d.with.flags, "flag"}, {flagset.SegmentGate, d.with.segments, "segment"}} {
		for key, r := range kind.with {
			if r != nil {
				continue
			}
			if keys := users(after.flags, kind.gate, key); len(keys) > 0 {
				return inUse(kind.what+" "+key, keys)
			}
		}
	}
	return nil
}

// what names the changed thing in a sentence.
func (d *draft) what() string {
	switch {
	case d.key == "":
		return "the change"
	case d.with.segments[d.key] != nil:
		return "the segment"
	}
	return "the flag"
}

// warnings returns the problems as warnings.
func warnings(problems []flagset.Problem) []flagset.Problem {
	var list []flagset.Problem
	for _, p := range problems {
		p.Severity = flagset.Warning
		list = append(list, p)
	}
	return list
}
