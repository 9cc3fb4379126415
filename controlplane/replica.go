package controlplane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// These are the pauses between attempts to follow a store that doesn't answer.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = 2 * time.Second
)

// follow keeps the view up to date with the store until the context ends.
func (s *Service) follow(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		var err error
		for batch, failed := range s.store.Watch(ctx, s.view.Load().at) {
			if err = failed; err != nil {
				break
			}
			if err = s.apply(ctx, batch); err != nil {
				break
			}
			s.synced(true)
			pause = firstPause
		}
		if ctx.Err() != nil {
			return
		}
		s.synced(false)
		if errors.Is(err, store.ErrCompacted) {
			s.log.Warn("the store no longer keeps what this replica has missed; it reads everything anew")
			if err = s.load(ctx); err == nil {
				continue
			}
		}
		s.log.Warn("the replica lost the store and tries again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, lastPause)
	}
}

// synced records whether the replica follows the store.
func (s *Service) synced(is bool) {
	if is {
		s.lost.Store(nil)
	} else if s.lost.Load() == nil {
		now := time.Now()
		s.lost.Store(&now)
	}
}

// load reads everything as of one revision of the store. It starts again if that revision was compacted in the meantime.
func (s *Service) load(ctx context.Context) error {
	const tries = 3
	var err error
	for range tries {
		if err = s.loadOnce(ctx); !errors.Is(err, store.ErrCompacted) {
			break
		}
	}
	return err
}

func (s *Service) loadOnce(ctx context.Context) error {
	heads := map[string]store.Entry{}
	at, err := store.ReadAll(ctx, s.store, store.Under(headPrefix), func(e store.Entry) error {
		heads[strings.TrimPrefix(e.Key, headPrefix)] = e
		return nil
	})
	if err != nil {
		return err
	}
	v := &view{at: at, states: map[string]*state{}, tokens: newTokenTable(), usage: map[string]*usageTable{}, next: make(chan struct{})}
	for env, e := range heads {
		if env == "" {
			continue
		}
		st, err := s.loadState(ctx, env, e, at)
		if err != nil {
			return err
		}
		if st != nil {
			v.states[env] = st
		}
	}
	r := store.Under(tokenPrefix)
	r.At = at
	if _, err := store.ReadAll(ctx, s.store, r, func(e store.Entry) error { return v.tokens.put(e.Key, e.Value) }); err != nil {
		return err
	}
	r = store.Under(usagePrefix)
	r.At = at
	if _, err := store.ReadAll(ctx, s.store, r, func(e store.Entry) error { return v.putUsage(e.Key, e.Value) }); err != nil {
		return err
	}
	s.show(v)
	return nil
}

// loadState reads one environment as of a revision of the store. It returns nil if the environment is deleted.
func (s *Service) loadState(ctx context.Context, env string, e store.Entry, at int64) (*state, error) {
	h, err := parseHead(e.Value)
	if err != nil {
		return nil, fmt.Errorf("environment %q: %w", env, err)
	}
	if h.Deleted {
		return nil, nil
	}
	flags, err := s.loadRecords(ctx, env, h.Generation, snapshot.FlagRecord, at)
	if err != nil {
		return nil, err
	}
	segments, err := s.loadRecords(ctx, env, h.Generation, snapshot.SegmentRecord, at)
	if err != nil {
		return nil, err
	}
	return newState(env, h, e.Revision, at, flags, segments), nil
}

// loadLatest reads the newest state of one environment.
func (s *Service) loadLatest(ctx context.Context, env string) (*state, error) {
	page, err := s.store.Read(ctx, store.Range{From: headKey(env)})
	if err != nil || len(page.Entries) == 0 {
		return nil, err
	}
	return s.loadState(ctx, env, page.Entries[0], page.Revision)
}

func recordPrefix(env, generation string, kind snapshot.Kind) string {
	if kind == snapshot.FlagRecord {
		return flagKey(env, generation, "")
	}
	return segmentKey(env, generation, "")
}

func (s *Service) loadRecords(ctx context.Context, env, generation string, kind snapshot.Kind, at int64) ([]*record, error) {
	r := store.Under(recordPrefix(env, generation, kind))
	r.At = at
	source := s.allPieces(env, at)
	var list []*record
	_, err := store.ReadAll(ctx, s.store, r, func(e store.Entry) error {
		raw, pieces, err := get(ctx, e.Value, source)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Key, err)
		}
		parsed, err := parseRecord(kind, tail(e.Key), raw, pieces)
		list = append(list, parsed)
		return err
	})
	return list, err
}

// allPieces finds an environment's pieces. The first call reads all of them, page by page.
func (s *Service) allPieces(env string, at int64) pieceSource {
	var known map[string][]byte
	return func(ctx context.Context, name string) ([]byte, error) {
		if known == nil {
			known = map[string][]byte{}
			r := store.Under(piecePrefix + env + "/")
			r.At = at
			if _, err := store.ReadAll(ctx, s.store, r, func(e store.Entry) error { known[e.Key] = e.Value; return nil }); err != nil {
				return nil, err
			}
		}
		part, ok := known[pieceKey(env, name)]
		if !ok {
			return nil, errMissingPiece
		}
		return unpack(part)
	}
}

