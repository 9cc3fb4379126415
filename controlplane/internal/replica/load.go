package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// load reads everything as of one revision of the store. It starts again if that revision was compacted in the
// meantime.
func (rep *Replica) load(ctx context.Context) error {
	const tries = 3
	var err error
	for range tries {
		if err = rep.loadOnce(ctx); !errors.Is(err, store.ErrCompacted) {
			break
		}
	}
	return err
}

func (rep *Replica) loadOnce(ctx context.Context) error {
	heads := map[string]store.Entry{}
	at, err := store.ReadAll(ctx, rep.store, store.Under(stored.HeadPrefix), func(e store.Entry) error {
		heads[strings.TrimPrefix(e.Key, stored.HeadPrefix)] = e
		return nil
	})
	if err != nil {
		return err
	}
	v := &View{At: at, Snapshots: map[string]*feed.Snapshot{}, Tokens: newTokenTable(), Sessions: &sessionTable{map[string]*stored.Session{}}, Usage: map[string]*usageTable{}, Hosts: map[string]*HostTable{}, Next: make(chan struct{})}
	for env, e := range heads {
		if env == "" {
			continue
		}
		st, err := rep.loadState(ctx, nil, env, e, at)
		if err != nil {
			return err
		}
		if st != nil {
			v.Snapshots[env] = feed.NewSnapshot(st, rep.config.Formats)
		}
	}
	r := store.Under(stored.TokenPrefix)
	r.At = at
	if _, err := store.ReadAll(ctx, rep.store, r, func(e store.Entry) error { return v.Tokens.put(e.Key, e.Value) }); err != nil {
		return err
	}
	r = store.Under(stored.SessionPrefix)
	r.At = at
	if _, err := store.ReadAll(ctx, rep.store, r, func(e store.Entry) error {
		v.Sessions.event(rep.log, store.Event{Key: e.Key, Value: e.Value})
		return nil
	}); err != nil {
		return err
	}
	r = store.Under(stored.UsagePrefix)
	r.At = at
	if _, err := store.ReadAll(ctx, rep.store, r, func(e store.Entry) error { return v.putUsage(e.Key, e.Value) }); err != nil {
		return err
	}
	r = store.Under(stored.HostPrefix)
	r.At = at
	if _, err := store.ReadAll(ctx, rep.store, r, func(e store.Entry) error {
		if err := v.hostEvent(store.Event{Key: e.Key, Value: e.Value}); err != nil {
			rep.log.Error("hosts can't be read", "key", e.Key, "error", err)
		}
		return nil
	}); err != nil {
		return err
	}
	rep.setView(v)
	return nil
}

// loadState reads one environment as of a revision of the store. It shares the records that didn't change with the state
// before it, which may be nil. It returns nil if the environment is deleted.
func (rep *Replica) loadState(ctx context.Context, before *model.State, env string, e store.Entry, at int64) (*model.State, error) {
	h, err := model.ParseHead(e.Value)
	if err != nil {
		return nil, fmt.Errorf("environment %q: %w", env, err)
	}
	if h.Deleted {
		return nil, nil
	}
	var unreadable []*model.Unreadable
	flags, err := rep.loadRecords(ctx, before, env, h.Generation, snapshot.FlagRecord, at, &unreadable)
	if err != nil {
		return nil, err
	}
	segments, err := rep.loadRecords(ctx, before, env, h.Generation, snapshot.SegmentRecord, at, &unreadable)
	if err != nil {
		return nil, err
	}
	return model.NewState(env, h, e.Revision, at, flags, segments).WithUnreadable(unreadable), nil
}

// loadLatest reads the newest state of one environment.
func (rep *Replica) loadLatest(ctx context.Context, before *model.State, env string) (*model.State, error) {
	page, err := rep.store.Read(ctx, store.Range{From: stored.HeadKey(env)})
	if err != nil || len(page.Entries) == 0 {
		return nil, err
	}
	return rep.loadState(ctx, before, env, page.Entries[0], page.Revision)
}

// loadRecords reads the records of a kind. It adds those that this build can't read to a list.
func (rep *Replica) loadRecords(ctx context.Context, before *model.State, env, generation string, kind snapshot.Kind, at int64,
	unreadable *[]*model.Unreadable) ([]*model.Record, error) {
	r := store.Under(stored.RecordPrefix(env, generation, kind))
	r.At = at
	source := stored.AllPieces(rep.store, env, at)
	var list []*model.Record
	_, err := store.ReadAll(ctx, rep.store, r, func(e store.Entry) error {
		parsed, problem, err := rep.parse(ctx, before, env, kind, stored.Tail(e.Key), e.Value, source)
		if errors.Is(err, stored.ErrMissingPiece) { // no sweep can have taken it away: everything is read as of one revision
			problem, err = rep.unreadable(env, kind, stored.Tail(e.Key), e.Value, err), nil
		}
		if parsed != nil {
			list = append(list, parsed)
		}
		if problem != nil {
			*unreadable = append(*unreadable, problem)
		}
		return err
	})
	return list, err
}

// parse reads a record. If it is the same as in the state before it, which may be nil, it returns that one. A record
// that this build can't read is no error: it is left out, or only its document can't be read.
func (rep *Replica) parse(ctx context.Context, before *model.State, env string, kind snapshot.Kind, key string, value []byte,
	source stored.PieceSource) (*model.Record, *model.Unreadable, error) {
	raw, pieces, err := stored.Decode(ctx, value, source)
	if old := recordOf(before, kind, key); err == nil && old != nil && bytes.Equal(old.Raw, raw) {
		return old, nil, nil
	}
	var r *model.Record
	if err == nil {
		r, err = model.ParseRecord(kind, key, raw, pieces)
	}
	switch {
	case errors.Is(err, stored.ErrMissingPiece), err != nil && !errors.Is(err, stored.ErrBroken):
		return nil, nil, err
	case err != nil:
		return nil, rep.unreadable(env, kind, key, value, err), nil
	}
	if err := r.Readable(); err != nil {
		return r, rep.unreadable(env, kind, key, nil, err), nil
	}
	return r, nil, nil
}

// recordOf returns a state's record, or nil; also if there is no state, or it can't read the record's document.
func recordOf(st *model.State, kind snapshot.Kind, key string) *model.Record {
	if st == nil || st.UnreadableRecord(kind, key) != nil {
		return nil
	}
	return st.Record(kind, key)
}

// unreadable logs that a record can't be read.
func (rep *Replica) unreadable(env string, kind snapshot.Kind, key string, value []byte, err error) *model.Unreadable {
	u := model.NewUnreadable(kind, key, value, err)
	rep.log.Error("a record can't be read by this build; the rest of the environment goes on",
		"environment", env, "record", u.Name(), "error", err)
	return u
}
