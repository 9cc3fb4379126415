package controlplane

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// DefaultEnvironment is the key of the environment that always exists.
const DefaultEnvironment = "default"

// These are the limits of environments.
const (
	maxEnvironments = 1_000 // each replica holds all of them
	maxDescription  = flagset.MaxTextBytes
)

// Environment is a separate set of flags.
type Environment struct {
	Key, Description string
	Settings         flagset.Settings
	Version          string // it changes with settings and description
	Lineage          string // 32 hex digits
	Revision         int64
	Flags, Segments  int
	Created, Updated time.Time
}

// NewEnvironment is an environment to create.
type NewEnvironment struct {
	Key, Description string
	Settings         flagset.Settings
	From             string // an environment to copy settings, flags and segments from; "" for none
}

// EnvironmentChange says what to change. A nil member stays as it is.
type EnvironmentChange struct {
	Description *string
	Settings    *flagset.Settings
}

// EnvironmentPattern is the pattern that an environment's key must match.
const EnvironmentPattern = `^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`

var environmentPattern = regexp.MustCompile(EnvironmentPattern)

func checkEnvironmentKey(key string) error {
	if !environmentPattern.MatchString(key) {
		return problem("/key", fmt.Sprintf("%.80q can't be an environment's key", key),
			"it has 1 to 63 letters, digits and _ . -, and begins with a letter or a digit")
	}
	return nil
}

func describeEnvironment(st *state) Environment {
	h := &st.head
	return Environment{
		Key: st.env, Description: h.Description, Settings: h.settings(), Version: h.version(h.Set), Lineage: hex.EncodeToString(h.Lineage),
		Revision: h.Revision, Flags: len(st.flags), Segments: len(st.segments), Created: fromMicros(h.Created), Updated: fromMicros(h.Updated),
	}
}

// Environments lists the environments by key.
func (s *Service) Environments(ctx context.Context) ([]Environment, error) {
	var keys []string
	newest := int64(0)
	_, err := store.ReadAll(ctx, s.store, store.Under(headPrefix), func(e store.Entry) error {
		keys = append(keys, strings.TrimPrefix(e.Key, headPrefix))
		newest = max(newest, e.Revision)
		return nil
	})
	if err != nil {
		return nil, unavailable("the store doesn't answer", err)
	}
	v, err := s.wait(ctx, newest)
	if err != nil {
		return nil, err
	}
	var list []Environment
	for _, key := range keys {
		if st := v.states[key]; st != nil {
			list = append(list, describeEnvironment(st))
		}
	}
	return list, nil
}

// GetEnvironment returns one environment.
func (s *Service) GetEnvironment(ctx context.Context, key string) (Environment, error) {
	st, err := s.current(ctx, key)
	if err != nil {
		return Environment{}, err
	}
	return describeEnvironment(st), nil
}

// vacant returns the state to create an environment on: an empty one, or what a deleted environment has left. An error has the code
// Exists.
func (s *Service) vacant(ctx context.Context, env string) (*state, error) {
	e, err := store.ReadOne(ctx, s.store, headKey(env))
	if err != nil {
		return nil, unavailable("the store doesn't answer", err)
	}
	h := head{Lineage: random(16), Deleted: true}
	if e.Revision != 0 {
		if h, err = parseHead(e.Value); err != nil {
			return nil, err
		}
		if !h.Deleted {
			return nil, fail(Exists, "there is an environment %q already", env)
		}
	}
	return newState(env, h, e.Revision, e.Revision, nil, nil), nil
}

