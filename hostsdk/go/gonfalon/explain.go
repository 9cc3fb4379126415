package gonfalon

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/explain"
)

// Explanation is a decision with every gate that was looked at, in order, up to the one that decided.
type Explanation struct {
	Decision
	Steps []Step
}

// Step is one gate that was looked at; its Detail says in words what the gate compared.
type Step = explain.Step

// Comparison is one constraint of a rule or segment, and how it compared.
type Comparison = explain.Comparison

// Explain decides and returns every gate that was looked at. It costs far more than Decide, and isn't counted as usage.
func (c *Client) Explain(key string, opts ...Option) Explanation {
	var q query
	q.readAll(opts)
	if q.scope != nil {
		c = q.scope.client(c, key)
	}
	var err error
	for range retries {
		g := c.serving.Load()
		if g == nil {
			break
		}
		i := g.find(key)
		if i < 0 {
			c.undecided(g, key, nil)
			d := undecided(engine.ReasonUnknownFlag)
			return Explanation{Decision: g.decision(key, &d, nil)}
		}
		var x Explanation
		if x, err = g.explain(c, i, key, q); err == nil {
			if q.unreadable != "" {
				c.unread(q.unreadable)
			}
			return x
		}
		if !errors.Is(err, ErrRetired) {
			break
		}
	}
	c.undecided(nil, key, err)
	d := undecided(engine.ReasonNotReady)
	return Explanation{Decision: (*generation)(nil).decision(key, &d, err)}
}

// explain decides and explains one input, so that time and chance are the same.
func (g *generation) explain(c *Client, i int32, key string, q query) (Explanation, error) {
	q.settle(c, needNow|needRoll) // an explanation shows the time
	if err := g.narrow(i, &q); err != nil {
		return Explanation{}, err
	}
	var d engine.Decision
	if err := g.loaded.Decide(i, &q.in, &d); err != nil {
		return Explanation{}, err
	}
	data, err := g.loaded.Explain(i, &q.in)
	if err != nil {
		return Explanation{}, err
	}
	x := Explanation{Decision: g.decision(key, &d, nil)}
	x.Steps, err = explain.Read(data)
	return x, err
}

// String is the explanation as people read it: the answer, and a line for each gate.
func (x *Explanation) String() string {
	var b strings.Builder
	state := "off"
	switch {
	case x.Err != nil:
		state = x.Err.Error()
	case x.Reason == engine.ReasonNotReady:
		state = "nothing loaded"
	case !x.Known():
		state = "unknown flag"
	case x.Enabled:
		state = "on"
	}
	fmt.Fprintf(&b, "%s · revision %d · %s · %s", x.Key, x.Revision, state, x.Reason)
	if x.Variant != "" {
		fmt.Fprintf(&b, " · variant %s", x.Variant)
	}
	for i := range x.Steps {
		s := &x.Steps[i]
		target := ""
		if s.Target != "" {
			target = explain.Name(s.Target)
		}
		fmt.Fprintf(&b, "\n  %-20s %-16s %-9s %s", s.Gate, target, s.Outcome, s.Detail())
	}
	return b.String()
}
