package controlplane

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// One replica delivers webhooks. It holds a key, which it rewrites every leaderBeat. A replica that sees the key unchanged for leaderTerm
// beats of its own clock may take over. Replicas' clocks need not agree, and a store needs no leases. A leader that can't write stops
// before another may begin, provided that it runs at all; deliveries happen at least once in any case.
const (
	leaderBeat = 3 * time.Second
	leaderTerm = 4 // beats
)

// candidate takes part in the election for one replica.
type candidate struct {
	s        *Service
	held     int64     // the key's revision in the store as this replica wrote it; 0 if it doesn't lead
	renewed  time.Time // when it began to write it
	seen     int64     // the key's revision as another wrote it
	seenFrom time.Time // when this replica first saw that revision
}

// stand takes one more step in the election, and reports whether this replica leads now.
func (c *candidate) stand(ctx context.Context) bool {
	e, err := store.ReadOne(ctx, c.s.store, leaderKey)
	if err != nil {
		return c.still()
	}
	now := time.Now()
	_, beat := c.s.hooks.times()
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
	result, err := c.s.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: leaderKey, Revision: e.Revision}},
		Ops:    []store.Op{{Key: leaderKey, Value: marshalStored(c.s.config.Replica)}},
	})
	if err != nil {
		return c.still()
	}
	if !result.Committed {
		c.held = 0
		return false
	}
	if c.held == 0 {
		c.s.log.Info("this replica delivers webhooks")
	}
	c.held, c.renewed = result.Revision, now
	return true
}

// still reports whether this replica may continue to lead while the store doesn't answer.
func (c *candidate) still() bool {
	_, beat := c.s.hooks.times()
	return c.held != 0 && time.Since(c.renewed) < (leaderTerm-1)*beat
}

// resign lets another replica lead at once.
func (c *candidate) resign() {
	if c.held == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.s.ctx), applyDeadline)
	defer cancel()
	_, err := c.s.store.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: leaderKey, Revision: c.held}},
		Ops:    []store.Op{{Key: leaderKey, Delete: true}},
	})
	if err != nil {
		c.s.log.Warn("leading webhooks can't be given up; another replica takes it over in a while", "error", err)
	}
	c.held = 0
}
