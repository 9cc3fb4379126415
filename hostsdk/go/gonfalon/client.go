package gonfalon

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Client decides flags. It is safe for any number of callers at once. New makes one.
type Client struct {
	serving atomic.Pointer[generation] // nil: nothing has been loaded
	config  Config
	watched bool // there are hooks that want evaluations

	store  store
	status status
	events events
	usage  usage
	broken atomic.Int64 // decisions that the engine failed to make
	ending
}

// room is how many attributes a call can bring without a prepared context before it allocates.
const room = 16

// foreign is memory of one call on an engine behind the interface.
type foreign struct {
	in engine.Input
	d  engine.Decision
}

var calls = sync.Pool{New: func() any { return new(foreign) }}

// Enabled says whether a flag is on. If nothing has been loaded, or there is no such flag, that is the default; a killed flag is off
// whatever the default.
func (c *Client) Enabled(key string, opts ...Option) bool {
	var d engine.Decision
	if c.quick(key, opts, &d) != nil {
		return d.Enabled
	}
	var q query
	if c.ask(key, opts, &q, &d) == nil {
		return q.fallback.bool()
	}
	return d.Enabled
}

// Variant is the name of the variant that the actor is served, or the default: without a variant gate, or without an actor.
func (c *Client) Variant(key string, opts ...Option) string {
	var d engine.Decision
	var q query
	if c.quick(key, opts, &d) == nil && c.ask(key, opts, &q, &d) == nil || d.VariantIndex < 0 {
		return defaultOf(opts).string()
	}
	return d.Variant
}

// Decide is the whole decision.
func (c *Client) Decide(key string, opts ...Option) Decision {
	var d engine.Decision
	g := c.quick(key, opts, &d)
	if g == nil {
		var q query
		g = c.ask(key, opts, &q, &d)
	}
	return c.decision(key, g, &d)
}

// DecideAll is the decision of each flag, ascending by key; nil before the first snapshot.
func (c *Client) DecideAll(opts ...Option) []Decision { return c.AppendAll(nil, nil, opts...) }

// AppendAll appends the decisions of these flags to dst, in their order, or of all flags, ascending by key, if keys is nil. With a
// prepared context and room in dst it makes no allocation per flag.
func (c *Client) AppendAll(dst []Decision, keys []string, opts ...Option) []Decision {
	var q query
	c.readAll(opts, &q)
	if q.scope != nil && q.scope.override != nil && q.scope.override != c {
		if keys == nil {
			return c.overridden(dst, &q, opts)
		}
		for _, key := range keys {
			dst = append(dst, c.Decide(key, opts...))
		}
		return dst
	}
	for range retries {
		g := c.serving.Load()
		if g == nil {
			for _, key := range keys {
				dst = append(dst, c.decision(key, nil, nil))
			}
			return dst
		}
		if all, err := c.appendAll(g, dst, keys, q); err == nil {
			return all
		}
	}
	c.broken.Add(1)
	for _, key := range keys {
		dst = append(dst, c.decision(key, nil, nil))
	}
	return dst
}

// retries bound how often a call begins anew because the snapshot it took was retired meanwhile.
const retries = 8

