package controlplane

import (
	"context"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// State sums a flag up for a list.
type State string

// The states.
const (
	StateOn      State = "on"      // the boolean gate is on
	StatePartial State = "partial" // other gates grant it to some
	StateOff     State = "off"     // nothing grants it
	StateKilled  State = "killed"
)

// Flag is a flag with what is known about it.
type Flag struct {
	snapshot.Flag // the document; marshal it alone for the authoring form

	Version          string // changes with each change of the flag; for WriteOptions.IfMatch
	Revision         int64  // of the environment, that changed the flag last
	Created, Updated time.Time
	UpdatedBy        string
	State            State
	LastEvaluated    time.Time // zero: never reported
	Evaluations      int64     // as hosts reported them
	Stale            bool      // by the FlagQuery's age
	Warnings         []snapshot.Problem
}

// WriteResult is the answer to a change of a flag.
type WriteResult struct {
	Flag     Flag
	Enabled  bool  // its immediate state: as its own gates decide for the verb's actor or group, or for nobody in particular
	Revision int64 // of the environment
	Changed  bool  // false: it was like that already, and nothing was written
	Created  bool
	Warnings []snapshot.Problem
}

// GetFlag gives a flag. An error has the code NotFound or Unavailable, as with all reads.
func (s *Service) GetFlag(ctx context.Context, env, key string) (Flag, error) {
	st, err := s.current(ctx, env)
	if err != nil {
		return Flag{}, err
	}
	r := st.flag(key)
	if r == nil {
		return Flag{}, noFlag(key)
	}
	return s.describe(st, r)
}

func noFlag(key string) error { return fail(NotFound, "there is no flag %.140q", key) }

// describe is a flag with what is known about it.
func (s *Service) describe(st *state, r *record) (Flag, error) {
	var references []snapshot.Problem
	for _, p := range st.referenceProblems() {
		if p.Flag == r.key() {
			references = append(references, p)
		}
	}
	return s.describeWith(s.view.Load(), st, r, references)
}

// describeWith is describe with the flag's reference problems at hand.
func (s *Service) describeWith(v *view, st *state, r *record, references []snapshot.Problem) (Flag, error) {
	if err := r.read(); err != nil {
		return Flag{}, err
	}
	used := s.usageOf(v, st.env, r.key())
	f := Flag{
		Flag: r.flag, Version: st.head.version(r.meta.Revision), Revision: r.meta.Revision,
		Created: fromMicros(r.meta.Created), Updated: fromMicros(r.meta.Updated), UpdatedBy: r.meta.By,
		State: stateOf(&r.flag), LastEvaluated: fromMicros(used.Last), Evaluations: used.Count,
		Warnings: warnings(r.own),
	}
	for _, p := range references {
		p = placed(&r.flag, p)
		p.Severity = snapshot.Warning
		f.Warnings = append(f.Warnings, p)
	}
	return f, nil
}

// stateOf sums a flag up.
func stateOf(f *snapshot.Flag) State {
	if f.Killed {
		return StateKilled
	}
	state := StateOff
	for _, g := range f.Gates {
		switch g.Type {
		case snapshot.Boolean:
			if g.Enabled {
				return StateOn
			}
		case snapshot.Actor, snapshot.Group, snapshot.Rule, snapshot.SegmentGate:
			if g.Enabled {
				state = StatePartial
			}
		case snapshot.PercentageOfActors, snapshot.PercentageOfTime, snapshot.Schedule:
			state = StatePartial
		}
	}
	return state
}

func gatePointer(i int) string { return "/gates/" + strconv.Itoa(i) }

// placed points a problem that was found among the gates that refer to others into the flag's whole document.
func placed(f *snapshot.Flag, p snapshot.Problem) snapshot.Problem {
	for i := range f.Gates {
		if p.Gate != "" && f.Gates[i].Slot() == p.Gate {
			p.Pointer = gatePointer(i) + "/target"
			break
		}
	}
	return p
}

// A flagEdit makes the flag as it should be of the one that is there; nil if there is none. It gives problems with pointers
// into the request.
type flagEdit func(before *snapshot.Flag) (snapshot.Flag, []snapshot.Problem, error)

// changeFlag writes what an edit makes of a flag, and evaluates it as the verb's immediate state.
func (s *Service) changeFlag(ctx context.Context, env, action, key string, o WriteOptions, scope immediate, edit flagEdit) (WriteResult, error) {
	var created bool
	d, err := s.write(ctx, env, action, key, o, func(st *state, d *draft) error {
		r := st.flag(key)
		created = r == nil
		var before *snapshot.Flag
		version := ""
		if r != nil {
			if err := r.read(); err != nil {
				return err
			}
			before, version = &r.flag, st.head.version(r.meta.Revision)
		}
		if err := precondition(o, version); err != nil {
			return err
		}
		after, problems, err := edit(before)
		if err != nil {
			return err
		}
		if err := invalid("the flag", problems); err != nil {
			return err
		}
		if err := d.putFlag(after); err != nil || d.empty() {
			return err
		}
		return d.check(false)
	})
	if err != nil {
		return WriteResult{}, err
	}
	return s.flagResult(d, key, created, scope)
}

// flagResult answers from the draft, not from the view: by now another change may have come.
func (s *Service) flagResult(d *draft, key string, created bool, scope immediate) (WriteResult, error) {
	st := d.after()
	flag, err := s.describe(st, st.flag(key))
	if err != nil {
		return WriteResult{}, err
	}
	written := !d.empty() && !d.options.DryRun
	return WriteResult{Flag: flag, Enabled: scope.enabled(&flag.Flag, s.now()), Revision: st.head.Revision, Changed: !d.empty(), Created: created && written,
		Warnings: flag.Warnings}, nil
}

// after is the state that the draft makes; the one that it was built on, if it is empty or a dry run's revision.
func (d *draft) after() *state {
	if d.empty() {
		return d.st
	}
	h := d.head
	if d.options.DryRun {
		h.Revision = d.st.head.Revision
	}
	return d.st.with(h, d.st.headAt, d.st.at, d.with)
}

// existing is an edit of a flag that must be there.
func existing(key string, edit func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem)) flagEdit {
	return func(before *snapshot.Flag) (snapshot.Flag, []snapshot.Problem, error) {
		if before == nil {
			return snapshot.Flag{}, nil, noFlag(key)
		}
		f, problems := edit(*before)
		return f, problems, nil
	}
}

