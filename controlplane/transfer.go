package controlplane

import (
	"context"
	"io"
	"iter"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// changeMany makes a change of many things as one revision. It makes one at a time, in whatever environment, since such a
// change takes memory.
func (s *Service) changeMany(ctx context.Context, c change, tolerant bool, build replica.Build) (api.Difference, error) {
	select {
	case s.many <- struct{}{}:
		defer func() { <-s.many }()
	case <-ctx.Done():
		return api.Difference{}, model.Unavailable("the wait for other large changes ended", ctx.Err())
	}
	c.many = true
	var version string
	d, err := s.change(ctx, c, func(st *model.State, d *replica.Draft) error {
		version = st.Head.Version(st.Head.Revision)
		if err := precondition(c.options, version); err != nil {
			return err
		}
		if err := build(st, d); err != nil || d.Empty() {
			return err
		}
		return d.Check(tolerant)
	})
	if err != nil {
		return api.Difference{}, refusedAsSent(err, c.sent)
	}
	asSent(c.sent, d.Warnings)
	model.DescribeAll(d.Changes)
	head, written := d.After().Head, !d.Empty() && !c.options.DryRun
	if written {
		version = head.Version(head.Revision)
	}
	return api.Difference{
		Revision: head.Revision, Written: written, Version: version,
		Changes: append([]api.Change{}, d.Changes...), Warnings: api.Problems(d.Warnings),
	}, nil
}

// Export returns a whole environment, now or in the past, and its revision.
func (s *Service) Export(ctx context.Context, env string, at api.At) (flagset.Set, int64, error) {
	st, err := s.replica.At(ctx, env, at)
	if err != nil {
		return flagset.Set{}, 0, err
	}
	set, err := st.Set()
	if err != nil {
		return flagset.Set{}, 0, err
	}
	return *set, st.Head.Revision, nil
}

// ExportTo writes an environment as YAML, which is for people, or as JSON, without holding all of it in memory. It calls
// begin, with the environment's revision, for where to write to. Once it has, an error leaves what was written incomplete.
func (s *Service) ExportTo(ctx context.Context, env string, at api.At, asJSON bool, begin func(revision int64) io.Writer) error {
	st, err := s.replica.At(ctx, env, at)
	if err != nil {
		return err
	}
	if err := st.Readable(); err != nil {
		return err
	}
	write := flagset.WriteYAML
	if asJSON {
		write = flagset.WriteJSON
	}
	return write(begin(st.Head.Revision), st.Head.Settings(), st.EachFlag(), st.EachSegment())
}

// Difference returns what turns one set into another, as an import of the second in place of the first would tell it.
func Difference(before, after *flagset.Set) ([]api.Change, error) {
	return model.Difference(before, after)
}

// Import writes a set's flags, segments and settings as one change, in place of existing ones; it leaves the settings that
// the set doesn't have. Keys must be valid and unique. Other problems are refused, unless the import is tolerant: then they are
// stored so that they fail closed, and returned as warnings.
func (s *Service) Import(ctx context.Context, env string, set flagset.Set, i api.Import, o WriteOptions) (api.Difference, error) {
	return s.importParts(ctx, env, setParts{set}, i, o)
}

// ImportText imports a text as Import does a set, without holding all of it in memory.
func (s *Service) ImportText(ctx context.Context, env string, text *flagset.Text, i api.Import, o WriteOptions) (api.Difference, error) {
	return s.importParts(ctx, env, text, i, o)
}

// parts is a set whose flags and segments are read one by one, any number of times.
type parts interface {
	Settings() flagset.Settings
	Flags() iter.Seq[flagset.Flag]
	Segments() iter.Seq[flagset.Segment]
}

type setParts struct{ set flagset.Set }

func (p setParts) Settings() flagset.Settings          { return p.set.Settings }
func (p setParts) Flags() iter.Seq[flagset.Flag]       { return slices.Values(p.set.Flags) }
func (p setParts) Segments() iter.Seq[flagset.Segment] { return slices.Values(p.set.Segments) }

func (s *Service) importParts(ctx context.Context, env string, from parts, i api.Import, o WriteOptions) (api.Difference, error) {
	c := change{env: env, action: "import", options: o, sent: from.Flags(), prepare: func(context.Context) error { return importable(from) }}
	return s.changeMany(ctx, c, i.Tolerant, func(st *model.State, d *replica.Draft) error {
		d.Bare = true
		if settings := from.Settings(); settings.GroupConflict != "" { // a set without settings leaves the environment's
			if err := d.SetSettings(flagset.Settings{GroupConflict: settings.Conflict()}, st.Head.Description); err != nil {
				return err
			}
		}
		named := map[string]bool{} // what isn't pruned
		for g := range from.Segments() {
			document := model.SegmentDocument(g)
			named[model.Name(document)] = true
			if err := d.Put(document); err != nil {
				return err
			}
		}
		for f := range from.Flags() {
			document := model.FlagDocument(f)
			named[model.Name(document)] = true
			if err := d.Put(document); err != nil {
				return err
			}
		}
		d.SortChanges()
		if i.Prune {
			d.Prune(func(r *model.Record) bool { return named[r.Name()] })
		}
		return nil
	})
}

// importable refuses what even a tolerant import can't store, because it would have no key or no record.
func importable(from parts) error {
	var problems []flagset.Problem
	keep := func(found []flagset.Problem) {
		for _, p := range found {
			if len(problems) <= flagset.MaxProblems && (p.Pointer == "/key" || p.Flag == "" && p.Segment == "") {
				problems = append(problems, p)
			}
		}
	}
	keys := flagset.Set{Settings: from.Settings()}
	for f := range from.Flags() {
		f = flagset.Flag{Key: flagset.ValidText(f.Key)}
		keep(flagset.ValidateFlag(&f))
		keys.Flags = append(keys.Flags, f)
	}
	for g := range from.Segments() {
		g = flagset.Segment{Key: flagset.ValidText(g.Key)}
		keep(flagset.ValidateSegment(&g))
		keys.Segments = append(keys.Segments, g)
	}
	keep(flagset.ValidateReferences(&keys))
	return model.Invalid("the set", problems)
}

// Copy copies flags and what they need, or everything, from one environment to another as one change. o.IfMatch is
// about the target. An error can also have the code NotFound for a flag that the source doesn't have.
func (s *Service) Copy(ctx context.Context, to string, c api.Copy, o WriteOptions) (api.Difference, error) {
	var source *model.State
	var records []*model.Record
	how := change{env: to, action: "copy", options: o}
	how.prepare = func(ctx context.Context) (err error) {
		if source, err = s.replica.Current(ctx, c.From); err != nil {
			return err
		}
		if c.Flags == nil {
			records = slices.Collect(source.Records())
			return nil
		}
		records, err = source.Closure(c.Flags)
		return err
	}
	return s.changeMany(ctx, how, true, func(st *model.State, d *replica.Draft) error {
		if c.Flags == nil {
			if err := d.SetSettings(source.Head.Settings(), st.Head.Description); err != nil {
				return err
			}
		}
		return d.ReplaceWith(source, records, c.Prune && c.Flags == nil)
	})
}

// RollbackEnvironment restores an environment to a revision, as one change.
func (s *Service) RollbackEnvironment(ctx context.Context, env string, revision int64, o WriteOptions) (api.Difference, error) {
	var then *model.State
	c := change{env: env, action: "environment.rollback", options: o}
	c.prepare = func(ctx context.Context) (err error) {
		then, err = s.replica.At(ctx, env, api.At{Revision: revision})
		return err
	}
	return s.changeMany(ctx, c, true, func(st *model.State, d *replica.Draft) error {
		if err := d.SetSettings(then.Head.Settings(), then.Head.Description); err != nil {
			return err
		}
		return d.ReplaceWith(then, slices.Collect(then.Records()), true)
	})
}

// Rollback restores a flag to a revision, also one that was deleted since. An error has the code NotFound if the flag
// didn't exist then, or if there is no such revision yet, and Gone for a revision past the retention.
func (s *Service) Rollback(ctx context.Context, env, key string, revision int64, o WriteOptions) (WriteResult, error) {
	var then flagset.Flag
	c := change{env: env, action: "flag.rollback", key: key, options: o}
	c.prepare = func(ctx context.Context) (err error) {
		then, err = s.flagAt(ctx, env, key, revision)
		return err
	}
	return s.changeFlag(ctx, c, immediate{}, func(*flagset.Flag) (flagset.Flag, []flagset.Problem, error) {
		return then, nil, nil
	})
}

// flagAt returns a flag as it was at a revision.
func (s *Service) flagAt(ctx context.Context, env, key string, revision int64) (flagset.Flag, error) {
	then, err := s.replica.At(ctx, env, api.At{Revision: revision})
	if err != nil {
		return flagset.Flag{}, err
	}
	r := then.Flag(key)
	if r == nil {
		return flagset.Flag{}, model.Errorf(api.NotFound, "there was no flag %.140q at revision %d", key, revision)
	}
	if err := r.Read(); err != nil {
		return flagset.Flag{}, err
	}
	return r.Flag(), nil
}
