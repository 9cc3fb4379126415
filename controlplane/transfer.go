package controlplane

import (
	"context"
	"slices"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// CopyOptions says which parts of an environment to copy.
type CopyOptions struct {
	Flags []string // copied with the segments and parents that they need; nil for everything, including settings
	Prune bool     // delete what the source doesn't have; only if everything is copied
}

// ImportOptions says how to import a set.
type ImportOptions struct {
	Prune  bool // delete what the set doesn't have
	Strict bool // refuse problems instead of storing them as warnings that fail closed
}

// bulk changes many things as one revision.
func (s *Service) bulk(ctx context.Context, env, action string, o WriteOptions, strict bool, build func(*state, *draft) error) (Difference, error) {
	d, err := s.writeOn(ctx, env, action, "", o, s.current, func(st *state, d *draft) error {
		if err := precondition(o, st.head.version(st.head.Revision)); err != nil {
			return err
		}
		if err := build(st, d); err != nil || d.empty() {
			return err
		}
		return d.check(!strict)
	})
	if err != nil {
		return Difference{}, err
	}
	for i := range d.changes {
		d.changes[i].explain()
	}
	return Difference{Revision: d.after().head.Revision, Written: !d.empty() && !o.DryRun, Changes: d.changes, Warnings: d.warnings}, nil
}

// Export returns a whole environment, now or in the past, and its revision.
func (s *Service) Export(ctx context.Context, env string, at At) (flagset.Set, int64, error) {
	st, err := s.at(ctx, env, at)
	if err != nil {
		return flagset.Set{}, 0, err
	}
	set, err := st.set()
	if err != nil {
		return flagset.Set{}, 0, err
	}
	return *set, st.head.Revision, nil
}

// Import writes a set's flags, segments and settings as one change, in place of existing ones. Keys must be valid and unique. Other problems
// are stored so that they fail closed, and returned as warnings, unless Strict refuses them.
func (s *Service) Import(ctx context.Context, env string, set flagset.Set, i ImportOptions, o WriteOptions) (Difference, error) {
	set = *set.Canonical()
	if err := importable(&set); err != nil {
		s.recordRefusal(ctx, env, "import", "", o, err)
		return Difference{}, err
	}
	return s.bulk(ctx, env, "import", o, i.Strict, func(st *state, d *draft) error {
		settings := set.Settings
		if err := d.setSettings(settings, st.head.Description); err != nil {
			return err
		}
		for _, g := range set.Segments {
			if err := d.putSegment(g); err != nil {
				return err
			}
		}
		for _, f := range set.Flags {
			if err := d.putFlag(f); err != nil {
				return err
			}
		}
		if i.Prune {
			d.prune(func(r *record) bool {
				if r.isFlag() {
					return set.Flag(r.key()) != nil
				}
				return set.Segment(r.key()) != nil
			})
		}
		return nil
	})
}

// importable refuses what even a tolerant import can't store, because it would have no key or no record.
func importable(set *flagset.Set) error {
	var problems []flagset.Problem
	for _, p := range flagset.Validate(set) {
		if p.Pointer == "/key" || p.Flag == "" && p.Segment == "" {
			problems = append(problems, p)
		}
	}
	return invalid("the set", problems)
}

// prune deletes the records that keep doesn't select.
func (d *draft) prune(keep func(*record) bool) {
	for _, list := range [][]*record{d.st.flags, d.st.segments} {
		for _, r := range list {
			if !keep(r) {
				d.remove(r)
			}
		}
	}
}

// Copy copies flags and what they need, or everything, from one environment to another as one change. o.IfMatch is about the target. An
// error can also have the code NotFound for a flag that the source doesn't have.
func (s *Service) Copy(ctx context.Context, from, to string, c CopyOptions, o WriteOptions) (Difference, error) {
	source, err := s.current(ctx, from)
	if err != nil {
		return Difference{}, err
	}
	flags, segments := source.flags, source.segments
	if c.Flags != nil {
		if flags, segments, err = source.closure(c.Flags); err != nil {
			return Difference{}, err
		}
	}
	return s.bulk(ctx, to, "copy", o, false, func(st *state, d *draft) error {
		if c.Flags == nil {
			if err := d.setSettings(source.head.settings(), st.head.Description); err != nil {
				return err
			}
		}
		return d.replaceWith(source, flags, segments, c.Prune && c.Flags == nil)
	})
}

// RollbackEnvironment restores an environment to a revision, as one change.
func (s *Service) RollbackEnvironment(ctx context.Context, env string, revision int64, o WriteOptions) (Difference, error) {
	then, err := s.at(ctx, env, At{Revision: revision})
	if err != nil {
		return Difference{}, err
	}
	return s.bulk(ctx, env, "environment.rollback", o, false, func(st *state, d *draft) error {
		if err := d.setSettings(then.head.settings(), then.head.Description); err != nil {
			return err
		}
		return d.replaceWith(then, then.flags, then.segments, true)
	})
}

// replaceWith puts records of another state, and deletes all others if prune is set.
func (d *draft) replaceWith(source *state, flags, segments []*record, prune bool) error {
	for _, r := range segments {
		if err := r.read(); err != nil {
			return err
		}
		if err := d.putSegment(r.segment); err != nil {
			return err
		}
	}
	for _, r := range flags {
		if err := r.read(); err != nil {
			return err
		}
		if err := d.putFlag(r.flag); err != nil {
			return err
		}
	}
	if prune {
		d.prune(func(r *record) bool { return source.record(r.compiled.Kind, r.key()) != nil })
	}
	return nil
}

// closure returns flags with the parents and segments that they need, as far as those exist.
func (s *state) closure(keys []string) (flags, segments []*record, err error) {
	taken := map[string]bool{}
	for _, key := range keys {
		if s.flag(key) == nil {
			return nil, nil, noFlag(key)
		}
	}
	queue := slices.Clone(keys)
	for len(queue) > 0 {
		r := s.flag(queue[0])
		queue = queue[1:]
		if r == nil || taken["flag/"+r.key()] {
			continue
		}
		taken["flag/"+r.key()] = true
		flags = append(flags, r)
		for _, n := range r.meta.Needs {
			if n.Type == flagset.Prerequisite {
				queue = append(queue, n.Target)
			} else if g := s.segment(n.Target); g != nil && !taken["segment/"+n.Target] {
				taken["segment/"+n.Target] = true
				segments = append(segments, g)
			}
		}
	}
	return flags, segments, nil
}

// Rollback restores a flag to a revision. An error has the code NotFound if the flag doesn't exist now or didn't exist then, or if there is
// no such revision yet, and Gone for a revision past the retention.
func (s *Service) Rollback(ctx context.Context, env, key string, revision int64, o WriteOptions) (WriteResult, error) {
	then, err := s.flagAt(ctx, env, key, revision)
	if err != nil {
		s.recordRefusal(ctx, env, "flag.rollback", key, o, err)
		return WriteResult{}, err
	}
	return s.changeFlag(ctx, env, "flag.rollback", key, o, immediate{}, existing(key, func(flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return then, nil
	}))
}

// flagAt returns a flag as it was at a revision.
func (s *Service) flagAt(ctx context.Context, env, key string, revision int64) (flagset.Flag, error) {
	then, err := s.at(ctx, env, At{Revision: revision})
	if err != nil {
		return flagset.Flag{}, err
	}
	r := then.flag(key)
	if r == nil {
		return flagset.Flag{}, fail(NotFound, "there was no flag %.140q at revision %d", key, revision)
	}
	if err := r.read(); err != nil {
		return flagset.Flag{}, err
	}
	return r.flag, nil
}
