package stored

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Batcher gathers operations into transactions that stay within a store's limits.
type Batcher struct {
	store   store.Store
	limits  store.Limits
	urgent  bool
	written func([]store.Op) // called with the operations of each committed transaction; nil for none
	ops     []store.Op
	size    int
}

// NewBatcher returns a batcher without operations. Its transactions are urgent or not.
func NewBatcher(into store.Store, urgent bool, written func([]store.Op)) *Batcher {
	return &Batcher{store: into, limits: into.Limits(), urgent: urgent, written: written}
}

// Add adds an operation. It commits what was gathered if there is no room left.
func (b *Batcher) Add(ctx context.Context, op store.Op) error {
	if len(b.ops) == b.limits.Ops || b.size+opSize(op) > b.limits.Bytes {
		if err := b.Flush(ctx); err != nil {
			return err
		}
	}
	b.ops, b.size = append(b.ops, op), b.size+opSize(op)
	return nil
}

// Flush commits what was gathered.
func (b *Batcher) Flush(ctx context.Context) error {
	if len(b.ops) == 0 {
		return nil
	}
	if _, err := b.store.Commit(ctx, store.Txn{Ops: b.ops, Urgent: b.urgent}); err != nil {
		return err
	}
	if b.written != nil {
		b.written(b.ops)
	}
	b.ops, b.size = nil, 0
	return nil
}

// Fits reports whether operations fit into one transaction. It leaves some room for the store's own framing.
func Fits(limits store.Limits, ops []store.Op) bool {
	size := 0
	for _, op := range ops {
		size += opSize(op)
	}
	return len(ops) <= limits.Ops && size <= limits.Bytes
}

func opSize(op store.Op) int { return len(op.Key) + len(op.To) + len(op.Value) + 32 }
