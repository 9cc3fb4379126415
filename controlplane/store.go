package controlplane

import (
	"context"
	"errors"
	"iter"
)

// Store keeps keys and values in one order of revisions. The service needs nothing else to be durable, so that bringing a
// store of one's own means to write these few methods and to pass storetest.Run.
//
// Keys are printable ASCII without a space, ordered bytewise. A revision is positive and belongs to the whole store: each
// transaction that is committed takes a greater one than every transaction before it. All methods are safe for concurrent
// use, and end early, with the context's error, when the context does.
//
// An error other than those below says that the store could not answer: it may be tried again. After such an error of
// Commit it is unknown whether the transaction was committed; the service finds out by reading.
type Store interface {
	// Read gives the entries with From ≤ key < To, ascending by key, as of one revision. It is linearizable: what was
	// committed before the call is seen, unless At asks for an earlier revision.
	// ErrCompacted: the revision At is no longer kept. ErrStoreClosed.
	Read(ctx context.Context, r Range) (Page, error)

	// Commit checks the guards and applies the operations, all at one moment, or nothing. No key is named twice by the
	// operations, and none lies within a deleted range. A transaction whose guards don't hold is no error; one that only
	// deletes what is not there is committed, and may take no revision.
	// ErrTooLarge: past Limits. ErrNoSpace: the store is full. ErrStoreClosed. With these nothing was written.
	Commit(ctx context.Context, t Txn) (Result, error)

	// Watch gives every transaction after a revision, in order, each once, waiting for those to come. A batch without events
	// says that everything up to its revision was given; the first one says that the watch stands. It ends when the context
	// does, without a batch, or with an error as its last item.
	// ErrCompacted: some of what followed is no longer kept, or the store has not come so far, since it was put back.
	// ErrStoreClosed.
	Watch(ctx context.Context, after int64) iter.Seq2[Batch, error]

	// Limits bound a transaction; they don't change.
	Limits() Limits

	// Usage says how full the store is.
	Usage(ctx context.Context) (Usage, error)

	// Close ends the store, and every call under way.
	Close() error
}

// Errors of a Store; more may be wrapped around them.
var (
	ErrCompacted   = errors.New("the store no longer keeps that revision")
	ErrTooLarge    = errors.New("the transaction is past the store's limits")
	ErrNoSpace     = errors.New("the store is full")
	ErrStoreClosed = errors.New("the store is closed")
)

// Range is a range of keys.
type Range struct {
	From, To string // From ≤ key < To; To "": From alone
	Limit    int    // at most so many entries; 0: all
	At       int64  // as of this revision; 0: now
	KeysOnly bool   // values are left out
}

// Page is the answer to a Range.
type Page struct {
	Entries  []Entry
	More     bool  // the limit cut it off
	Revision int64 // as of which it is: At, or the store's newest
}

// Entry is a key and its value. The value belongs to the store: it must not be changed.
type Entry struct {
	Key      string
	Value    []byte
	Revision int64 // of the transaction that put it last
}

// Txn is a transaction.
type Txn struct {
	Guards []Guard // all must hold
	Ops    []Op
}

// Guard holds if the key's entry has this revision; 0: if there is no such key.
type Guard struct {
	Key      string
	Revision int64
}

// Op puts a value, or deletes.
type Op struct {
	Key    string
	Value  []byte
	Delete bool
	To     string // with Delete: every key with Key ≤ key < To; "": Key alone, whether it is there or not
}

// Result tells of a transaction.
type Result struct {
	Committed bool  // false: a guard didn't hold, and nothing was done
	Revision  int64 // of the transaction; of the store, if it was not committed
}

// Batch is one committed transaction.
type Batch struct {
	Revision int64
	Events   []Event
}

// Event is a key's change within a transaction.
type Event struct {
	Key     string
	Value   []byte
	Deleted bool
}

// Limits of one transaction.
type Limits struct {
	Ops   int // operations, at least 16
	Bytes int // keys and values together, at least 256 KiB
}

// Usage is how full a store is, in bytes.
type Usage struct {
	Used, Quota int64 // Quota 0: none
}

// prefixEnd is the first key after all that begin with prefix.
func prefixEnd(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string(prefix[last]+1)
}

// under is the range of everything that begins with prefix.
func under(prefix string) Range { return Range{From: prefix, To: prefixEnd(prefix)} }

// pageEntries bounds one read: with inline values of at most maxInline it stays below the size of a message anywhere.
const pageEntries = 1000

// readAll reads a range page by page, all as of one revision, and calls each for every entry.
func readAll(ctx context.Context, store Store, r Range, each func(Entry) error) (revision int64, err error) {
	r.Limit = pageEntries
	for {
		page, err := store.Read(ctx, r)
		if err != nil {
			return 0, err
		}
		for _, e := range page.Entries {
			if err := each(e); err != nil {
				return 0, err
			}
		}
		if !page.More {
			return page.Revision, nil
		}
		r.At = page.Revision
		r.From = page.Entries[len(page.Entries)-1].Key + "\x00"
	}
}

// readOne reads one key; the entry's revision is 0 if there is no such key.
func readOne(ctx context.Context, store Store, key string) (Entry, error) {
	page, err := store.Read(ctx, Range{From: key})
	if err != nil || len(page.Entries) == 0 {
		return Entry{Key: key}, err
	}
	return page.Entries[0], nil
}
