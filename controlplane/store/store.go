package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Store keeps keys and values in one order of revisions. The service keeps nothing durable elsewhere, so to bring your
// own store you implement these few methods and pass storetest.Run.
//
// Keys are printable ASCII without spaces, ordered bytewise. A revision is positive and belongs to the whole store:
// each committed transaction takes a greater one than all transactions before it. All methods are safe for concurrent
// use. When the context ends they return early, with its error.
//
// An error other than those below says that the store could not answer; the call may be tried again. After such an
// error of Commit it is unknown whether the transaction was committed; the service finds out by reading.
// Why: RATIONALE.md "Why is the store's interface so small, and why has it no leases?"
type Store interface {
	// Read returns the entries with From ≤ key < To, ascending by key, as of one revision. It is linearizable: it sees
	// everything that was committed before the call, unless At asks for an earlier revision.
	// ErrCompacted: the store no longer keeps the revision At. ErrClosed.
	Read(ctx context.Context, r Range) (Page, error)

	// Commit checks the guards and applies all operations at one moment, or none. The operations never name a key
	// twice, nor a key within a deleted range. If a guard doesn't hold, that is not an error. A transaction that only
	// deletes missing keys is committed, but need not take a revision.
	// ErrTooLarge: past Limits. ErrNoSpace: the store is full, or it is full but for its reserve and the transaction isn't
	// urgent. ErrClosed. After these errors, nothing was written.
	Commit(ctx context.Context, t Txn) (Result, error)

	// Watch yields every transaction after a revision in order, each once, and waits for new ones. A batch without
	// events says that everything up to its revision was yielded; the first such batch says that the watch has begun.
	// While nothing changes, one comes at least every WatchBeat; a store that can't say so, because it can't be read,
	// ends the watch with an error. It ends without a batch when the context does, or with an error as its last item. ErrCompacted: the store no
	// longer keeps some of the transactions, or hasn't reached the revision, because it was restored. ErrClosed.
	Watch(ctx context.Context, after int64) iter.Seq2[Batch, error]

	// Limits returns the limits of a transaction, which don't change.
	Limits() Limits

	// Usage returns how full the store is.
	Usage(ctx context.Context) (Usage, error)

	// Close ends the store and every call under way.
	Close() error
}

// WatchBeat is how long a watch may yield nothing.
// Why: RATIONALE.md "How does a replica notice that the store is silent?"
const WatchBeat = 5 * time.Second

// These are the errors of a Store. They may be wrapped.
var (
	ErrCompacted = errors.New("the store no longer keeps that revision")
	ErrTooLarge  = errors.New("the transaction is past the store's limits")
	ErrNoSpace   = errors.New("the store is full")
	ErrClosed    = errors.New("the store is closed")
	ErrFailed    = errors.New("the store has failed, and must be opened again") // by any method, if it runs in this process
)

// Range is a range of keys.
type Range struct {
	From, To string // From ≤ key < To; if To is "", only From
	Limit    int    // maximum number of entries; 0 means no limit
	At       int64  // the revision to read; 0 for the newest
	KeysOnly bool   // leave out the values
}

// Page is the result of reading a Range.
type Page struct {
	Entries  []Entry
	More     bool  // the limit left out some entries
	Revision int64 // the revision that was read: At, or the store's newest
}

// Entry is a key and its value. The value belongs to the store and must not be changed.
type Entry struct {
	Key      string
	Value    []byte
	Revision int64 // of the transaction that last put it
}

// Txn is a transaction.
type Txn struct {
	Guards []Guard // all must hold
	Ops    []Op
	Urgent bool // it may use the reserve that a store with a quota keeps, because it turns something off or frees room
}

// Guard holds if the key's entry has this revision, or for 0 if the key doesn't exist.
type Guard struct {
	Key      string
	Revision int64
}

// Op puts a value or deletes keys.
type Op struct {
	Key    string
	Value  []byte
	Delete bool
	To     string // with Delete: every key with Key ≤ key < To, or if "" only Key, which need not exist
}

// Result is the result of a transaction.
type Result struct {
	Committed bool  // false if a guard didn't hold, and nothing was done
	Revision  int64 // the transaction's revision, or the store's if it was not committed
}

// Batch is one committed transaction.
type Batch struct {
	Revision int64
	Events   []Event
}

// Event is the change of one key in a transaction.
type Event struct {
	Key     string
	Value   []byte
	Deleted bool
}

// Limits are the limits of one transaction.
type Limits struct {
	Ops   int // operations, at least 16
	Bytes int // keys and values together, at least 256 KiB
}

// Usage is how full a store is, in bytes.
type Usage struct {
	Used, Quota int64    // Quota is 0 if there is none
	Members     []Member // the processes that keep it, as far as it knows them
}

// Member is one of the processes that keep a store.
type Member struct {
	Address string // "" in this process
	Version string
	Leader  bool
	Used    int64
	Problem string // why it doesn't answer, or what it says is wrong; "" for nothing
}

// PrefixEnd returns the first key after all keys that begin with prefix.
func PrefixEnd(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string(prefix[last]+1)
}

// Under returns the range of all keys that begin with prefix.
func Under(prefix string) Range { return Range{From: prefix, To: PrefixEnd(prefix)} }

// PageEntries bounds one read. With inline values of at most maxInline, a page stays below every store's limit for a
// message.
const PageEntries = 1000

// ReadAll reads a range page by page as of one revision, and calls each for every entry.
func ReadAll(ctx context.Context, store Store, r Range, each func(Entry) error) (revision int64, err error) {
	r.Limit = PageEntries
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

// ReadOne reads one key. The entry's revision is 0 if the key doesn't exist.
func ReadOne(ctx context.Context, store Store, key string) (Entry, error) {
	page, err := store.Read(ctx, Range{From: key})
	if err != nil || len(page.Entries) == 0 {
		return Entry{Key: key}, err
	}
	return page.Entries[0], nil
}
