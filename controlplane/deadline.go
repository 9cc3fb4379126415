package controlplane

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	// readDeadline bounds a read of the store, or of each page of a long one, so that a request whose store is silent
	// is answered.
	readDeadline = 8 * time.Second
	// commitDeadline bounds one attempt to commit. It is below writeDeadline, so that a change is tried a second time,
	// by another member of a cluster.
	commitDeadline = 6 * time.Second
)

// bounded is a store whose calls end by a deadline, whoever makes them.
type bounded struct{ store.Store }

func (b bounded) Read(ctx context.Context, r store.Range) (store.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	return b.Store.Read(ctx, r)
}

func (b bounded) Commit(ctx context.Context, t store.Txn) (store.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, commitDeadline)
	defer cancel()
	return b.Store.Commit(ctx, t)
}

func (b bounded) Usage(ctx context.Context) (store.Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	return b.Store.Usage(ctx)
}
