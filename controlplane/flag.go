package controlplane

import (
	"context"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// State sums up a flag for a list.
type State string

// These are the states of a flag.
const (
	StateOn      State = "on"      // the boolean gate is on
	StatePartial State = "partial" // other gates grant it to some actors
	StateOff     State = "off"     // nothing grants it
	StateKilled  State = "killed"
)

// Flag is a flag with its metadata.
type Flag struct {
	flagset.Flag // the document; marshal it by itself for the authoring form

	Version          string // it changes with each change of the flag; use it in WriteOptions.IfMatch
	Revision         int64  // the environment's revision that last changed the flag
	Created, Updated time.Time
	UpdatedBy        string
	State            State
	LastEvaluated    time.Time // zero if never reported
	Evaluations      int64     // the sum of what hosts reported
	Stale            bool      // by the age in the FlagQuery
	Warnings         []flagset.Problem
}

// WriteResult is the answer to a change of a flag.
type WriteResult struct {
	Flag     Flag
	Enabled  bool  // the immediate state: how its own gates decide for the verb's actor or group, or without an actor
	Revision int64 // the environment's revision
	Changed  bool  // false if the flag was like that already, and nothing was written
	Created  bool
	Warnings []flagset.Problem
}

// GetFlag returns a flag. As for all reads, an error has the code NotFound or Unavailable.
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

// describe returns a flag with its metadata.
func (s *Service) describe(st *state, r *record) (Flag, error) {
	var references []flagset.Problem
	for _, p := range st.referenceProblems() {
		if p.Flag == r.key() {
			references = append(references, p)
		}
	}
	return s.describeWith(s.view.Load(), st, r, references)
}

// describeWith is describe for a caller that has the flag's reference problems already.
func (s *Service) describeWith(v *view, st *state, r *record, references []flagset.Problem) (Flag, error) {
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
		p.Severity = flagset.Warning
		f.Warnings = append(f.Warnings, p)
	}
	return f, nil
}

// stateOf returns the state that sums up a flag.
func stateOf(f *flagset.Flag) State {
	if f.Killed {
		return StateKilled
	}
	state := StateOff
	for _, g := range f.Gates {
		switch g.Type {
		case flagset.Boolean:
			if g.Enabled {
				return StateOn
			}
		case flagset.Actor, flagset.Group, flagset.Rule, flagset.SegmentGate:
			if g.Enabled {
				state = StatePartial
			}
		case flagset.PercentageOfActors, flagset.PercentageOfTime, flagset.Schedule:
			state = StatePartial
		}
	}
	return state
}

func gatePointer(i int) string { return "/gates/" + strconv.Itoa(i) }

// placed points a problem, which was found among only the gates that refer to others, into the flag's whole document.
func placed(f *flagset.Flag, p flagset.Problem) flagset.Problem {
	for i := range f.Gates {
		if p.Gate != "" && f.Gates[i].Slot() == p.Gate {
			p.Pointer = gatePointer(i) + "/target"
			break
		}
	}
	return p
}

// A flagEdit returns the new flag, given the current one, which is nil if the flag doesn't exist. Its problems have pointers into the
// request.
type flagEdit func(before *flagset.Flag) (flagset.Flag, []flagset.Problem, error)

// changeFlag writes the flag that an edit returns, and evaluates it for the verb's immediate state.
func (s *Service) changeFlag(ctx context.Context, env, action, key string, o WriteOptions, scope immediate, edit flagEdit) (WriteResult, error) {
	var created bool
	d, err := s.write(ctx, env, action, key, o, func(st *state, d *draft) error {
		r := st.flag(key)
		created = r == nil
		var before *flagset.Flag
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

// flagResult answers from the draft, not from the view, because another change may have come by now.
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

// after returns the state after the draft. A dry run doesn't change the revision.
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

// existing returns an edit of a flag that must exist.
func existing(key string, edit func(f flagset.Flag) (flagset.Flag, []flagset.Problem)) flagEdit {
	return func(before *flagset.Flag) (flagset.Flag, []flagset.Problem, error) {
		if before == nil {
			return flagset.Flag{}, nil, noFlag(key)
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

// PutFlag creates or replaces a flag. As for all changes, an error has the code Invalid, NotFound (for the environment),
// PreconditionFailed, TooLarge or Unavailable.
func (s *Service) PutFlag(ctx context.Context, env string, f flagset.Flag, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.put", f.Key, o, immediate{}, func(*flagset.Flag) (flagset.Flag, []flagset.Problem, error) {
		return f, nil, nil
	})
}

// Enable puts the gate that a scope stands for. It creates a missing flag.
func (s *Service) Enable(ctx context.Context, env, key string, scope flagset.Scope, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.enable", key, o, enabledFor(scope), creating(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Enable(f, scope)
	}))
}

// Disable puts the gate that turns a flag off for a scope. It creates a missing flag.
func (s *Service) Disable(ctx context.Context, env, key string, scope flagset.Scope, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.disable", key, o, disabledFor(scope), creating(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Disable(f, scope)
	}))
}

// Clear removes a gate, or all gates if no part is given. The flag stays.
func (s *Service) Clear(ctx context.Context, env, key string, what flagset.Removal, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.clear", key, o, immediate{}, existing(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Clear(f, what)
	}))
}

// PutVariants puts the variant gate. It creates a missing flag.
func (s *Service) PutVariants(ctx context.Context, env, key string, variants []flagset.Variant, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.variants", key, o, immediate{}, creating(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.PutVariants(f, variants)
	}))
}

// Kill turns a flag off, whatever its gates say. offVariant is the variant to serve while the flag is killed. If it is nil, the flag's own
// stays; "" means the caller's default.
func (s *Service) Kill(ctx context.Context, env, key string, offVariant *string, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.kill", key, o, immediate{}, existing(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Kill(f, offVariant)
	}))
}

// Revive undoes a Kill.
func (s *Service) Revive(ctx context.Context, env, key string, o WriteOptions) (WriteResult, error) {
	return s.changeFlag(ctx, env, "flag.revive", key, o, immediate{}, existing(key, func(f flagset.Flag) (flagset.Flag, []flagset.Problem) {
		return flagset.Revive(f), nil
	}))
}

// DeleteFlag deletes a flag. The error for a flag that others require has the code InUse.
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
