package main

import (
	"context"
	"database/sql"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Commit checks the guards and applies the operations at one moment, or does nothing.
func (s *Store) Commit(ctx context.Context, t store.Txn) (result store.Result, err error) {
	size := 0
	for _, op := range t.Ops {
		size += len(op.Key) + len(op.To) + len(op.Value)
	}
	if limits := s.Limits(); len(t.Ops) > limits.Ops || size > limits.Bytes {
		return store.Result{}, store.ErrTooLarge
	}
	if err := s.open(ctx); err != nil {
		return store.Result{}, err
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return store.Result{}, s.failed(ctx, err)
	}
	defer func() { _ = tx.Rollback() }() // which does nothing after a commit
	if result, err = apply(ctx, tx, t); err != nil {
		return store.Result{}, s.failed(ctx, err)
	}
	if !result.Committed {
		return result, nil
	}
	if err := tx.Commit(); err != nil {
		return store.Result{}, s.failed(ctx, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		close(s.changed)
		s.changed = make(chan struct{})
	}
	return result, nil
}

// apply does what a transaction says, if its guards hold.
func apply(ctx context.Context, tx *sql.Tx, t store.Txn) (store.Result, error) {
	newest, floor, err := head(ctx, tx)
	if err != nil {
		return store.Result{}, err
	}
	for _, g := range t.Guards {
		revision := int64(0)
		err := tx.QueryRowContext(ctx, "SELECT CASE WHEN deleted THEN 0 ELSE revision END FROM entries WHERE key = ? ORDER BY revision DESC LIMIT 1", g.Key).Scan(&revision)
		if err != nil && err != sql.ErrNoRows {
			return store.Result{}, err
		}
		if revision != g.Revision {
			return store.Result{Revision: newest}, nil
		}
	}
	next := newest + 1
	changed := int64(0)
	for _, op := range t.Ops {
		n, err := do(ctx, tx, op, next)
		if err != nil {
			return store.Result{}, err
		}
		changed += n
	}
	if changed == 0 { // it deleted nothing, which is not a change
		return store.Result{Committed: true, Revision: newest}, nil
	}
	if next-floor > 2*keptRevisions {
		if floor, err = sweep(ctx, tx, next-keptRevisions); err != nil {
			return store.Result{}, err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE state SET revision = ?, floor = ?", next, floor)
	return store.Result{Committed: true, Revision: next}, err
}

// do writes the rows of an operation, and returns how many there are.
func do(ctx context.Context, tx *sql.Tx, op store.Op, revision int64) (int64, error) {
	var (
		done sql.Result
		err  error
	)
	if op.Delete {
		to := op.To
		if to == "" {
			to = op.Key + "\x00"
		}
		done, err = tx.ExecContext(ctx, `
			INSERT INTO entries SELECT key, ?, x'', 1 FROM entries AS e WHERE key >= ? AND key < ? AND NOT deleted
			AND revision = (SELECT MAX(revision) FROM entries WHERE key = e.key)`, revision, op.Key, to)
	} else {
		value := op.Value
		if value == nil {
			value = []byte{}
		}
		done, err = tx.ExecContext(ctx, "INSERT INTO entries VALUES (?, ?, CAST(? AS BLOB), 0)", op.Key, revision, value)
	}
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// sweep deletes the rows that only reading before a revision needs.
func sweep(ctx context.Context, tx *sql.Tx, floor int64) (int64, error) {
	_, err := tx.ExecContext(ctx, `
		DELETE FROM entries AS e WHERE revision < ?
		AND (deleted OR EXISTS (SELECT 1 FROM entries WHERE key = e.key AND revision > e.revision AND revision <= ?))`, floor, floor)
	return floor, err
}
