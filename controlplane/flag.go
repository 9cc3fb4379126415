package controlplane

import (
	"context"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// WriteResult is the answer to a change of a flag.
type WriteResult struct {
	Flag     api.Flag
	Enabled  bool  // the immediate state: how its own gates decide for the verb's actor or group, or without an actor
	Revision int64 // the environment's revision
	Changed  bool  // false if the flag was like that already, and nothing was written
	Created  bool
}

// GetFlag returns a flag. As for all reads, an error has the code NotFound or Unavailable.
func (s *Service) GetFlag(ctx context.Context, env, key string) (api.Flag, error) {
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return api.Flag{}, err
	}
	if u := st.UnreadableRecord(snapshot.FlagRecord, key); u != nil {
		return api.Flag{}, u.Refusal()
	}
	r := st.Flag(key)
	if r == nil {
		return api.Flag{}, model.NoFlag(key)
	}
	return s.describe(st, r)
}

// describe returns a flag with its metadata.
func (s *Service) describe(st *model.State, r *model.Record) (api.Flag, error) {
	var references []flagset.Problem
	for _, p := range st.ReferenceProblems() {
		if p.Flag == r.Key() {
			references = append(references, p)
		}
	}
	f, err := s.describeWith(s.replica.View(), st, r, references)
	if err == nil {
		f.Words = new(wordsIn(st, &f.Flag))
	}
	return f, err
}

// unreadableFlag describes a flag that this build can't read, with what is known nevertheless.
func (s *Service) unreadableFlag(v *replica.View, st *model.State, u *model.Unreadable) api.Flag {
	used := s.usageOf(v, st.Env, u.Key)
	f := api.Flag{Flag: flagset.Flag{Key: u.Key}, FlagInfo: api.FlagInfo{
		State: api.StateUnreadable, LastEvaluated: stored.FromMicros(used.Last), Evaluations: used.Count,
		Warnings: []api.Problem{{Detail: u.Refusal().Error()}},
	}}
	if r := st.Flag(u.Key); r != nil {
		f.Version, f.Revision, f.UpdatedBy, f.UpdatedOnBehalfOf = st.Head.Version(r.Meta.Revision), r.Meta.Revision, r.Meta.By, r.Meta.OnBehalfOf
		f.Created, f.Updated = stored.FromMicros(r.Meta.Created), stored.FromMicros(r.Meta.Updated)
	}
	return f
}

// describeWith is describe for a caller that has the flag's reference problems already. It leaves out the words.
func (s *Service) describeWith(v *replica.View, st *model.State, r *model.Record, references []flagset.Problem) (api.Flag, error) {
	if err := r.Read(); err != nil {
		return api.Flag{}, err
	}
	flag := r.Flag()
	used := s.usageOf(v, st.Env, r.Key())
	problems := model.Warnings(r.Own)
	for _, p := range references {
		problems = append(problems, model.Placed(&flag, p))
	}
	return api.Flag{Flag: flag, FlagInfo: api.FlagInfo{
		Version: st.Head.Version(r.Meta.Revision), Revision: r.Meta.Revision,
		Created: stored.FromMicros(r.Meta.Created), Updated: stored.FromMicros(r.Meta.Updated), UpdatedBy: r.Meta.By, UpdatedOnBehalfOf: r.Meta.OnBehalfOf,
		State: stateOf(&flag), LastEvaluated: stored.FromMicros(used.Last), Evaluations: used.Count, Warnings: api.Problems(problems),
	}}, nil
}

// stateOf returns the state that sums up a flag.
func stateOf(f *flagset.Flag) api.State {
	if f.Killed {
		return api.StateKilled
	}
	state := api.StateOff
	for _, g := range f.Gates {
		switch g.Type {
		case flagset.Boolean:
			if g.Enabled {
				return api.StateOn
			}
		case flagset.Actor, flagset.Group, flagset.Rule, flagset.SegmentGate:
			if g.Enabled {
				state = api.StatePartial
			}
		case flagset.PercentageOfActors, flagset.PercentageOfTime, flagset.Schedule:
			state = api.StatePartial
		}
	}
	return state
}

// A flagEdit returns the new flag, given the current one, which is nil if the flag doesn't exist. Its problems have
// pointers into the request.
type flagEdit func(before *flagset.Flag) (flagset.Flag, []flagset.Problem, error)

// changeFlag writes the flag that an edit returns, and evaluates it for the verb's immediate state.
func (s *Service) changeFlag(ctx context.Context, c change, scope immediate, edit flagEdit) (WriteResult, error) {
	var created bool
	d, err := s.change(ctx, c, func(st *model.State, d *replica.Draft) error {
		if u := st.UnreadableRecord(snapshot.FlagRecord, c.key); u != nil {
			return u.Refusal()
		}
		r := st.Flag(c.key)
		created = r == nil
		var before *flagset.Flag
		version := ""
		if r != nil {
			if err := r.Read(); err != nil {
				return err
			}
			before, version = new(r.Flag()), st.Head.Version(r.Meta.Revision)
		}
		if err := precondition(c.options, version); err != nil {
			return err
		}
		after, problems, err := edit(before)
		if err != nil {
			return err
		}
		if err := model.Invalid("the flag", problems); err != nil {
			return err
		}
		if err := d.Put(model.FlagDocument(after)); err != nil || d.Empty() {
			return err
		}
		return d.Check(false)
	})
	if err != nil {
		return WriteResult{}, err
	}
	// The answer comes from the draft, not from the view, because another change may have come by now.
	st := d.After()
	flag, err := s.describe(st, st.Flag(c.key))
	if err != nil {
		return WriteResult{}, err
	}
	enabled, changed := scope.enabled(&flag.Flag, s.now()), !d.Empty()
	flag.Enabled, flag.Changed = &enabled, &changed
	return WriteResult{
		Flag: flag, Enabled: enabled, Revision: st.Head.Revision, Changed: changed, Created: created && changed && !c.options.DryRun,
	}, nil
}