func (c *Client) readAll(opts []Option, q *query) {
	if n := q.read(opts); n > 0 {
		q.fill(opts, make([]engine.Attribute, 0, n))
	}
}

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
	g.settle(c, &q)
	if q.member != nil {
		names, err := g.allGroups(flags)
		if err != nil {
			return nil, err
		}
		q.in.Groups = ask(q.member, names, slices.Clone(q.in.Groups))
	}
	batch.decisions = slices.Grow(batch.decisions[:0], n)[:n]
	batch.in = q.in
	if err := g.loaded.DecideAll(flags, &batch.in, batch.decisions); err != nil {
		return nil, err
	}
	dst = slices.Grow(dst, max(n, len(keys)))
	if keys == nil {
		for i := range batch.decisions {
			key := g.loaded.Key(int32(i))
			c.evaluated(g, int32(i), key, &q, &batch.decisions[i])
			dst = append(dst, c.decision(key, g, &batch.decisions[i]))
		}
		return dst, nil
	}
	at := 0
	for _, key := range keys {
		if at == n || g.loaded.Key(flags[at]) != key {
			unknown := engine.Decision{Score: -1, VariantIndex: -1}
			c.evaluated(g, -1, key, &q, &unknown)
			dst = append(dst, c.decision(key, g, &unknown))
			continue
		}
		c.evaluated(g, flags[at], key, &q, &batch.decisions[at])
		dst = append(dst, c.decision(key, g, &batch.decisions[at]))
		at++
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

// quick decides the common case: a prepared context, or nobody, asks the native engine for a flag that needs nothing but that. It
// gives nil where there is more to do; ask does it.
func (c *Client) quick(key string, opts []Option, d *engine.Decision) *generation {
	in := &nobody
	if len(opts) > 0 {
		p := opts[0].prepared
		if opts[0].kind != optionPrepared || len(opts) > 2 || len(opts) == 2 && opts[1].kind != optionDefault || p.member != nil || p.scope != nil {
			return nil
		}
		in = &p.in
	}
	g := c.serving.Load()
	if c.watched || g == nil || g.native == nil {
		return nil
	}
	i := g.native.Find(key)
	if i < 0 || g.needs[i] {
		return nil
	}
	g.native.Decide(i, in, nil, d)
	if g.counts != nil {
		g.counts.add(i)
	}
	return g
}

// nobody is the input of a call without options.
var nobody engine.Input

// ask decides key. It gives the generation that decided, or nil if the answer is the caller's default; d then says why.
func (c *Client) ask(key string, opts []Option, q *query, d *engine.Decision) *generation {
	switch n := q.read(opts); {
	case n > room:
		q.fill(opts, make([]engine.Attribute, 0, n))
	case n > 0:
		return c.askWith(key, opts, q, d)
	}
	return c.resolve(key, opts, q, d)
}

// askWith takes memory for a few attributes from a pool, which calls with a prepared context don't pay for.
func (c *Client) askWith(key string, opts []Option, q *query, d *engine.Decision) *generation {
	memory := rooms.Get().(*[room]engine.Attribute)
	q.fill(opts, memory[:])
	g := c.resolve(key, opts, q, d)
	clear(q.in.Attributes)
	q.in.Attributes = nil
	rooms.Put(memory)
	return g
}

var rooms = sync.Pool{New: func() any { return new([room]engine.Attribute) }}

func (c *Client) resolve(key string, opts []Option, q *query, d *engine.Decision) *generation {
	if q.scope != nil {
		return c.resolveScoped(key, opts, q, d)
	}
	return c.decideNow(key, q, d)
}

// decideNow decides by the snapshot that serves now.
func (c *Client) decideNow(key string, q *query, d *engine.Decision) *generation {
	for range retries {
		g := c.serving.Load()
		if g == nil {
			break
		}
		i := g.find(key)
		if i < 0 {
			*d = engine.Decision{Score: -1, VariantIndex: -1}
			c.evaluated(g, i, key, q, d)
			return nil
		}
		if err := g.decide(c, i, q, d); err == nil {
			c.evaluated(g, i, key, q, d)
			return g
		} else if !errors.Is(err, ErrRetired) {
			c.broken.Add(1)
			break
		}
	}
	*d = engine.Decision{Score: -1, VariantIndex: -1}
	if c.watched {
		c.observe(nil, key, q, d)
	}
	return nil
}

// evaluated counts a decision and tells the hooks; i is −1 for an unknown flag.
func (c *Client) evaluated(g *generation, i int32, key string, q *query, d *engine.Decision) {
	if g.counts != nil && i >= 0 {
		g.counts.add(i)
	}
	if c.watched {
		c.observe(g, key, q, d)
	}
}
