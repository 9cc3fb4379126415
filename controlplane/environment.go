package controlplane

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// DefaultEnvironment is the key of the environment that always exists.
const DefaultEnvironment = "default"

// maxEnvironments bounds the environments, all of which each replica holds.
const maxEnvironments = 1_000

// EnvironmentPattern is the pattern that an environment's key must match.
const EnvironmentPattern = `^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`

var environmentPattern = regexp.MustCompile(EnvironmentPattern)

func checkEnvironmentKey(key string) error {
	if !environmentPattern.MatchString(key) {
		return model.InvalidAt("/key", fmt.Sprintf("%.80q is not a valid environment key", key),
			"it has 1 to 63 letters, digits and _ . -, and begins with a letter or a digit")
	}
	return nil
}

func describeEnvironment(st *model.State) api.Environment {
	h := &st.Head
	return api.Environment{
		Key: st.Env, Description: h.Description, Settings: h.Settings(), Version: h.Version(h.SettingsRevision), Lineage: hex.EncodeToString(h.Lineage),
		Revision: h.Revision, Flags: len(st.Flags), Segments: len(st.Segments), Created: stored.FromMicros(h.Created), Updated: stored.FromMicros(h.Updated),
	}
}

// Environments lists the environments by key.
func (s *Service) Environments(ctx context.Context) ([]api.Environment, error) {
	var keys []string
	newest := int64(0)
	_, err := store.ReadAll(ctx, s.store, store.Under(stored.HeadPrefix), func(e store.Entry) error {
		keys = append(keys, strings.TrimPrefix(e.Key, stored.HeadPrefix))
		newest = max(newest, e.Revision)
		return nil
	})
	if err != nil {
		return nil, model.Unavailable("the store doesn't answer", err)
	}
	v, err := s.replica.Wait(ctx, newest)
	if err != nil {
		return nil, err
	}
	list := []api.Environment{}
	for _, key := range keys {
		if st := v.State(key); st != nil {
			list = append(list, describeEnvironment(st))
		}
	}
	return list, nil
}

// GetEnvironment returns one environment.
func (s *Service) GetEnvironment(ctx context.Context, key string) (api.Environment, error) {
	st, err := s.replica.Current(ctx, key)
	if err != nil {
		return api.Environment{}, err
	}
	return describeEnvironment(st), nil
}

// CreateEnvironment creates an environment with its own lineage. If an environment with this key was deleted, its
// revisions continue where that one ended. An error has the code Exists, Invalid, NotFound (for From) or TooLarge.
// Why: RATIONALE.md "Why does an environment that is deleted leave its head?"
func (s *Service) CreateEnvironment(ctx context.Context, e api.NewEnvironment, o WriteOptions) (api.Environment, error) {
	var from *model.State
	var settings flagset.Settings
	if e.Settings != nil {
		settings = *e.Settings
	}
	c := change{env: e.Key, action: "environment.create", options: o, many: true, base: s.replica.Vacant}
	c.prepare = func(ctx context.Context) (err error) {
		if err := checkEnvironmentKey(e.Key); err != nil {
			return err
		}
		if len(s.replica.View().Snapshots) >= maxEnvironments {
			return model.Errorf(api.TooLarge, "there are already %d environments, the most that are allowed", maxEnvironments)
		}
		if e.From != "" {
			if from, err = s.replica.Current(ctx, e.From); err == nil {
				settings = from.Head.Settings()
			}
		}
		return err
	}
	d, err := s.change(ctx, c, func(st *model.State, d *replica.Draft) error {
		h := &d.Head
		h.Lineage, h.Generation, h.Deleted = model.Random(16), model.RandomName(), false
		h.Created, h.Checkpoint, h.Logged, h.Floor = h.Time, 0, 0, h.Revision
		st.Head.Conflict, st.Head.Description = "", "" // don't keep those of the deleted environment
		if err := d.SetSettings(settings, e.Description); err != nil {
			return err
		}
		d.Changes[len(d.Changes)-1].Op = api.OpCreate
		d.Changes[len(d.Changes)-1].Before = nil
		if from != nil {
			if err := d.ReplaceWith(from, slices.Collect(from.Records()), true); err != nil {
				return err
			}
		}
		return d.Check(true)
	})
	if err != nil {
		return api.Environment{}, err
	}
	return describeEnvironment(d.After()), nil
}

// UpdateEnvironment changes settings and description.
func (s *Service) UpdateEnvironment(ctx context.Context, key string, c api.EnvironmentChange, o WriteOptions) (api.Environment, error) {
	d, err := s.change(ctx, change{env: key, action: "environment.update", options: o}, func(st *model.State, d *replica.Draft) error {
		if err := precondition(o, st.Head.Version(st.Head.SettingsRevision)); err != nil {
			return err
		}
		settings, description := st.Head.Settings(), st.Head.Description
		if c.Settings != nil {
			settings = *c.Settings
		}
		if c.Description != nil {
			description = *c.Description
		}
		if err := d.SetSettings(settings, description); err != nil || d.Empty() {
			return err
		}
		return d.Check(false)
	})
	if err != nil {
		return api.Environment{}, err
	}
	return describeEnvironment(d.After()), nil
}

// DeleteEnvironment removes an environment with all its flags; its audit stays. confirm must repeat the key. The
// default environment can't be deleted.
func (s *Service) DeleteEnvironment(ctx context.Context, key, confirm string, o WriteOptions) error {
	c := change{env: key, action: "environment.delete", options: o, urgent: true}
	c.prepare = func(context.Context) error {
		switch {
		case key == DefaultEnvironment:
			return model.Errorf(api.Forbidden, "the default environment can't be deleted")
		case confirm != key:
			return model.InvalidAt("/confirm", "deleting an environment needs its key as confirmation", "send the key again as confirm")
		}
		return nil
	}
	_, err := s.change(ctx, c, func(st *model.State, d *replica.Draft) error {
		if err := precondition(o, st.Head.Version(st.Head.SettingsRevision)); err != nil {
			return err
		}
		was := model.EnvironmentDocument(&st.Head)
		for name, n := range map[string]int{"flags": len(st.Flags), "segments": len(st.Segments)} {
			was[name], _ = model.MarshalPlain(n)
		}
		before, err := model.MarshalPlain(was)
		if err != nil {
			return err
		}
		d.Changes = []api.Change{{Kind: api.KindEnvironment, Key: key, Op: api.OpDelete, Before: before}}
		d.Head.Deleted, d.ChangedHead = true, true
		d.Head.Floor = d.Head.Revision
		return nil
	})
	if err == nil && !o.DryRun {
		s.replica.SweepSoon()
	}
	return err
}

// ensureDefault creates the default environment if it doesn't exist.
func (s *Service) ensureDefault(ctx context.Context) error {
	if s.replica.Snapshot(DefaultEnvironment) != nil {
		return nil
	}
	_, err := s.CreateEnvironment(ctx, api.NewEnvironment{Key: DefaultEnvironment}, WriteOptions{By: "gonfalon", Reason: "first start", quiet: true})
	if CodeOf(err) == api.Exists {
		return nil // another replica was first
	}
	return err
}
