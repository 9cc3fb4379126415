package controlplane

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	// writeDeadline bounds a change whose caller sets no deadline. It is long enough for the store to elect another
	// leader, which takes a few seconds.
	writeDeadline = 15 * time.Second
	// manyDeadline bounds changes of many things. It is far below stageAge.
	manyDeadline = 2 * time.Minute
)

// change says what a caller wants to change, and how it is made.
type change struct {
	env, action, key string
	options          WriteOptions
	many             bool                            // many things change, which takes longer
	urgent           bool                            // it turns something off or frees room, so a full store has a reserve for it
	prepare          func(ctx context.Context) error // reads and checks before the change waits for its turn; nil: nothing
	base             replica.Base                    // nil: the environment's newest state
	sent             iter.Seq[flagset.Flag]          // flags as somebody sent them, for what is wrong with them; nil: none
}

// change makes a change. All changes go through here: their options are checked, and a refusal is recorded, once.
func (s *Service) change(ctx context.Context, c change, build replica.Build) (d *replica.Draft, err error) {
	began := time.Now()
	defer func() {
		if err != nil && !c.options.DryRun {
			s.recordRefusal(ctx, c, err)
		}
		s.observe(ctx, c, d, time.Since(began), err)
	}()
	if err := checkOptions(&c.options); err != nil {
		return nil, err
	}
	deadline := writeDeadline
	if c.many {
		deadline = manyDeadline
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if c.prepare != nil {
		if err := c.prepare(ctx); err != nil {
			return nil, err
		}
	}
	base := c.base
	if base == nil {
		base = s.replica.Current
	}
	o := c.options
	intent := model.Intent{
		Environment: c.env, Action: c.action, Key: c.key, By: o.By, OnBehalfOf: o.OnBehalfOf, Token: o.Token, Reason: o.Reason, AllowMissing: o.AllowMissing, DryRun: o.DryRun,
		Urgent: c.urgent,
	}
	if o.KeepSettings {
		build = keepingSettings(c.env, build)
	}
	return s.replica.Write(ctx, intent, base, build)
}

// keepingSettings refuses what build makes if it changes the environment itself. An import, a copy and a rollback can,
// and to whoever may only change flags that must not be a way around.
func keepingSettings(env string, build replica.Build) replica.Build {
	return func(st *model.State, d *replica.Draft) error {
		if err := build(st, d); err != nil {
			return err
		}
		if slices.ContainsFunc(d.Changes, func(c api.Change) bool { return c.Kind == api.KindEnvironment }) {
			return model.Errorf(api.Forbidden, "this also changes the settings or the description of the environment %q, which takes an admin's token", env)
		}
		return nil
	}
}

// changeSystem makes a change of what belongs to no environment. It returns once this replica has applied it, since a
// token that was revoked must not work any more.
func (s *Service) changeSystem(ctx context.Context, c change, build func(*replica.Draft) error) error {
	c.env, c.base = stored.System, s.replica.System
	d, err := s.change(ctx, c, func(_ *model.State, d *replica.Draft) error { return build(d) })
	if err != nil {
		return err
	}
	_, err = s.replica.Wait(ctx, d.Committed())
	return err
}
