package replica

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// View is everything that a replica knows as of one revision of the store. It is immutable; a batch of changes makes
// the next view.
type View struct {
	At        int64
	Snapshots map[string]*feed.Snapshot
	Tokens    *tokenTable
	Sessions  *sessionTable
	Usage     map[string]*usageTable
	Hosts     map[string]*HostTable
	Next      chan struct{} // closed when there is a newer view
}

// State returns an environment's state, or nil.
func (v *View) State(env string) *model.State {
	if p := v.Snapshots[env]; p != nil {
		return p.State()
	}
	return nil
}

// clone returns a view that may be changed before it is the current one. Its maps are copied when they change.
func (v *View) clone() *View {
	c := *v
	c.Next = make(chan struct{})
	return &c
}

func copied[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m)+1)
	for k, v := range m {
		c[k] = v
	}
	return c
}

// ApplyDeadline is how long a call waits for this replica to apply what is in the store.
const ApplyDeadline = time.Second

// Wait waits until the replica has applied a revision of the store.
func (rep *Replica) Wait(ctx context.Context, revision int64) (*View, error) {
	v := rep.view.Load()
	if v.At >= revision {
		return v, nil
	}
	deadline := time.NewTimer(ApplyDeadline)
	defer deadline.Stop()
	for v.At < revision {
		select {
		case <-v.Next:
			v = rep.view.Load()
		case <-ctx.Done():
			return v, model.Unavailable("the wait for this replica ended", context.Cause(ctx))
		case <-rep.lifetime.Done():
			return v, model.Closed()
		case <-deadline.C:
			return v, model.Errorf(api.Unavailable, "this replica has not caught up with the store within %v", ApplyDeadline)
		}
	}
	return v, nil
}

// Current returns the environment's newest state. It is linearizable: the state has every change that was made before
// the call.
func (rep *Replica) Current(ctx context.Context, env string) (*model.State, error) {
	e, err := store.ReadOne(ctx, rep.store, stored.HeadKey(env))
	if err != nil {
		return nil, model.Unavailable("the store doesn't answer", err)
	}
	if e.Revision != 0 {
		v, err := rep.Wait(ctx, e.Revision)
		if err != nil {
			return nil, err
		}
		if st := v.State(env); st != nil && st.At < e.Revision {
			return nil, &api.Error{Code: api.Internal, Message: "this replica can't read the environment's newest change"}
		} else if st != nil {
			return st, nil
		}
	}
	return nil, model.NoEnvironment(env)
}

// Vacant returns the state to create an environment on: an empty one, or what a deleted environment has left. An error
// has the code Exists.
func (rep *Replica) Vacant(ctx context.Context, env string) (*model.State, error) {
	e, err := store.ReadOne(ctx, rep.store, stored.HeadKey(env))
	if err != nil {
		return nil, model.Unavailable("the store doesn't answer", err)
	}
	h := model.Head{Lineage: model.Random(16), Deleted: true}
	if e.Revision != 0 {
		if h, err = model.ParseHead(e.Value); err != nil {
			return nil, err
		}
		if !h.Deleted {
			return nil, model.Errorf(api.Exists, "the environment %q already exists", env)
		}
	}
	return model.NewState(env, h, e.Revision, e.Revision, nil, nil), nil
}

// System returns the state of what belongs to no environment. It has a head and no records.
func (rep *Replica) System(ctx context.Context, _ string) (*model.State, error) {
	e, err := store.ReadOne(ctx, rep.store, stored.HeadKey(stored.System))
	if err != nil {
		return nil, model.Unavailable("the store doesn't answer", err)
	}
	h := model.Head{Lineage: model.Random(16), Created: rep.now().UnixMicro()}
	if e.Revision != 0 {
		if h, err = model.ParseHead(e.Value); err != nil {
			return nil, err
		}
	}
	return model.NewState(stored.System, h, e.Revision, e.Revision, nil, nil), nil
}
