package gonfalon

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// DecideAll returns the decision about each flag, ascending by key; nil before the first snapshot.
func (c *Client) DecideAll(opts ...Option) []Decision { return c.AppendAll(nil, nil, opts...) }

// AppendAll appends the decisions of these flags to dst, in their order, or of all flags, ascending by key, if keys is
// nil. With a prepared context and room in dst it makes no allocation per flag. It appends none if there are more than
// 100,000 keys, as many as a snapshot can have flags.
func (c *Client) AppendAll(dst []Decision, keys []string, opts ...Option) []Decision {
	if len(keys) > maxListed {
		c.undecided(nil, "", errKeys)
		return dst
	}
	var q query
	q.readAll(opts)
	if q.scope != nil && q.scope.override != nil && q.scope.override != c {
		if keys == nil {
			return c.overridden(dst, &q, opts)
		}
		for _, key := range keys {
			dst = append(dst, c.Decide(key, opts...))
		}
		return dst
	}
	var err error
	for range retries {
		g := c.serving.Load()
		if g == nil {
			break
		}
		var all []Decision
		if all, err = c.appendAll(g, dst, keys, q); err == nil {
			return all
		} else if !errors.Is(err, ErrRetired) {
			break
		}
	}
	d := undecided(engine.ReasonNotReady)
	for _, key := range keys {
		c.evaluated(nil, -1, key, &q, &d, err)
		dst = append(dst, (*generation)(nil).decision(key, &d, err))
	}
	return dst
}

var errKeys = fmt.Errorf("gonfalon: a question names more than %d keys", maxListed)

// appendAll decides many flags in one call on the engine. Flags that don't exist are left out of that call.
func (c *Client) appendAll(g *generation, dst []Decision, keys []string, q query) ([]Decision, error) {
	batch := batches.Get().(*batch)
	defer batch.release()
	n, flags := int(g.loaded.Len()), []int32(nil)
	if keys != nil {
		batch.flags = slices.Grow(batch.flags[:0], len(keys))
		for _, key := range keys {
			if i := g.find(key); i >= 0 {
				batch.flags = append(batch.flags, i)
			}
		}
		n, flags = len(batch.flags), batch.flags
	}
	g.settleAll(c, &q)
	if q.member != nil {
		names, err := g.allGroups(flags)
		if err != nil {
			return nil, err
		}
		groups, err := asked(slices.Clip(q.in.Groups), q.member, names)
		if err != nil || len(groups) > engine.MaxGroups {
			return c.appendEach(g, dst, keys, q)
		}
		q.in.Groups = groups
	}
	if q.wide() {
		return c.appendEach(g, dst, keys, q)
	}
	batch.decisions = slices.Grow(batch.decisions[:0], n)[:n]
	batch.in = q.in
	if err := g.loaded.DecideAll(flags, &batch.in, batch.decisions); err != nil {
		return nil, err
	}
	dst = slices.Grow(dst, max(n, len(keys)))
	decided := func(flag int32, key string, d *engine.Decision) {
		c.evaluated(g, flag, key, &q, d, nil)
		dst = append(dst, g.decision(key, d, nil))
	}
	if keys == nil {
		for i := range batch.decisions {
			decided(int32(i), g.loaded.Key(int32(i)), &batch.decisions[i])
		}
		return dst, nil
	}
	unknown := undecided(engine.ReasonUnknownFlag)
	at := 0
	for _, key := range keys {
		if at == n || g.loaded.Key(flags[at]) != key {
			decided(-1, key, &unknown)
			continue
		}
		decided(flags[at], key, &batch.decisions[at])
		at++
	}
	return dst, nil
}

// appendEach decides many flags one by one, each by the part of the context that it asks for.
func (c *Client) appendEach(g *generation, dst []Decision, keys []string, q query) ([]Decision, error) {
	q.fixed |= fixedNow | fixedRoll // as settleAll settled them
	n := len(keys)
	if keys == nil {
		n = int(g.loaded.Len())
	}
	for at := range n {
		i, by := int32(at), g
		if keys != nil {
			i = g.find(keys[at])
		}
		key, d, err := "", undecided(engine.ReasonUnknownFlag), error(nil)
		if i < 0 {
			key = keys[at]
		} else if key, err = g.loaded.Key(i), g.decide(c, i, &q, &d); errors.Is(err, ErrRetired) {
			return nil, err
		} else if err != nil {
			d, i, by = undecided(engine.ReasonNotReady), -1, nil
		}
		c.evaluated(by, i, key, &q, &d, err)
		dst = append(dst, by.decision(key, &d, err))
	}
	return dst, nil
}

// batch is memory of one call for many flags.
type batch struct {
	in        engine.Input
	flags     []int32
	decisions []engine.Decision
}

var batches = sync.Pool{New: func() any { return new(batch) }}

func (b *batch) release() {
	b.in = engine.Input{}
	clear(b.decisions) // they point into a snapshot that may be gone soon
	batches.Put(b)
}

// overridden is all flags of c, with those that the scope's override knows decided by it, and those that only it has.
func (c *Client) overridden(dst []Decision, q *query, opts []Option) []Decision {
	if q.scope.all {
		return q.scope.override.AppendAll(dst, nil, opts...)
	}
	keys := map[string]bool{}
	for _, client := range []*Client{c, q.scope.override} {
		if g := client.serving.Load(); g != nil {
			for i := range g.loaded.Len() {
				keys[g.loaded.Key(i)] = true
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		dst = append(dst, c.Decide(key, opts...))
	}
	return dst
}
