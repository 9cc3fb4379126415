package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// At each limit, a strict compile and Load succeed and the flag decides. One past it, compiling is refused.
func TestLimits(t *testing.T) {
	flag := func(gates ...flagset.Gate) *flagset.Set {
		return &flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: gates}}}
	}
	repeat := func(n int, gate func(i int) flagset.Gate) *flagset.Set {
		gates := make([]flagset.Gate, n)
		for i := range gates {
			gates[i] = gate(i)
		}
		return flag(gates...)
	}
	rule := func(c ...flagset.Constraint) *flagset.Set {
		return flag(flagset.Gate{Type: flagset.Rule, Enabled: true, Constraints: c})
	}
	values := func(n int) (list []any) {
		for i := range n {
			list = append(list, int64(i))
		}
		return list
	}
	for name, limit := range map[string]struct {
		max int
		set func(n int) *flagset.Set
	}{
		"MaxTargets of actors": {engine.MaxTargets, func(n int) *flagset.Set {
			return repeat(n, func(i int) flagset.Gate {
				return flagset.Gate{Type: flagset.Actor, Target: fmt.Sprint("user:", i), Enabled: true}
			})
		}},
		"MaxTargets of groups": {engine.MaxTargets, func(n int) *flagset.Set {
			return repeat(n, func(i int) flagset.Gate {
				return flagset.Gate{Type: flagset.Group, Target: fmt.Sprint("group:", i), Enabled: true}
			})
		}},
		"MaxNameBytes of an actor": {engine.MaxNameBytes, func(n int) *flagset.Set {
			return flag(flagset.Gate{Type: flagset.Actor, Target: strings.Repeat("x", n), Enabled: true})
		}},
		"MaxNameBytes of an attribute": {engine.MaxNameBytes, func(n int) *flagset.Set {
			return rule(flagset.Constraint{Attribute: strings.Repeat("x", n), Operator: "eq", Values: []any{"v"}})
		}},
		"MaxValues": {engine.MaxValues, func(n int) *flagset.Set {
			return rule(flagset.Constraint{Attribute: "a", Operator: "in", Values: values(n)})
		}},
		"MaxValueBytes": {engine.MaxValueBytes, func(n int) *flagset.Set {
			return rule(flagset.Constraint{Attribute: "a", Operator: "eq", Values: []any{strings.Repeat("9", n)}})
		}},
		"MaxConstraints": {engine.MaxConstraints, func(n int) *flagset.Set {
			var list []flagset.Constraint
			for i := range n {
				list = append(list, flagset.Constraint{Attribute: fmt.Sprint("a", i), Operator: "eq", Values: []any{"v"}})
			}
			return rule(list...)
		}},
		"MaxPatternBytes": {engine.MaxPatternBytes, func(n int) *flagset.Set {
			return rule(flagset.Constraint{Attribute: "a", Operator: "matches", Values: []any{"[" + strings.Repeat("a", n-2) + "]"}})
		}},
		"MaxVariants": {engine.MaxVariants, func(n int) *flagset.Set {
			var list []flagset.Variant
			for i := range n {
				list = append(list, flagset.Variant{Name: fmt.Sprintf("v%04d", i), Weight: flagset.Int(1)})
			}
			return flag(flagset.Gate{Type: flagset.VariantGate, Variants: list})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := loaded(t, compiledSet(t, limit.set(limit.max)))
			if d := decide(s, "f", actor("user:5", "group:5")); d.Reason == engine.ReasonUnknownFlag {
				t.Errorf("at the limit: %+v", d)
			}
			if _, problems := snapshot.Compile(snapshot.Header{Environment: "test"}, limit.set(limit.max+1), snapshot.Strict); flagset.Err(problems) == nil {
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

// Targets are found among a hundred thousand as they are among a hundred.
func TestHundredThousandActors(t *testing.T) {
	set := &flagset.Set{Flags: []flagset.Flag{{Key: "f"}}}
	for i := range engine.MaxTargets {
		set.Flags[0].Gates = append(set.Flags[0].Gates, flagset.Gate{Type: flagset.Actor, Target: fmt.Sprint("user:", i), Enabled: i%3 > 0})
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
