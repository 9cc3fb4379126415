package gonfalon

import (
	"errors"
	"sync/atomic"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Client decides flags. Any number of goroutines may use one. [New] makes one.
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

// Enabled reports whether a flag is on. If nothing has been loaded, or the flag is unknown, it returns the default. A
// killed flag is off, whatever the default.
func (c *Client) Enabled(key string, opts ...Option) bool {
	var d engine.Decision
	c.decide(key, opts, &d)
	if !known(d.Reason) {
		return defaultOf(opts).bool()
	}
	return d.Enabled
}

// Variant returns the name of the variant that the actor is served. Without a variant gate, or without an actor, it
// returns the default.
func (c *Client) Variant(key string, opts ...Option) string {
	var d engine.Decision
	c.decide(key, opts, &d)
	if d.VariantIndex < 0 {
		return defaultOf(opts).string()
	}
	return d.Variant
}

// Decide returns the whole decision about one flag.
func (c *Client) Decide(key string, opts ...Option) Decision {
	var d engine.Decision
	g := c.decide(key, opts, &d)
	return g.decision(key, &d)
}

// decide decides one flag, and returns the snapshot that decided; nil if none could. d.Reason says whether the flag is
// known.
func (c *Client) decide(key string, opts []Option, d *engine.Decision) *generation {
	if in, g := simple(opts), c.serving.Load(); in != nil && g != nil && !c.watched {
		if i := g.findSimple(key); i >= 0 {
			g.native.Snapshot.EvaluateAt(i, in, nil, d)
			g.count(i)
			return g
		}
	}

	// Read the options.
	var q query
	q.read(opts)

	// Choose who decides: a test may have put another client in the place of c.
	by := c
	if q.scope != nil {
		by = q.scope.client(c, key)
	}

	// Decide, unless the request remembers the answer.
	var g *generation
	var flag int32
	if q.remembers() {
		g, flag = q.scope.decideOnce(by, key, &q, d)
	} else {
		g, flag = by.decideNow(key, &q, d)
	}
	by.evaluated(g, flag, key, &q, d)
	q.release()
	return g
}

// retries bound how often a call begins again because the snapshot that it took was retired meanwhile.
const retries = 8

// decideNow decides by the snapshot that serves now. It returns that and the flag's number: nil if no snapshot could
// decide, −1 for an unknown flag.
func (c *Client) decideNow(key string, q *query, d *engine.Decision) (*generation, int32) {
	for range retries {
		g := c.serving.Load()
		if g == nil {
			break
		}
		i := g.find(key)
		if i < 0 {
			*d = undecided(engine.ReasonUnknownFlag)
			return g, i
		}
		err := g.decide(c, i, q, d)
		if err == nil {
			return g, i
		}
		if !errors.Is(err, ErrRetired) {
			c.broken.Add(1)
			break
		}
	}
	*d = undecided(engine.ReasonNotReady)
	return nil, -1
}

// evaluated counts a decision and tells the hooks.
func (c *Client) evaluated(g *generation, flag int32, key string, q *query, d *engine.Decision) {
	if flag >= 0 {
		g.count(flag)
	}
	if c.watched {
		c.observe(g, key, q, d)
	}
}
