package main

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// at most this many revisions are in memory for a watch.
const watchRevisions = 100

// Watch yields every transaction after a revision, and waits for new ones.
func (s *Store) Watch(ctx context.Context, after int64) iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		beat := time.NewTicker(store.WatchBeat / 2)
		defer beat.Stop()
		stands := false
		for at := after; ; {
			changed := s.change() // before the look, so that nothing is missed
			next, err := s.since(ctx, at)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				yield(store.Batch{}, err)
				return
			case !stands && !yield(store.Batch{Revision: after}, nil):
				return
			}
			stands = true
			for _, b := range next {
				if ctx.Err() != nil || !yield(b, nil) {
					return
				}
				at = b.Revision
			}
			if len(next) > 0 {
				continue
			}
			select {
			case <-changed:
			case <-beat.C:
				if !yield(store.Batch{Revision: at}, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// change returns a channel that is closed by the next change.
func (s *Store) change() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// since returns some of the transactions after a revision.
func (s *Store) since(ctx context.Context, at int64) (batches []store.Batch, err error) {
	err = s.reading(ctx, func(tx *sql.Tx) error {
		newest, floor, err := head(ctx, tx)
		if err != nil {
			return err
		}
		if at < floor || at > newest {
			return store.ErrCompacted
		}
		rows, err := tx.QueryContext(ctx, "SELECT revision, key, value, deleted FROM entries WHERE revision > ? AND revision <= ? ORDER BY revision", at, at+watchRevisions)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var revision int64
			var e store.Event
			if err := rows.Scan(&revision, &e.Key, &e.Value, &e.Deleted); err != nil {
				return err
			}
			if e.Deleted {
				e.Value = nil
			}
			if len(batches) == 0 || batches[len(batches)-1].Revision != revision {
				batches = append(batches, store.Batch{Revision: revision})
			}
			last := &batches[len(batches)-1]
			last.Events = append(last.Events, e)
		}
		return rows.Err()
	})
	return batches, err
}
