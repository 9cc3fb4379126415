package explain

import (
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Step is one gate that the engine looked at. What A, B and C mean depends on the gate, as in engine.Step; nil means
// none, or an open end.
type Step struct {
	Gate        engine.Gate
	Outcome     engine.Outcome
	Target      string
	A, B, C     *int64
	Comparisons []Comparison // of rules and segments
}

// Comparison is one constraint and the result of comparing it. Values are nil, bool, int64, *big.Int, float64, string,
// []any or map[string]any.
type Comparison struct {
	Attribute string
	Operator  engine.Operator
	Values    []any
	Actual    any // nil if the context doesn't have the attribute
	Held      bool
}

// Of decides flag i and returns the decision with its steps. sc may be nil if the flag doesn't need a Scratch.
func Of(s *engine.Snapshot, i int32, in *engine.Input, sc *engine.Scratch) (engine.Decision, []Step, error) {
	var d engine.Decision
	var r engine.Request
	r.Parse(string(engine.AppendRequest(nil, i, in)))
	steps, err := Read(Bytes(s, &r, sc, &d))
	return d, steps, err
}

// Bytes decides the request's flag into d and returns the explanation's bytes, which wasm/ABI.md describes.
func Bytes(s *engine.Snapshot, r *engine.Request, sc *engine.Scratch, d *engine.Decision) []byte {
	const usual = 16 << 10
	var x engine.ExplanationBuffer
	for out := make([]byte, usual); ; out = make([]byte, 2*len(out)) {
		if size := x.Write(s, r, sc, d, out); size >= 0 {
			return out[:size]
		}
	}
}

// Read reads the bytes of an explanation.
func Read(data []byte) ([]Step, error) {
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

// Detail returns what the gate compared, in words.
func (s *Step) Detail() string {
	if s.Outcome == engine.OutcomeNotAsked {
		if s.Gate == engine.GateRule || s.Gate == engine.GateSegment {
			return "the context is empty"
		}
		return "there is no actor"
	}
	switch s.Gate {
	case engine.GateNone:
		if s.A != nil {
			return "the comparisons took too many steps over this context"
		}
		return "a newer build wrote this flag, and this one can't read it"
	case engine.GateActor:
		return []string{"not named", "named, and allowed", "named, and denied"}[min(s.Outcome, engine.OutcomeDeny)]
	case engine.GateGroup:
		return []string{"in none of the flag's groups", "a member, and allowed", "a member, and denied"}[min(s.Outcome, engine.OutcomeDeny)]
	case engine.GateRule, engine.GateSegment:
		return s.rule()
	case engine.GateBoolean:
		return onOff(s.A)
	case engine.GateSchedule:
		return s.window()
	case engine.GatePercentageOfActors:
		return share(s.A, s.B, "actors")
	case engine.GatePercentageOfTime:
		return percent(value(s.B), draws) + "% of the time: drew " + compared(strconv.FormatInt(value(s.A), 10), value(s.A), value(s.B), strconv.FormatInt(value(s.B), 10)) + " of 10000"
	case engine.GatePrerequisite:
		return s.prerequisite()
	case engine.GateKill:
		return "the flag is killed"
	}
	return ""
}

// rule describes the constraints up to the first that doesn't hold and, if all hold, the share of the matches that is
// granted.
func (s *Step) rule() string {
	var told []string
	for _, c := range s.Comparisons {
		told = append(told, c.String())
		if !c.Held {
			return strings.Join(told, " and ")
		}
	}
	if s.B != nil {
		told = append(told, share(s.A, s.B, "them"))
	}
	return strings.Join(told, " and ")
}

// String returns what the constraint compares and, if it doesn't hold, what it compared with.
func (c Comparison) String() string {
	text := Name(c.Attribute) + " " + c.Operator.String() + " " + c.values()
	switch {
	case c.Held:
		return text
	case c.Actual == nil:
		return text + ": it is missing"
	}
	return text + ": it is " + Short(c.Actual)
}

// values returns the value of an operator that takes one, or else the list.
func (c Comparison) values() string {
	if len(c.Values) == 1 && c.Operator != engine.OpIn && c.Operator != engine.OpNotIn {
		return Short(c.Values[0])
	}
	return Short(c.Values)
}

func (s *Step) window() string {
	now := ", and it is " + moment(value(s.C))
	switch {
	case s.A == nil && s.B == nil:
		return "always open" + now
	case s.A == nil:
		return "until " + moment(*s.B) + now
	case s.B == nil:
		return "from " + moment(*s.A) + " on" + now
	}
	return "from " + moment(*s.A) + " until " + moment(*s.B) + now
}

func (s *Step) prerequisite() string {
	found := "missing"
	if s.B != nil {
		found = []string{"off", "on", "in a cycle, too deep, too costly, or unreadable"}[min(max(*s.B, 0), 2)]
	}
	if s.Outcome == engine.OutcomePass {
		return found + ", as required"
	}
	return found + ", but must be " + onOff(s.A)
}

func onOff(n *int64) string {
	if value(n) == 1 {
		return "on"
	}
	return "off"
}

func value(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