// existing returns an edit of a flag that must exist.
func existing(key string, edit func(f flagset.Flag) (flagset.Flag, []flagset.Problem)) flagEdit {
	return func(before *flagset.Flag) (flagset.Flag, []flagset.Problem, error) {
		if before == nil {
			return flagset.Flag{}, nil, model.NoFlag(key)
		}
		f, problems := edit(*before)
		return f, problems, nil
	}
}

// creating returns an edit that first creates a missing flag.
func creating(key string, edit func(f flagset.Flag) (flagset.Flag, []flagset.Problem)) flagEdit {
	return func(before *flagset.Flag) (flagset.Flag, []flagset.Problem, error) {
		f := flagset.Flag{Key: key}
		if before != nil {
			f = *before
		}
		f, problems := edit(f)
		return f, problems, nil
	}
}

// PutFlag creates or replaces a flag. As for all changes, an error has the code Invalid, NotFound (for the
// environment), PreconditionFailed, TooLarge or Unavailable.
func (s *Service) PutFlag(ctx context.Context, env string, f flagset.Flag, o WriteOptions) (WriteResult, error) {
	c := change{env: env, action: "flag.put", key: f.Key, options: o}
	result, err := s.changeFlag(ctx, c, immediate{}, func(*flagset.Flag) (flagset.Flag, []flagset.Problem, error) {
		return f, nil, nil
	})
	return result, refusedAsSent(err, slices.Values([]flagset.Flag{f}))
}

// Enable puts the gate that a scope stands for. It creates a missing flag.
func (s *Service) Enable(ctx context.Context, env, key string, scope flagset.Scope, o WriteOptions) (WriteResult, error) {
	c := change{env: env, action: "flag.enable", key: key, options: o}
	return s.changeFlag(ctx, c, enabledFor(scope), creating(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Enable(f, scope)
	}))
}

// Disable puts the gate that turns a flag off for a scope. It creates a missing flag.
func (s *Service) Disable(ctx context.Context, env, key string, scope flagset.Scope, o WriteOptions) (WriteResult, error) {
	c := change{env: env, action: "flag.disable", key: key, options: o}
	return s.changeFlag(ctx, c, disabledFor(scope), creating(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Disable(f, scope)
	}))
}

// Clear removes a gate, or all gates if no part is given. The flag stays.
func (s *Service) Clear(ctx context.Context, env, key string, what flagset.Removal, o WriteOptions) (WriteResult, error) {
	c := change{env: env, action: "flag.clear", key: key, options: o}
	return s.changeFlag(ctx, c, immediate{}, existing(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Clear(f, what)
	}))
}

// PutVariants puts the variant gate. It creates a missing flag.
func (s *Service) PutVariants(ctx context.Context, env, key string, variants []flagset.Variant, o WriteOptions) (WriteResult, error) {
	c := change{env: env, action: "flag.variants", key: key, options: o}
	return s.changeFlag(ctx, c, immediate{}, creating(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.PutVariants(f, variants)
	}))
}

// Kill turns a flag off, whatever its gates say. offVariant is the variant to serve while the flag is killed. If it is
// nil, the flag's own stays; "" means the caller's default.
func (s *Service) Kill(ctx context.Context, env, key string, offVariant *string, o WriteOptions) (WriteResult, error) {
	c := change{env: env, action: "flag.kill", key: key, options: o, urgent: true}
	return s.changeFlag(ctx, c, immediate{}, existing(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Kill(f, offVariant)
	}))
}

// Revive undoes a Kill.
func (s *Service) Revive(ctx context.Context, env, key string, o WriteOptions) (WriteResult, error) {
	c := change{env: env, action: "flag.revive", key: key, options: o}
	return s.changeFlag(ctx, c, immediate{}, existing(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Revive(f), nil
	}))
}

// DeleteFlag deletes a flag. The error for a flag that others require has the code InUse.
func (s *Service) DeleteFlag(ctx context.Context, env, key string, o WriteOptions) (revision int64, err error) {
	return s.deleteRecord(ctx, change{env: env, action: "flag.delete", key: key, options: o, urgent: true}, snapshot.FlagRecord, model.NoFlag(key))
}

// deleteRecord deletes a flag or a segment; missing is the error if there is none.
func (s *Service) deleteRecord(ctx context.Context, c change, kind snapshot.Kind, missing error) (revision int64, err error) {
	d, err := s.change(ctx, c, func(st *model.State, d *replica.Draft) error {
		r := st.Record(kind, c.key)
		if u := st.UnreadableRecord(kind, c.key); u != nil && u.Value != nil {
			return u.Refusal()
		}
		if r == nil {
			return missing
		}
		if err := precondition(c.options, st.Head.Version(r.Meta.Revision)); err != nil {
			return err
		}
		d.Remove(r)
		return d.Check(false)
	})
	if err != nil {
		return 0, err
	}
	return d.After().Head.Revision, nil
}
