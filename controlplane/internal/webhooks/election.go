package webhooks

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// One replica delivers webhooks. It holds a key, which it rewrites every leaderBeat. A replica that sees the key
// unchanged for leaderTerm beats of its own clock may take over. Replicas' clocks need not agree, and a store needs no
// leases. A leader that can't write stops before another may begin, provided that it runs at all; deliveries happen at
// least once in any case.
const (
	leaderBeat = 3 * time.Second
	leaderTerm = 4 // beats
	// resignDeadline is how long a leader that stops tries to say so.
	resignDeadline = time.Second
)

// candidate takes part in the election for one replica.
type candidate struct {
	v        *Deliverer
	held     int64     // the key's revision in the store as this replica wrote it; 0 if it doesn't lead
	renewed  time.Time // when it began to write it
	seen     int64     // the key's revision as another wrote it
	seenFrom time.Time // when this replica first saw that revision
}

// stand takes one more step in the election, and reports whether this replica leads now.
func (c *candidate) stand(ctx context.Context) bool {
	e, err := store.ReadOne(ctx, c.v.Store, stored.LeaderKey)
	if err != nil {
		return c.still()
	}
	now := time.Now()
	_, beat := c.v.times()
	if c.held == 0 || e.Revision != c.held {
		c.held = 0
		if e.Revision != 0 && e.Revision != c.seen {
			c.seen, c.seenFrom = e.Revision, now
			return false
		}
		if e.Revision != 0 && now.Sub(c.seenFrom) < leaderTerm*beat {
			return false
		}
	}
	result, err := c.v.Store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: stored.LeaderKey, Revision: e.Revision}},
		Ops:    []store.Op{{Key: stored.LeaderKey, Value: stored.Marshal(c.v.Replica)}},
	})
	if err != nil {
		return c.still()
	}
	if !result.Committed {
		c.held = 0
		return false
	}
	if c.held == 0 {
		c.v.Log.Info("this replica delivers webhooks")
	}
	c.held, c.renewed = result.Revision, now
	return true
}

// still reports whether this replica may continue to lead while the store doesn't answer.
func (c *candidate) still() bool {
	_, beat := c.v.times()
	return c.held != 0 && time.Since(c.renewed) < (leaderTerm-1)*beat
}

// resign lets another replica lead at once.
func (c *candidate) resign(ctx context.Context) {
	if c.held == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resignDeadline)
	defer cancel()
	_, err := c.v.Store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: stored.LeaderKey, Revision: c.held}},
		Ops:    []store.Op{{Key: stored.LeaderKey, Delete: true}},
	})
	if err != nil {
		c.v.Log.Warn("this replica can't stop leading the delivery of webhooks; another one takes over after a while", "error", err)
	}
	c.held = 0
}
