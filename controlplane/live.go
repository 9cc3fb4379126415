package controlplane

import (
	"context"
	"iter"
	"strings"
	"sync"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	// maxMissed is how many changes a stream catches up with. Whoever missed more reads everything again, which is
	// less than so many events.
	maxMissed = 256
	// maxNamed bounds the names in one event.
	maxNamed = 100
)

// Live yields an environment's changes, one event each, until the context ends. after is the ID of the last event that
// the caller has; "" for none. What the caller missed is yielded first, or a LiveReload if that is too much, or if the
// ID is of another lineage. A slow reader misses nothing, or gets a LiveReload too.
//
// The last item is an error if the environment doesn't exist (NotFound), was deleted (Gone), or the service was closed
// (Unavailable).
func (s *Service) Live(ctx context.Context, env, after string) iter.Seq2[api.LiveEvent, error] {
	return func(yield func(api.LiveEvent, error) bool) {
		v := s.replica.View()
		st := v.State(env)
		if st == nil {
			yield(api.LiveEvent{}, model.NoEnvironment(env))
			return
		}
		at, known := resumed(st, after)
		lineage := st.Head.LineageID()
		if !known {
			kind := api.LiveReload
			if after == "" {
				kind = api.LiveAt
			}
			if at = st.Head.Revision; !yield(place(kind, st), nil) {
				return
			}
		}
		var told *api.HostCount
		var heard *replica.HostTable
		counted := int64(0)
		for {
			v := s.replica.View()
			st := v.State(env)
			switch {
			case st == nil:
				yield(api.LiveEvent{}, model.Errorf(api.Gone, "the environment %q was deleted", env))
				return
			case st.Head.LineageID() != lineage || st.Head.Revision < at || st.Head.Revision > at+maxMissed:
				lineage, at = st.Head.LineageID(), st.Head.Revision
				if !yield(place(api.LiveReload, st), nil) {
					return
				}
				continue
			case st.Head.Revision > at:
				event, to := s.editEvent(ctx, st, at+1)
				if ctx.Err() != nil {
					return
				}
				if at = to; !yield(event, nil) {
					return
				}
				continue
			}
			if at := v.Hosts[env]; told == nil || at != heard || counted != st.Head.Revision {
				n := s.countHosts(v, st)
				if heard, counted = at, st.Head.Revision; told == nil || *told != n {
					if told = &n; !yield(api.LiveEvent{Kind: api.LiveHosts, Hosts: &n}, nil) {
						return
					}
					continue
				}
			}
			select {
			case <-v.Next:
			case <-ctx.Done():
				return
			case <-s.Done():
				yield(api.LiveEvent{}, model.Closed())
				return
			}
		}
	}
}

// editEvent returns the event that tells of a revision, and the revision at which it leaves whoever follows: if the audit
// can't be read, they read everything again.
func (s *Service) editEvent(ctx context.Context, st *model.State, revision int64) (api.LiveEvent, int64) {
	edit, err := s.edits.read(ctx, s.store, st, revision)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Warn("a change can't be told to those who follow the environment; they read everything again", "environment", st.Env, "revision", revision, "error", err)
		}
		return place(api.LiveReload, st), st.Head.Revision
	}
	return api.LiveEvent{Kind: api.LiveChange, ID: st.Head.Version(revision), Change: &edit}, revision
}

// place returns the event that says where an environment stands.
func place(kind string, st *model.State) api.LiveEvent {
	return api.LiveEvent{Kind: kind, ID: st.Head.Version(st.Head.Revision), At: &api.LivePlace{Revision: st.Head.Revision}}
}

// resumed returns the revision of an event's ID. It reports whether the changes after it can be told.
func resumed(st *model.State, id string) (revision int64, known bool) {
	for back := range min(maxMissed, st.Head.Revision) + 1 {
		if revision = st.Head.Revision - back; st.Head.Version(revision) == id {
			return revision, true
		}
	}
	return 0, false
}

// edits keeps what the newest revisions changed, so that only one of those who follow an environment reads it.
type edits struct {
	mu  sync.Mutex
	all map[editAt]api.LiveEdit
}

type editAt struct {
	env, version string
}

// maxEdits is how many are kept, of all environments.
const maxEdits = 1024

// read returns what a revision changed.
func (e *edits) read(ctx context.Context, from store.Store, st *model.State, revision int64) (api.LiveEdit, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := editAt{st.Env, st.Head.Version(revision)}
	if edit, found := e.all[key]; found {
		return edit, nil
	}
	entry, err := store.ReadOne(ctx, from, stored.AuditKey(st.Env, revision))
	if err != nil {
		return api.LiveEdit{}, err
	}
	if entry.Revision == 0 {
		return api.LiveEdit{}, model.Errorf(api.Gone, "revision %d is no longer in the audit", revision)
	}
	edit, err := editOf(st.Env, entry)
	if err != nil {
		return api.LiveEdit{}, err
	}
	if e.all == nil || len(e.all) >= maxEdits {
		e.all = map[editAt]api.LiveEdit{}
	}
	e.all[key] = edit
	return edit, nil
}

// editOf says what an audit entry changed, without reading its body.
func editOf(env string, e store.Entry) (api.LiveEdit, error) {
	entry, saved, err := stored.ParseEntry(env, e)
	if err != nil {
		return api.LiveEdit{}, err
	}
	edit := api.LiveEdit{
		Revision: entry.Revision, Time: entry.Time, Actor: entry.By, OnBehalfOf: entry.OnBehalfOf, Action: entry.Action, Reason: entry.Reason, Keys: []string{},
		More: saved.Body != "" && saved.Names == nil,
	}
	names := saved.Names
	for _, c := range saved.Changes {
		names = append(names, c.Kind+"/"+c.Key)
	}
	for _, name := range names {
		kind, key, _ := strings.Cut(name, "/")
		switch {
		case kind == api.KindEnvironment:
			edit.Settings = true
		case len(edit.Keys)+len(edit.Segments) == maxNamed:
			edit.More = true
		case kind == api.KindFlag:
			edit.Keys = append(edit.Keys, key)
		case kind == api.KindSegment:
			edit.Segments = append(edit.Segments, key)
		}
	}
	return edit, nil
}
