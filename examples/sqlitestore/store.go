package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"sync"

	"modernc.org/sqlite"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// This many revisions can be read and watched from. They are swept at once when there are twice as many.
const keptRevisions = 10_000

// Store keeps a control plane's state in a SQLite file. Its methods are described in store.Store.
type Store struct {
	readers, writer *sql.DB

	mu      sync.Mutex
	changed chan struct{} // closed when something was committed, or the store is closed
	closed  bool
}

var _ store.Store = (*Store)(nil)

const schema = `
CREATE TABLE IF NOT EXISTS entries (
	key      TEXT NOT NULL,
	revision INTEGER NOT NULL,
	value    BLOB NOT NULL,
	deleted  INTEGER NOT NULL,
	PRIMARY KEY (key, revision)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_revision ON entries (revision);
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, floor INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 1, 1);`

// Open opens a file, or makes it.
func Open(ctx context.Context, file string) (*Store, error) {
	s := &Store{changed: make(chan struct{})}
	open := func(lock string) (*sql.DB, error) {
		options := url.Values{"_txlock": {lock}, "_pragma": {"journal_mode(wal)", "synchronous(full)", "busy_timeout(10000)"}}
		return sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: options.Encode()}).String())
	}
	var err error
	if s.writer, err = open("immediate"); err != nil {
		return nil, err
	}
	s.writer.SetMaxOpenConns(1)
	if _, err := s.writer.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, s.writer.Close())
	}
	if s.readers, err = open("deferred"); err != nil {
		return nil, errors.Join(err, s.writer.Close())
	}
	return s, nil
}

// head returns the newest revision, and the first that can still be read.
func head(ctx context.Context, tx *sql.Tx) (revision, floor int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT revision, floor FROM state").Scan(&revision, &floor)
	return revision, floor, err
}

// reading calls read in a transaction, which sees one moment.
func (s *Store) reading(ctx context.Context, read func(*sql.Tx) error) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return s.failed(ctx, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return s.failed(ctx, read(tx))
}

// open returns the error of a call that can't begin.
func (s *Store) open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	return ctx.Err()
}

// failed returns the contract's error instead of the driver's.
func (s *Store) failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := s.open(ctx); ended != nil {
		return ended
	}
	const full = 13 // SQLITE_FULL
	if problem, is := errors.AsType[*sqlite.Error](err); is && problem.Code()&0xff == full {
		return errors.Join(store.ErrNoSpace, err)
	}
	return err
}

// Read returns the entries of a range, as of one revision.
func (s *Store) Read(ctx context.Context, r store.Range) (page store.Page, err error) {
	to := r.To
	if to == "" {
		to = r.From + "\x00"
	}
	limit := -1
	if r.Limit > 0 {
		limit = r.Limit + 1 // one more tells that there are more
	}
	err = s.reading(ctx, func(tx *sql.Tx) error {
		revision, floor, err := head(ctx, tx)
		if err != nil {
			return err
		}
		if page.Revision = revision; r.At > 0 {
			page.Revision = min(r.At, revision)
		}
		if page.Revision < floor {
			return store.ErrCompacted
		}
		rows, err := tx.QueryContext(ctx, `
			SELECT key, revision, CASE WHEN ? THEN x'' ELSE value END FROM entries AS e
			WHERE key >= ? AND key < ? AND NOT deleted
			AND revision = (SELECT MAX(revision) FROM entries WHERE key = e.key AND revision <= ?)
			ORDER BY key LIMIT ?`, r.KeysOnly, r.From, to, page.Revision, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var e store.Entry
			if err := rows.Scan(&e.Key, &e.Revision, &e.Value); err != nil {
				return err
			}
			page.Entries = append(page.Entries, e)
		}
		return rows.Err()
	})
	if err != nil {
		return store.Page{}, err
	}
	if r.Limit > 0 && len(page.Entries) > r.Limit {
		page.Entries, page.More = page.Entries[:r.Limit], true
	}
	return page, nil
}

// Limits returns etcd's limits, so that everything that works here works there too.
func (s *Store) Limits() store.Limits { return store.Limits{Ops: 128, Bytes: 1 << 20} }

// Usage returns the size of the file.
func (s *Store) Usage(ctx context.Context) (u store.Usage, err error) {
	err = s.reading(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").Scan(&u.Used)
	})
	return u, err
}

// Close closes the store, and ends every call under way.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.changed)
	s.mu.Unlock()
	return errors.Join(s.readers.Close(), s.writer.Close())
}
