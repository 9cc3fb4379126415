package gonfalon

import (
	"fmt"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Explanation is a decision with every gate that was looked at, in order, up to the one that decided.
type Explanation struct {
	Decision
	Steps []Step
}

// Step is one gate looked at. What A, B and C are goes by the gate, as engine.Step says; nil is none, or open.
type Step struct {
	Gate        engine.Gate
	Outcome     engine.Outcome
	Target      string
	A, B, C     *int64
	Comparisons []Comparison // of rules and segments
}

// Comparison is one constraint, and how it compared. Values are nil, bool, int64, *big.Int, float64, string, []any or map[string]any.
type Comparison struct {
	Attribute string
	Operator  engine.Operator
	Values    []any
	Actual    any // nil if the context has none
	Held      bool
}

// Explain decides, and tells why. It costs far more than Decide, and isn't counted as usage.
func (c *Client) Explain(key string, opts ...Option) Explanation {
	var q query
	c.readAll(opts, &q)
	if q.scope != nil {
		if by := q.scope.instead(c, key); by != nil {
			return by.Explain(key, opts...)
		}
	}
	for range retries {
		g := c.serving.Load()
		if g == nil {
			break
		}
		i := g.find(key)
		if i < 0 {
			return Explanation{Decision: c.decision(key, g, &engine.Decision{Score: -1, VariantIndex: -1})}
		}
		if x, err := g.explain(c, i, key, q); err == nil {
			return x
		}
	}
	return Explanation{Decision: c.decision(key, nil, nil)}
}

// explain gives both from one input, so that time and chance are the same.
func (g *generation) explain(c *Client, i int32, key string, q query) (Explanation, error) {
	if q.fixed&fixedNow == 0 {
		q.in.Now = c.now() // which an explanation tells
	}
	g.settle(c, &q)
	if q.member != nil {
		names, err := g.groupsOf(i)
		if err != nil {
			return Explanation{}, err
		}
		q.in.Groups, q.member = ask(q.member, names, append([]string(nil), q.in.Groups...)), nil
	}
	var d engine.Decision
	if err := g.loaded.Decide(i, &q.in, &d); err != nil {
		return Explanation{}, err
	}
	data, err := g.loaded.Explain(i, &q.in)
	if err != nil {
		return Explanation{}, err
	}
	x := Explanation{Decision: c.decision(key, g, &d)}
	x.Steps, err = parseSteps(data)
	return x, err
}

// parseSteps reads an explanation of wasm/ABI.md.
func parseSteps(data []byte) ([]Step, error) {
	u := &unpacker{rest: data}
	integer := func() int64 {
		n, _ := u.value().(int64)
		return n
	}
	optional := func() *int64 {
		if n, ok := u.value().(int64); ok {
			return &n
		}
		return nil
	}
	text := func() string {
		s, _ := u.value().(string)
		return s
	}
	u.array() // [packed decision, steps]
	u.value()
	steps := make([]Step, u.array())
	for i := range steps {
		s := &steps[i]
		u.array()
		s.Gate, s.Outcome, s.Target = engine.Gate(integer()), engine.Outcome(integer()), text()
		s.A, s.B, s.C = optional(), optional(), optional()
		for range u.array() {
			u.array()
			c := Comparison{Attribute: text(), Operator: engine.Operator(integer()), Values: make([]any, u.array())}
			for k := range c.Values {
				c.Values[k] = u.value()
			}
			c.Actual = u.value()
			c.Held, _ = u.value().(bool)
			s.Comparisons = append(s.Comparisons, c)
		}
	}
	return steps, u.err
}

// String is the explanation as people read it: the answer, and a line for each gate.
func (x *Explanation) String() string {
	var b strings.Builder
	state := "off"
	switch {
	case !x.Ready:
		state = "nothing loaded"
	case !x.Known():
		state = "unknown flag"
	case x.Enabled:
		state = "on"
	}
	fmt.Fprintf(&b, "%s · revision %d · %s · %s", x.Key, x.Revision, state, x.Reason)
	if x.Served() {
		fmt.Fprintf(&b, " · variant %s", x.Variant)
	}
	for i := range x.Steps {
		s := &x.Steps[i]
		fmt.Fprintf(&b, "\n  %-20s %-24s %s", s.Gate, s.says(), s.Outcome)
		for _, c := range s.Comparisons {
			held := "no"
			if c.Held {
				held = "holds"
			}
			fmt.Fprintf(&b, "\n    %s %s %v: %v %s", c.Attribute, c.Operator, c.Values, c.Actual, held)
		}
	}
	return b.String()
}

// says is what the gate compared, in words.
func (s *Step) says() string {
	share := func(n *int64) string {
		if n == nil {
			return "not needed"
		}
		return fmt.Sprintf("%.4f", float64(*n)/65536)
	}
	bound := func(n *int64) string {
		if n == nil {
			return "…"
		}
		return time.UnixMicro(*n).UTC().Format(time.RFC3339)
	}
	switch s.Gate {
	case engine.GateActor, engine.GateGroup, engine.GateSegment:
		return s.Target
	case engine.GatePrerequisite:
		if s.A != nil && *s.A == 0 {
			return s.Target + " must be off"
		}
		return s.Target + " must be on"
	case engine.GatePercentageOfActors:
		return "score " + share(s.A) + " of " + share(s.B)
	case engine.GatePercentageOfTime:
		if s.A != nil && s.B != nil {
			return fmt.Sprintf("draw %d of %d", *s.A, *s.B)
		}
	case engine.GateSchedule:
		return bound(s.A) + " to " + bound(s.B)
	}
	return ""
}