// creating is an edit that makes a missing flag first.
func creating(key string, edit func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem)) flagEdit {
	return func(before *snapshot.Flag) (snapshot.Flag, []snapshot.Problem, error) {
		f := snapshot.Flag{Key: key}
		if before != nil {
			f = *before
		}
		f, problems := edit(f)
		return f, problems, nil
	}
}

// PutFlag puts a whole document in place of what is there. An error has the code Invalid, NotFound (no such environment),
// PreconditionFailed, TooLarge or Unavailable, as with all changes.
func (s *Service) PutFlag(ctx context.Context, env string, f snapshot.Flag, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.put", f.Key, o, immediate{}, func(*snapshot.Flag) (snapshot.Flag, []snapshot.Problem, error) {
		return f, nil, nil
	})
}

// Enable puts the gate that a scope means, and makes a missing flag.
func (s *Service) Enable(ctx context.Context, env, key string, scope snapshot.Scope, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.enable", key, o, enabledFor(scope), creating(key, func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem) {
		return snapshot.Enable(f, scope)
	}))
}

// Disable puts the gate that turns a flag off for a scope, and makes a missing flag.
func (s *Service) Disable(ctx context.Context, env, key string, scope snapshot.Scope, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.disable", key, o, disabledFor(scope), creating(key, func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem) {
		return snapshot.Disable(f, scope)
	}))
}

// Clear removes a gate, or with no part given all of them; the flag stays.
func (s *Service) Clear(ctx context.Context, env, key string, what snapshot.Removal, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.clear", key, o, immediate{}, existing(key, func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem) {
		return snapshot.Clear(f, what)
	}))
}

// PutVariants puts the variant gate, and makes a missing flag.
func (s *Service) PutVariants(ctx context.Context, env, key string, variants []snapshot.Variant, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.variants", key, o, immediate{}, creating(key, func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem) {
		return snapshot.PutVariants(f, variants)
	}))
}

// Kill turns a flag off whatever its gates say. offVariant names what to serve meanwhile; nil leaves what the flag says, ""
// makes it the caller's default.
func (s *Service) Kill(ctx context.Context, env, key string, offVariant *string, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.kill", key, o, immediate{}, existing(key, func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem) {
		return snapshot.Kill(f, offVariant)
	}))
}

// Revive undoes Kill.
func (s *Service) Revive(ctx context.Context, env, key string, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.revive", key, o, immediate{}, existing(key, func(f snapshot.Flag) (snapshot.Flag, []snapshot.Problem) {
		return snapshot.Revive(f), nil
	}))
}

// DeleteFlag removes a flag. One that others require is InUse.
func (s *Service) DeleteFlag(ctx context.Context, env, key string, o WriteOptions) (revision int64, err error) {
	d, err := s.write(ctx, env, "flag.delete", key, o, func(st *state, d *draft) error {
		r := st.flag(key)
		if r == nil {
			return noFlag(key)
		}
		if err := precondition(o, st.head.version(r.meta.Revision)); err != nil {
			return err
		}
		d.remove(r)
		return d.check(false)
	})
	if err != nil {
		return 0, err
	}
	return d.after().head.Revision, nil
}
