package replica

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// apply makes the next view from the events of one transaction.
func (rep *Replica) apply(ctx context.Context, b store.Batch) error {
	v := rep.view.Load()
	if b.Revision <= v.At {
		return nil
	}
	next := v.clone()
	next.At = b.Revision
	type change struct {
		head    *store.Event
		records []store.Event
	}
	changes := map[string]*change{}
	usageCopied, hostsCopied := false, false
	of := func(env string) *change {
		if changes[env] == nil {
			changes[env] = &change{}
		}
		return changes[env]
	}
	for i, e := range b.Events {
		kind, rest, _ := strings.Cut(e.Key, "/")
		switch kind + "/" {
		case stored.HeadPrefix:
			of(rest).head = &b.Events[i]
		case stored.FlagPrefix, stored.SegmentPrefix:
			env, _, _ := strings.Cut(rest, "/")
			c := of(env)
			c.records = append(c.records, e)
		case stored.TokenPrefix:
			if next.Tokens == v.Tokens {
				next.Tokens = v.Tokens.clone()
			}
			if err := next.Tokens.event(e); err != nil {
				rep.log.Error("a token can't be read", "key", e.Key, "error", err)
			}
		case stored.SessionPrefix:
			if next.Sessions == v.Sessions {
				next.Sessions = &sessionTable{copied(v.Sessions.ByID)}
			}
			next.Sessions.event(rep.log, e)
		case stored.WebhookPrefix:
			rep.config.WebhooksChanged()
		case stored.UsagePrefix:
			if !usageCopied {
				next.Usage, usageCopied = copied(v.Usage), true
			}
			if err := next.usageEvent(e); err != nil {
				rep.log.Error("usage can't be read", "key", e.Key, "error", err)
			}
		case stored.HostPrefix:
			if !hostsCopied {
				next.Hosts, hostsCopied = copied(v.Hosts), true
			}
			if err := next.hostEvent(e); err != nil {
				rep.log.Error("hosts can't be read", "key", e.Key, "error", err)
			}
		}
	}
	next.Snapshots = copied(v.Snapshots)
	for env, c := range changes {
		if env == "" || c.head == nil {
			continue // the records of a generation that isn't visible yet, or a sweep
		}
		st, err := rep.applyState(ctx, v.State(env), env, *c.head, c.records, b.Revision)
		switch {
		case errors.Is(err, stored.ErrBroken):
			rep.log.Error("an environment's change can't be read; this replica keeps the state before it", "environment", env, "error", err)
		case err != nil:
			return err
		case st == nil:
			delete(next.Snapshots, env)
		case st != v.State(env):
			next.Snapshots[env] = feed.NewSnapshot(st, rep.config.Formats)
		}
	}
	rep.setView(next)
	return nil
}

// applyState returns the environment's state after a transaction, or nil if it was deleted.
func (rep *Replica) applyState(ctx context.Context, before *model.State, env string, e store.Event,
	records []store.Event, at int64) (*model.State, error) {
	if before != nil && at <= before.At {
		return before, nil
	}
	if e.Deleted {
		return nil, nil
	}
	h, err := model.ParseHead(e.Value)
	if err != nil || h.Deleted {
		return nil, err
	}
	if before != nil && !before.Head.Precedes(&h) {
		return nil, fmt.Errorf("%w: revision %d of %q doesn't follow %d", store.ErrCompacted, h.Revision, env, before.Head.Revision)
	}
	if before == nil || before.Head.Generation != h.Generation {
		st, err := rep.loadState(ctx, before, env, store.Entry{Key: e.Key, Value: e.Value, Revision: at}, at)
		if errors.Is(err, stored.ErrMissingPiece) || errors.Is(err, store.ErrCompacted) {
			return rep.loadLatest(ctx, before, env)
		}
		return st, err
	}
	var with model.Replacements
	var unreadable []*model.Unreadable
	for _, e := range records {
		kind := snapshot.FlagRecord
		if strings.HasPrefix(e.Key, stored.SegmentPrefix) {
			kind = snapshot.SegmentRecord
		}
		key, ours := strings.CutPrefix(e.Key, stored.RecordPrefix(env, h.Generation, kind))
		switch {
		case !ours:
		case e.Deleted:
			with.Set(kind, key, nil)
		default:
			r, problem, err := rep.readRecord(ctx, before, kind, key, e.Value)
			if errors.Is(err, stored.ErrMissingPiece) {
				return rep.loadLatest(ctx, before, env) // a later change has swept it, and will arrive too
			}
			if err != nil {
				return nil, err
			}
			if problem != nil {
				unreadable = append(unreadable, problem)
			}
			if r != nil {
				with.Set(kind, key, r)
			}
		}
	}
	st := before.With(h, at, at, with)
	if len(unreadable) > 0 {
		st = st.WithUnreadable(slices.AppendSeq(unreadable, maps.Values(st.Unreadable)))
	}
	return st, nil
}

// readRecord reads a record's new value, unless this replica wrote it. It takes the pieces that the record shares with
// the old one from memory.
func (rep *Replica) readRecord(ctx context.Context, before *model.State, kind snapshot.Kind, key string,
	value []byte) (*model.Record, *model.Unreadable, error) {
	if r := rep.ownWrites.find(value); r != nil {
		return r, nil, nil
	}
	source := stored.PiecesOf(rep.store, before.Env)
	if old := before.Record(kind, key); old != nil {
		source = stored.PiecesOfValue(old.Raw, old.Pieces, source)
	}
	return rep.parse(ctx, before, before.Env, kind, key, value, source)
}

// setView makes a view the current one, and publishes its snapshots.
func (rep *Replica) setView(next *View) {
	before := rep.view.Load()
	rep.view.Store(next)
	if before != nil {
		close(before.Next)
	}
	var gone []string
	if before != nil {
		for env := range before.Snapshots {
			if next.Snapshots[env] == nil {
				gone = append(gone, env)
			}
		}
	}
	slices.Sort(gone)
	rep.feeds.Update(next.Snapshots, gone)
}