// apply makes the next view from the events of one transaction.
func (s *Service) apply(ctx context.Context, b store.Batch) error {
	v := s.view.Load()
	if b.Revision <= v.at {
		return nil
	}
	next := v.clone()
	next.at = b.Revision
	type change struct {
		head    *store.Event
		records []store.Event
	}
	changes := map[string]*change{}
	usageCopied := false
	of := func(env string) *change {
		if changes[env] == nil {
			changes[env] = &change{}
		}
		return changes[env]
	}
	for i, e := range b.Events {
		kind, rest, _ := strings.Cut(e.Key, "/")
		switch kind + "/" {
		case headPrefix:
			of(rest).head = &b.Events[i]
		case flagPrefix, segmentPrefix:
			env, _, _ := strings.Cut(rest, "/")
			c := of(env)
			c.records = append(c.records, e)
		case tokenPrefix:
			if next.tokens == v.tokens {
				next.tokens = v.tokens.clone()
			}
			if err := next.tokens.event(e); err != nil {
				s.log.Error("a token can't be read", "key", e.Key, "error", err)
			}
		case webhookPrefix:
			s.hooks.wake()
		case usagePrefix:
			if !usageCopied {
				next.usage, usageCopied = copied(v.usage), true
			}
			if err := next.usageEvent(e); err != nil {
				s.log.Error("usage can't be read", "key", e.Key, "error", err)
			}
		}
	}
	next.states = copied(v.states)
	for env, c := range changes {
		if env == "" || c.head == nil {
			continue // the records of a generation that isn't visible yet, or a sweep
		}
		st, err := s.applyState(ctx, v.states[env], env, *c.head, c.records, b.Revision)
		switch {
		case errors.Is(err, errBroken):
			s.log.Error("an environment's change can't be read; it stays as it was on this replica", "environment", env, "error", err)
		case err != nil:
			return err
		case st == nil:
			delete(next.states, env)
		default:
			next.states[env] = st
		}
	}
	s.show(next)
	return nil
}

// applyState returns the environment's state after a transaction, or nil if it was deleted.
func (s *Service) applyState(ctx context.Context, before *state, env string, e store.Event, records []store.Event, at int64) (*state, error) {
	if before != nil && at <= before.at {
		return before, nil
	}
	if e.Deleted {
		return nil, nil
	}
	h, err := parseHead(e.Value)
	if err != nil || h.Deleted {
		return nil, err
	}
	if before == nil || before.head.Generation != h.Generation {
		st, err := s.loadState(ctx, env, store.Entry{Key: e.Key, Value: e.Value, Revision: at}, at)
		if errors.Is(err, errMissingPiece) || errors.Is(err, store.ErrCompacted) {
			return s.loadLatest(ctx, env)
		}
		return st, err
	}
	var with replacements
	for _, e := range records {
		kind := snapshot.FlagRecord
		if strings.HasPrefix(e.Key, segmentPrefix) {
			kind = snapshot.SegmentRecord
		}
		key, ours := strings.CutPrefix(e.Key, recordPrefix(env, h.Generation, kind))
		switch {
		case !ours:
		case e.Deleted:
			with.set(kind, key, nil)
		default:
			r, err := s.readRecord(ctx, before, kind, key, e.Value)
			if errors.Is(err, errMissingPiece) {
				return s.loadLatest(ctx, env) // a later change has swept it, and will arrive too
			}
			if err != nil {
				return nil, err
			}
			with.set(kind, key, r)
		}
	}
	return before.with(h, at, at, with), nil
}

// readRecord reads a record's new value, unless this replica wrote it. It takes the pieces that the record shares with the old one from
// memory.
func (s *Service) readRecord(ctx context.Context, before *state, kind snapshot.Kind, key string, value []byte) (*record, error) {
	if r := s.written.find(value); r != nil {
		return r, nil
	}
	source := storedPiecesOf(s.store, before.env)
	if old := before.record(kind, key); old != nil {
		source = piecesIn(old.raw, old.pieces, source)
	}
	raw, pieces, err := get(ctx, value, source)
	if err != nil {
		return nil, err
	}
	return parseRecord(kind, key, raw, pieces)
}

// show makes a view the current one, and offers its new states to the streams.
func (s *Service) show(next *view) {
	before := s.view.Load()
	s.view.Store(next)
	if before != nil {
		close(before.next)
	}
	var gone []string
	if before != nil {
		for env := range before.states {
			if next.states[env] == nil {
				gone = append(gone, env)
			}
		}
	}
	slices.Sort(gone)
	s.feeds.offer(next.states, gone)
}
