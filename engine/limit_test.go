package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Each limit: at it, a strict compile and Load work and the flag decides; one past it, the compile is refused.
func TestLimits(t *testing.T) {
	flag := func(gates ...snapshot.Gate) *snapshot.Set {
		return &snapshot.Set{Flags: []snapshot.Flag{{Key: "f", Gates: gates}}}
	}
	repeat := func(n int, gate func(i int) snapshot.Gate) *snapshot.Set {
		gates := make([]snapshot.Gate, n)
		for i := range gates {
			gates[i] = gate(i)
		}
		return flag(gates...)
	}
	rule := func(c ...snapshot.Constraint) *snapshot.Set {
		return flag(snapshot.Gate{Type: snapshot.Rule, Enabled: true, Constraints: c})
	}
	values := func(n int) (list []any) {
		for i := range n {
			list = append(list, int64(i))
		}
		return list
	}
	for name, limit := range map[string]struct {
		max int
		set func(n int) *snapshot.Set
	}{
		"MaxTargets of actors": {engine.MaxTargets, func(n int) *snapshot.Set {
			return repeat(n, func(i int) snapshot.Gate {
				return snapshot.Gate{Type: snapshot.Actor, Target: fmt.Sprint("user:", i), Enabled: true}
			})
		}},
		"MaxTargets of groups": {engine.MaxTargets, func(n int) *snapshot.Set {
			return repeat(n, func(i int) snapshot.Gate {
				return snapshot.Gate{Type: snapshot.Group, Target: fmt.Sprint("group:", i), Enabled: true}
			})
		}},
		"MaxNameBytes of an actor": {engine.MaxNameBytes, func(n int) *snapshot.Set {
			return flag(snapshot.Gate{Type: snapshot.Actor, Target: strings.Repeat("x", n), Enabled: true})
		}},
		"MaxNameBytes of an attribute": {engine.MaxNameBytes, func(n int) *snapshot.Set {
			return rule(snapshot.Constraint{Attribute: strings.Repeat("x", n), Operator: "eq", Values: []any{"v"}})
		}},
		"MaxValues": {engine.MaxValues, func(n int) *snapshot.Set {
			return rule(snapshot.Constraint{Attribute: "a", Operator: "in", Values: values(n)})
		}},
		"MaxValueBytes": {engine.MaxValueBytes, func(n int) *snapshot.Set {
			return rule(snapshot.Constraint{Attribute: "a", Operator: "eq", Values: []any{strings.Repeat("9", n)}})
		}},
		"MaxConstraints": {engine.MaxConstraints, func(n int) *snapshot.Set {
			var list []snapshot.Constraint
			for i := range n {
				list = append(list, snapshot.Constraint{Attribute: fmt.Sprint("a", i), Operator: "eq", Values: []any{"v"}})
			}
			return rule(list...)
		}},
		"MaxPatternBytes": {engine.MaxPatternBytes, func(n int) *snapshot.Set {
			return rule(snapshot.Constraint{Attribute: "a", Operator: "matches", Values: []any{"[" + strings.Repeat("a", n-2) + "]"}})
		}},
		"MaxVariants": {engine.MaxVariants, func(n int) *snapshot.Set {
			var list []snapshot.Variant
			for i := range n {
				list = append(list, snapshot.Variant{Name: fmt.Sprintf("v%04d", i), Weight: snapshot.Int(1)})
			}
			return flag(snapshot.Gate{Type: snapshot.VariantGate, Variants: list})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := loaded(t, compiledSet(t, limit.set(limit.max)))
			if d := decide(s, "f", actor("user:5", "group:5")); d.Reason == engine.ReasonUnknownFlag {
				t.Errorf("at the limit: %+v", d)
			}
			if _, problems := snapshot.Compile(snapshot.Header{Environment: "test"}, limit.set(limit.max+1), snapshot.Strict); snapshot.Err(problems) == nil {
				t.Error("past the limit it compiled")
			}
		})
	}
}

// A pattern of exactly MaxPatternInstructions runs; one instruction more is refused.
func TestPatternInstructionLimit(t *testing.T) {
	last := 0
	for n := 400; n <= 520; n++ {
		if patterned(t, "^"+strings.Repeat("a", n)+"$") != nil {
			last = n
		}
	}
	if last < 500 || last >= 512 {
		t.Errorf("the longest chain of runes is %d", last)
	}
	s := patterned(t, "^"+strings.Repeat("a", last)+"$")
	if !s.MatchFirst(strings.Repeat("a", last)) || s.MatchFirst(strings.Repeat("a", last+1)) {
		t.Error("the longest pattern doesn't match right")
	}
}

// A hundred thousand targets are found as a hundred are.
func TestHundredThousandActors(t *testing.T) {
	set := &snapshot.Set{Flags: []snapshot.Flag{{Key: "f"}}}
	for i := range engine.MaxTargets {
		set.Flags[0].Gates = append(set.Flags[0].Gates, snapshot.Gate{Type: snapshot.Actor, Target: fmt.Sprint("user:", i), Enabled: i%3 > 0})
	}
	s := loaded(t, compiledSet(t, set))
	for i := range engine.MaxTargets {
		if d := decide(s, "f", actor(fmt.Sprint("user:", i))); d.Enabled != (i%3 > 0) || d.Gate != engine.GateActor {
			t.Fatalf("user:%d: %+v", i, d)
		}
	}
	if d := decide(s, "f", actor("user:x")); d.Gate != engine.GateNone {
		t.Errorf("%+v", d)
	}
}
