package controlplane

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// view is everything that a replica knows as of one revision of the store. It is immutable; a batch of changes makes the next view.
type view struct {
	at     int64
	states map[string]*state
	tokens *tokenTable
	usage  map[string]*usageTable
	next   chan struct{} // closed when there is a newer view
}

// clone returns a view that may be changed before it is shown. Its maps are copied when they change.
func (v *view) clone() *view {
	c := *v
	c.next = make(chan struct{})
	return &c
}

func copied[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m)+1)
	for k, v := range m {
		c[k] = v
	}
	return c
}

// applyDeadline is how long a call waits for this replica to apply what is in the store.
const applyDeadline = time.Second

// wait waits until the replica has applied a revision of the store.
func (s *Service) wait(ctx context.Context, revision int64) (*view, error) {
	v := s.view.Load()
	if v.at >= revision {
		return v, nil
	}
	deadline := time.NewTimer(applyDeadline)
	defer deadline.Stop()
	for v.at < revision {
		select {
		case <-v.next:
			v = s.view.Load()
		case <-ctx.Done():
			return v, unavailable("the wait for this replica ended", context.Cause(ctx))
		case <-s.done:
			return v, errClosed()
		case <-deadline.C:
			return v, fail(Unavailable, "this replica has not caught up with the store within %v", applyDeadline)
		}
	}
	return v, nil
}

func errClosed() error { return &Error{Code: Unavailable, Message: "the service is closed"} }

// current returns the environment's newest state. It is linearizable: the state has every change that was made before the call.
func (s *Service) current(ctx context.Context, env string) (*state, error) {
	e, err := store.ReadOne(ctx, s.store, headKey(env))
	if err != nil {
		return nil, unavailable("the store doesn't answer", err)
	}
	if e.Revision != 0 {
		v, err := s.wait(ctx, e.Revision)
		if err != nil {
			return nil, err
		}
		if st := v.states[env]; st != nil && st.at < e.Revision {
			return nil, &Error{Code: Internal, Message: "this replica can't read the environment's newest change"}
		} else if st != nil {
			return st, nil
		}
	}
	return nil, noEnvironment(env)
}

func noEnvironment(env string) error { return fail(NotFound, "there is no environment %.80q", env) }
