// Package etcdstore keeps a control plane's state in etcd: either in an etcd that it runs in this process, with its
// data in a directory and no port ([OpenEmbedded]), or in your own cluster ([Dial]).
//
// No other package imports the etcd client and server.
package etcdstore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// DefaultPrefix is the default prefix of all keys, so that a cluster can be shared.
const DefaultPrefix = "gonfalon/"

// framing is how much of a request is left for framing the keys.
const framing = 512 << 10

// clusterLimits are those of an etcd with default settings: 128 operations and 1.5 MiB per request.
var clusterLimits = store.Limits{Ops: 128, Bytes: 1<<20 + 512<<10 - framing}

// Store is a store in etcd. Its methods are described in store.Store.
type Store struct {
	client *clientv3.Client
	prefix string
	limits store.Limits
	space  space
	own    *embed.Etcd     // if it runs in this process
	failed failed          // if that has failed
	full   chan struct{}   // asks for room
	ctx    context.Context // ended by Close
	cancel context.CancelFunc
	once   sync.Once
	owned  sync.WaitGroup
	close  func() error

	compacted int64 // up to this revision, by keepTidy
}

var _ store.Store = (*Store)(nil)

// New returns a store on a client. Closing the store closes the client too.
func New(client *clientv3.Client, prefix string) *Store {
	return newStore(client, prefix, clusterLimits, client.Close)
}

func newStore(client *clientv3.Client, prefix string, limits store.Limits, closing func() error) *Store {
	s := &Store{client: client, prefix: prefix, limits: limits, full: make(chan struct{}, 1), failed: failed{now: make(chan struct{})}, close: closing}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// bind returns the caller's context. Close also ends it.
func (s *Store) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// fault translates an error of etcd into one that the control plane knows.
func (s *Store) fault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case s.failed.why.Load() != nil:
		return errors.Join(store.ErrFailed, *s.failed.why.Load())
	case s.ctx.Err() != nil:
		return store.ErrClosed
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, rpctypes.ErrCompacted):
		return errors.Join(store.ErrCompacted, err)
	case errors.Is(err, rpctypes.ErrNoSpace):
		return errors.Join(store.ErrNoSpace, err)
	case errors.Is(err, rpctypes.ErrRequestTooLarge), errors.Is(err, rpctypes.ErrTooManyOps):
		return errors.Join(store.ErrTooLarge, err)
	}
	return err
}

// Read returns the entries of a range, as of one revision.
func (s *Store) Read(ctx context.Context, r store.Range) (store.Page, error) {
	caller := ctx
	ctx, cancel := s.bind(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return store.Page{}, s.fault(caller, err)
	}
	options := []clientv3.OpOption{clientv3.WithLimit(int64(r.Limit)), clientv3.WithRev(r.At)}
	if r.To != "" {
		options = append(options, clientv3.WithRange(s.prefix+r.To))
	}
	if r.KeysOnly {
		options = append(options, clientv3.WithKeysOnly())
	}
	answer, err := s.get(ctx, s.prefix+r.From, options...)
	if err != nil {
		return store.Page{}, s.fault(caller, err)
	}
	page := store.Page{More: answer.More, Revision: answer.Header.Revision}
	if r.At != 0 {
		page.Revision = r.At
	}
	for _, kv := range answer.Kvs {
		page.Entries = append(page.Entries, store.Entry{
			Key: strings.TrimPrefix(string(kv.Key), s.prefix), Value: kv.Value, Revision: kv.ModRevision,
		})
	}
	return page, nil
}

// readTime is how long one member may take to answer a read before another one is asked.
const readTime = 3 * time.Second

// get reads. A member that doesn't answer, because it is frozen or cut off, delays a read only by readTime: the client
// asks another one next.
func (s *Store) get(ctx context.Context, key string, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	for {
		one, cancel := context.WithTimeout(ctx, readTime)
		answer, err := await(s, func() (*clientv3.GetResponse, error) { return s.client.Get(one, key, options...) })
		silent := one.Err() != nil
		cancel()
		if err == nil || !silent || ctx.Err() != nil {
			return answer, err
		}
	}
}

// Commit checks the guards and applies the operations at one moment, or does nothing.
func (s *Store) Commit(ctx context.Context, t store.Txn) (store.Result, error) {
	caller := ctx
	ctx, cancel := s.bind(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return store.Result{}, s.fault(caller, err)
	}
	size := 0
	var guards []clientv3.Cmp
	for _, g := range t.Guards {
		guards = append(guards, clientv3.Compare(clientv3.ModRevision(s.prefix+g.Key), "=", g.Revision))
	}
	var ops []clientv3.Op
	for _, op := range t.Ops {
		size += len(op.Key) + len(op.To) + len(op.Value)
		switch {
		case !op.Delete:
			ops = append(ops, clientv3.OpPut(s.prefix+op.Key, string(op.Value)))
		case op.To == "":
			ops = append(ops, clientv3.OpDelete(s.prefix+op.Key))
		default:
			ops = append(ops, clientv3.OpDelete(s.prefix+op.Key, clientv3.WithRange(s.prefix+op.To)))
		}
	}
	if len(ops) > s.limits.Ops || size > s.limits.Bytes {
		return store.Result{}, store.ErrTooLarge
	}
	if !t.Urgent && !s.hasRoom(ctx, size) {
		s.askForRoom()
		return store.Result{}, store.ErrNoSpace
	}
	answer, err := await(s, func() (*clientv3.TxnResponse, error) { return s.client.Txn(ctx).If(guards...).Then(ops...).Commit() })
	if err != nil {
		if err = s.fault(caller, err); errors.Is(err, store.ErrNoSpace) {
			s.askForRoom()
		}
		return store.Result{}, err
	}
	return store.Result{Committed: answer.Succeeded, Revision: answer.Header.Revision}, nil
}

// askForRoom lets keepTidy look now.
func (s *Store) askForRoom() {
	select {
	case s.full <- struct{}{}:
	default:
	}
}

// batches returns the events by transaction. etcd never splits a transaction.
func (s *Store) batches(events []*clientv3.Event) []store.Batch {
	var batches []store.Batch
	for _, e := range events {
		if last := len(batches) - 1; last < 0 || batches[last].Revision != e.Kv.ModRevision {
			batches = append(batches, store.Batch{Revision: e.Kv.ModRevision})
		}
		b := &batches[len(batches)-1]
		b.Events = append(b.Events, store.Event{
			Key: strings.TrimPrefix(string(e.Kv.Key), s.prefix), Value: e.Kv.Value, Deleted: e.Type == mvccpb.Event_DELETE,
		})
	}
	return batches
}

// Limits returns the limits of a transaction.
func (s *Store) Limits() store.Limits { return s.limits }

// Close closes the store, and ends every call under way.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		s.cancel()
		s.owned.Wait()
		if s.failed.why.Load() == nil { // one that has failed might never end
			err = s.close()
		}
	})
	return err
}
