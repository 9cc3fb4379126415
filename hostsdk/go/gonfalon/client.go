package gonfalon

import (
	"errors"
	"sync/atomic"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Client decides flags. Any number of goroutines may use one. [New] makes one.
type Client struct {
	serving atomic.Pointer[generation] // nil: nothing has been loaded
	config  Config                     // without the token
	token   secret
	watched bool // there are hooks that want evaluations

	store  store
	status status
	events events
	usage  usage
	mistakes
	ending
}

// Enabled reports whether a flag is on. If no snapshot could decide, it returns the default. A flag that is killed or
// unknown is off, whatever the default.
func (c *Client) Enabled(key string, opts ...Option) bool {
	var d engine.Decision
	_, _ = c.decide(key, opts, &d)
	if d.Reason == engine.ReasonNotReady {
		return defaultOf(opts).bool()
	}
	return d.Enabled
}

// Variant returns the name of the variant that the actor is served. Without a variant gate, or without an actor, it
// returns the default.
func (c *Client) Variant(key string, opts ...Option) string {
	var d engine.Decision
	_, _ = c.decide(key, opts, &d)
	if d.VariantIndex < 0 {
		return defaultOf(opts).string()
	}
	return d.Variant
}

// Decide returns the whole decision about one flag.
func (c *Client) Decide(key string, opts ...Option) Decision {
	var d engine.Decision
	g, err := c.decide(key, opts, &d)
	return g.decision(key, &d, err)
}

// decide decides one flag, and returns the snapshot that decided. If none could, that is nil, and the error says why;
// it is nil too if nothing is loaded. d.Reason says whether the flag is known.
func (c *Client) decide(key string, opts []Option, d *engine.Decision) (*generation, error) {
	if in, g := simple(opts), c.serving.Load(); in != nil && g != nil && !c.watched {
		if i := g.findSimple(key); i >= 0 {
			g.native.Snapshot.EvaluateAt(i, in, nil, d)
			g.count(i, d.Enabled)
			return g, nil
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
	var err error
	if q.remembers() {
		g, flag, err = q.scope.decideOnce(by, key, &q, d)
	} else {
		g, flag, err = by.decideNow(key, &q, d)
	}
	by.evaluated(g, flag, key, &q, d, err)
	q.release()
	return g, err
}

// retries bound how often a call begins again because the snapshot that it took was retired meanwhile.
const retries = 64

// decideNow decides by the snapshot that serves now. It returns that and the flag's number: nil if no snapshot could
// decide, −1 for an unknown flag.
func (c *Client) decideNow(key string, q *query, d *engine.Decision) (*generation, int32, error) {
	var err error
	for range retries {
		g := c.serving.Load()
		if g == nil {
			break
		}
		i := g.find(key)
		if i < 0 {
			*d = undecided(engine.ReasonUnknownFlag)
			return g, i, nil
		}
		if err = g.decide(c, i, q, d); err == nil {
			return g, i, nil
		}
		if !errors.Is(err, ErrRetired) {
			break
		}
	}
	*d = undecided(engine.ReasonNotReady)
	return nil, -1, err
}

// evaluated counts a decision, or why there is none, and tells the hooks.
func (c *Client) evaluated(g *generation, flag int32, key string, q *query, d *engine.Decision, err error) {
	if flag < 0 {
		c.undecided(g, key, err)
	} else {
		g.count(flag, d.Enabled)
		if q.unreadable != "" {
			c.unread(q.unreadable)
		}
	}
	if c.watched {
		c.observe(g, key, q, d, err)
	}
}