// CreateEnvironment creates an environment with its own lineage. If an environment with this key was deleted, its revisions continue where
// that one ended. An error has the code Exists, Invalid, NotFound (for From) or TooLarge.
// Why: RATIONALE.md "Why does an environment that is deleted leave its head?"
func (s *Service) CreateEnvironment(ctx context.Context, e NewEnvironment, o WriteOptions) (Environment, error) {
	if err := checkEnvironmentKey(e.Key); err != nil {
		return Environment{}, err
	}
	var from *state
	if e.From != "" {
		var err error
		if from, err = s.current(ctx, e.From); err != nil {
			return Environment{}, err
		}
		e.Settings = from.head.settings()
	}
	if len(s.view.Load().states) >= maxEnvironments {
		return Environment{}, fail(TooLarge, "there are %d environments already", maxEnvironments)
	}
	d, err := s.writeOn(ctx, e.Key, "environment.create", "", o, s.vacant, func(st *state, d *draft) error {
		h := &d.head
		h.Lineage, h.Generation, h.Deleted = random(16), randomName(), false
		h.Created, h.Checkpoint, h.Logged, h.Floor = h.Time, 0, 0, h.Revision
		st.head.Conflict, st.head.Description = "", "" // don't keep those of the deleted environment
		if err := d.setSettings(e.Settings, e.Description); err != nil {
			return err
		}
		d.changes[len(d.changes)-1].Op = OpCreate
		d.changes[len(d.changes)-1].Before = nil
		if from != nil {
			if err := d.replaceWith(from, from.flags, from.segments, true); err != nil {
				return err
			}
		}
		return d.check(true)
	})
	if err != nil {
		return Environment{}, err
	}
	return describeEnvironment(d.after()), nil
}

// UpdateEnvironment changes settings and description.
func (s *Service) UpdateEnvironment(ctx context.Context, key string, c EnvironmentChange, o WriteOptions) (Environment, error) {
	d, err := s.write(ctx, key, "environment.update", "", o, func(st *state, d *draft) error {
		if err := precondition(o, st.head.version(st.head.Set)); err != nil {
			return err
		}
		settings, description := st.head.settings(), st.head.Description
		if c.Settings != nil {
			settings = *c.Settings
		}
		if c.Description != nil {
			description = *c.Description
		}
		if err := d.setSettings(settings, description); err != nil || d.empty() {
			return err
		}
		return d.check(false)
	})
	if err != nil {
		return Environment{}, err
	}
	return describeEnvironment(d.after()), nil
}

// setSettings checks and sets settings and description.
func (d *draft) setSettings(settings flagset.Settings, description string) error {
	switch settings.GroupConflict {
	case "", flagset.DenyWins, flagset.AllowWins:
	default:
		return problem("/settings/group_conflict", fmt.Sprintf("%.40q is not a way to settle it", string(settings.GroupConflict)), "it is deny_wins or allow_wins")
	}
	if len(description) > maxDescription {
		return problem("/description", fmt.Sprintf("%d bytes are more than %d", len(description), maxDescription), "")
	}
	return d.setEnvironment(settings, strings.ToValidUTF8(description, "�"))
}

// DeleteEnvironment removes an environment with all its flags; its audit stays. confirm must repeat the key. The default environment can't
// be deleted.
func (s *Service) DeleteEnvironment(ctx context.Context, key, confirm string, o WriteOptions) error {
	if key == DefaultEnvironment {
		return fail(Forbidden, "the default environment always exists")
	}
	if confirm != key {
		return problem("/confirm", "to delete an environment, name it twice", "send its key once more")
	}
	_, err := s.write(ctx, key, "environment.delete", "", o, func(st *state, d *draft) error {
		if err := precondition(o, st.head.version(st.head.Set)); err != nil {
			return err
		}
		was := environmentDocument(&st.head)
		for name, n := range map[string]int{"flags": len(st.flags), "segments": len(st.segments)} {
			was[name], _ = marshalPlain(n)
		}
		before, err := marshalPlain(was)
		if err != nil {
			return err
		}
		d.changes = []Change{{Kind: KindEnvironment, Key: key, Op: OpDelete, Before: before}}
		d.head.Deleted, d.changedHead = true, true
		d.head.Floor = d.head.Revision
		return nil
	})
	if err == nil && !o.DryRun {
		s.sweepSoon()
	}
	return err
}

// ensureDefault creates the default environment if it doesn't exist.
func (s *Service) ensureDefault(ctx context.Context) error {
	if s.view.Load().states[DefaultEnvironment] != nil {
		return nil
	}
	_, err := s.CreateEnvironment(ctx, NewEnvironment{Key: DefaultEnvironment}, WriteOptions{By: "gonfalon", Reason: "first start", quiet: true})
	if CodeOf(err) == Exists {
		return nil // another replica was first
	}
	return err
}
