// Package memstore keeps a control plane's state in memory, for tests and for trying things out. The state is lost when
// the process ends.
//
// It is a line of immutable trees, one for each revision, which share everything that did not change. A read of an
// earlier revision uses an earlier tree, and a watch moves along the line.
package memstore

import (
	"context"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	iradix "github.com/hashicorp/go-immutable-radix"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// This many revisions are kept to be read and watched from, and the values that they put may take this much room. That
// is enough for a few minutes of the busiest use.
const (
	keptRevisions = 4_096
	keptBytes     = 64 << 20
)

// DefaultLimits are the limits of etcd, so that everything that works in memory works there too.
var DefaultLimits = store.Limits{Ops: 128, Bytes: 1 << 20}

// Store is a store in memory. Its methods are described in store.Store.
type Store struct {
	limits store.Limits

	mu      sync.Mutex
	line    []moment      // oldest first, never empty
	size    int           // of the events in the line
	changed chan struct{} // closed when the line grows, or the store is closed
	closed  bool
}

// moment is the store as of a revision.
type moment struct {
	revision int64
	tree     *iradix.Tree // of store.Entry
	events   []store.Event
}

var _ store.Store = (*Store)(nil)

func (m *moment) size() int {
	size := 0
	for _, e := range m.events {
		size += len(e.Key) + len(e.Value)
	}
	return size
}

// New returns an empty store.
func New() *Store { return WithLimits(DefaultLimits) }

// WithLimits returns an empty store with other limits for a transaction.
func WithLimits(l store.Limits) *Store {
	return &Store{limits: l, line: []moment{{revision: 1, tree: iradix.New()}}, changed: make(chan struct{})}
}

// Read returns the entries of a range, as of one revision.
func (s *Store) Read(ctx context.Context, r store.Range) (store.Page, error) {
	if err := ctx.Err(); err != nil {
		return store.Page{}, err
	}
	m, err := s.moment(r.At)
	if err != nil {
		return store.Page{}, err
	}
	page := store.Page{Revision: m.revision}
	to := r.To
	if to == "" {
		to = r.From + "\x00"
	}
	i := m.tree.Root().Iterator()
	i.SeekLowerBound([]byte(r.From))
	for {
		_, value, more := i.Next()
		if !more {
			return page, nil
		}
		e := value.(store.Entry)
		if e.Key >= to {
			return page, nil
		}
		if r.Limit > 0 && len(page.Entries) == r.Limit {
			page.More = true
			return page, nil
		}
		if r.KeysOnly {
			e.Value = nil
		}
		page.Entries = append(page.Entries, e)
	}
}

// moment returns the store as of a revision, or for 0 its newest state.
func (s *Store) moment(at int64) (moment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := s.line[len(s.line)-1]
	switch {
	case s.closed:
		return moment{}, store.ErrClosed
	case at == 0 || at >= newest.revision:
		return newest, nil
	case at < s.line[0].revision:
		return moment{}, store.ErrCompacted
	}
	i := sort.Search(len(s.line), func(i int) bool { return s.line[i].revision > at })
	return s.line[i-1], nil
}

// Commit checks the guards and applies the operations at one moment, or does nothing.
func (s *Store) Commit(ctx context.Context, t store.Txn) (store.Result, error) {
	if err := ctx.Err(); err != nil {
		return store.Result{}, err
	}
	if err := s.check(t); err != nil {
		return store.Result{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.Result{}, store.ErrClosed
	}
	newest := s.line[len(s.line)-1]
	for _, g := range t.Guards {
		revision := int64(0)
		if v, found := newest.tree.Get([]byte(g.Key)); found {
			revision = v.(store.Entry).Revision
		}
		if revision != g.Revision {
			return store.Result{Revision: newest.revision}, nil
		}
	}
	next := moment{revision: newest.revision + 1}
	txn := newest.tree.Txn()
	for _, op := range t.Ops {
		next.events = append(next.events, apply(txn, op, next.revision)...)
	}
	next.tree = txn.Commit()
	if len(next.events) == 0 { // it deleted nothing, which is not a change
		return store.Result{Committed: true, Revision: newest.revision}, nil
	}
	s.line = append(s.line, next)
	s.size += next.size()
	drop := 0
	if len(s.line) > keptRevisions || s.size > keptBytes { // drop half of it at once, so that this is rare
		for ; len(s.line)-drop > 2 && (len(s.line)-drop > keptRevisions/2 || s.size > keptBytes/2); drop++ {
			s.size -= s.line[drop].size()
		}
	}
	if drop > 0 {
		s.line = slices.Clone(s.line[drop:])
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return store.Result{Committed: true, Revision: next.revision}, nil
}

func (s *Store) check(t store.Txn) error {
	size := 0
	for _, op := range t.Ops {
		size += len(op.Key) + len(op.To) + len(op.Value)
	}
	if len(t.Ops) > s.limits.Ops || size > s.limits.Bytes {
		return store.ErrTooLarge
	}
	return nil
}

func apply(txn *iradix.Txn, op store.Op, revision int64) []store.Event {
	if !op.Delete {
		value := slices.Clone(op.Value)
		txn.Insert([]byte(op.Key), store.Entry{Key: op.Key, Value: value, Revision: revision})
		return []store.Event{{Key: op.Key, Value: value}}
	}
	var keys []string
	if op.To == "" {
		if _, found := txn.Get([]byte(op.Key)); found {
			keys = append(keys, op.Key)
		}
	} else {
		i := txn.Root().Iterator()
		for i.SeekLowerBound([]byte(op.Key)); ; {
			key, _, more := i.Next()
			if !more || strings.Compare(string(key), op.To) >= 0 {
				break
			}
			keys = append(keys, string(key))
		}
	}
	events := make([]store.Event, 0, len(keys))
	for _, key := range keys {
		txn.Delete([]byte(key))
		events = append(events, store.Event{Key: key, Deleted: true})
	}
	return events
}

// Watch yields every transaction after a revision, and waits for new ones.
func (s *Store) Watch(ctx context.Context, after int64) iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		stands := false
		beat := time.NewTicker(store.WatchBeat / 2)
		defer beat.Stop()
		for at := after; ; {
			next, changed, err := s.since(at)
			if err != nil {
				if ctx.Err() == nil {
					yield(store.Batch{}, err)
				}
				return
			}
			if !stands && !yield(store.Batch{Revision: after}, nil) {
				return
			}
			stands = true
			for _, m := range next {
				if ctx.Err() != nil || !yield(store.Batch{Revision: m.revision, Events: m.events}, nil) {
					return
				}
				at = m.revision
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

// since returns the moments after a revision. changed is closed when there may be more.
func (s *Store) since(at int64) (next []moment, changed <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, store.ErrClosed
	}
	if at < s.line[0].revision || at > s.line[len(s.line)-1].revision {
		return nil, nil, store.ErrCompacted
	}
	i := sort.Search(len(s.line), func(i int) bool { return s.line[i].revision > at })
	return s.line[i:], s.changed, nil
}

// Limits returns the limits of a transaction.
func (s *Store) Limits() store.Limits { return s.limits }

// Usage returns how much the keys and values take.
func (s *Store) Usage(ctx context.Context) (store.Usage, error) {
	m, err := s.moment(0)
	if err != nil {
		return store.Usage{}, err
	}
	used := int64(0)
	m.tree.Root().Walk(func(key []byte, value any) bool {
		used += int64(len(key) + len(value.(store.Entry).Value))
		return false
	})
	return store.Usage{Used: used}, nil
}

// Close closes the store, and ends every call under way.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.changed)
	}
	return nil
}
