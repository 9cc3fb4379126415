package lint

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// The tests of this file hold what findings claim against the engine, over random sets and inputs.

var (
	groups     = []string{"staff", "sales", "beta"}
	attributes = map[string][]any{
		"plan": {"pro", "team", "free", "5", "x"},
		"age":  {int64(3), int64(5), int64(17), int64(18), 18.5, int64(40), "18", "5.0"},
		"app":  {"1.0.0", "1.9.0", "1.10.0", "2.0.0-rc.1"},
	}
)

func one[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func randomConstraint(r *rand.Rand) flagset.Constraint {
	name := one(r, "plan", "age", "app")
	values := attributes[name]
	k := flagset.Constraint{Attribute: name, Operator: one(r, "eq", "eq", "neq", "in", "not_in", "gt", "gte", "lt", "lte", "starts_with", "ends_with", "contains"), Values: []any{one(r, values...)}}
	switch {
	case name == "app" && r.IntN(2) == 0:
		k.Operator = one(r, "semver_gte", "semver_lt")
	case k.Operator == "in" || k.Operator == "not_in":
		for range r.IntN(3) {
			k.Values = append(k.Values, one(r, values...))
		}
	case strings.Contains(k.Operator, "w") || k.Operator == "contains":
		if _, text := k.Values[0].(string); !text {
			k.Operator = "eq"
		}
	}
	return k
}

func randomSet(r *rand.Rand) *flagset.Set {
	set := &flagset.Set{Settings: flagset.Settings{GroupConflict: one(r, flagset.DenyWins, flagset.AllowWins)}}
	for _, key := range []string{"s", "t"} {
		s := flagset.Segment{Key: key}
		for range 1 + r.IntN(3) {
			s.Constraints = append(s.Constraints, randomConstraint(r))
		}
		set.Segments = append(set.Segments, s)
	}
	for _, key := range []string{"child", "flag", "parent"} {
		f := flagset.Flag{Key: key, Killed: r.IntN(10) == 0}
		ratio := func() *float64 {
			if r.IntN(2) == 0 {
				return nil
			}
			return new(one(r, 0.1, 0.25, 0.5, 0.9))
		}
		for range r.IntN(6) {
			g := flagset.Gate{Type: one(r, flagset.Boolean, flagset.Actor, flagset.Group, flagset.PercentageOfActors, flagset.PercentageOfTime, flagset.VariantGate, flagset.Rule, flagset.SegmentGate, flagset.SegmentGate, flagset.Prerequisite, flagset.Schedule), Enabled: r.IntN(3) > 0}
			switch g.Type {
			case flagset.Actor:
				g.Target = one(r, "user:1", "user:2")
			case flagset.Group:
				g.Target = one(r, groups...)
			case flagset.PercentageOfActors, flagset.PercentageOfTime:
				for g.Ratio == nil {
					g.Ratio = ratio()
				}
			case flagset.VariantGate:
				for _, name := range []string{"a", "b", "c"}[:1+r.IntN(3)] {
					g.Variants = append(g.Variants, flagset.Variant{Name: name, Weight: flagset.Int(r.Int64N(3))})
				}
			case flagset.Rule:
				g.Ratio = ratio()
				for range 1 + r.IntN(3) {
					g.Constraints = append(g.Constraints, randomConstraint(r))
				}
			case flagset.SegmentGate:
				g.Target, g.Ratio = one(r, "s", "t"), ratio()
				if r.IntN(4) == 0 { // the rule's own constraints, so that one includes the other
					for i := range f.Gates {
						if f.Gates[i].Type == flagset.Rule {
							set.Segments[0].Constraints = append(slices.Clone(f.Gates[i].Constraints), randomConstraint(r))
						}
					}
				}
			case flagset.Prerequisite:
				if key != "child" {
					continue
				}
				g.Target = one(r, "flag", "parent")
			case flagset.Schedule:
				if r.IntN(2) == 0 {
					g.From = new("2026-01-01T00:00:00Z")
				}
			}
			if !slices.ContainsFunc(f.Gates, func(x flagset.Gate) bool { return x.Slot() == g.Slot() }) {
				f.Gates = append(f.Gates, g)
			}
		}
		set.Flags = append(set.Flags, f)
	}
	return set.Sorted()
}

func randomInput(r *rand.Rand) *engine.Input {
	in := &engine.Input{Presence: one(r, engine.NoActor, engine.Keyless, engine.Keyed, engine.Keyed), Roll: r.Uint64(), Now: one(r, now.UnixMicro(), 0)}
	if in.Presence == engine.Keyed {
		in.Actor = fmt.Sprintf("user:%d", r.IntN(40))
	}
	for _, g := range groups {
		if r.IntN(3) == 0 {
			in.Groups = append(in.Groups, g)
		}
	}
	for name, values := range attributes {
		if r.IntN(4) == 0 {
			continue
		}
		switch v := one(r, values...).(type) {
		case string:
			in.Attributes = append(in.Attributes, engine.String(name, v))
		case int64:
			in.Attributes = append(in.Attributes, engine.Int(name, v))
		case float64:
			in.Attributes = append(in.Attributes, engine.Float(name, v))
		}
	}
	return in
}

func load(t *testing.T, set *flagset.Set) *engine.Snapshot {
	t.Helper()
	data, problems := snapshot.Compile(snapshot.Header{Environment: "default"}, set, snapshot.Tolerant)
	if data == nil {
		t.Fatal(problems)
	}
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// without returns the set without one gate of one flag.
func without(set *flagset.Set, flag, slot string) *flagset.Set {
	out := *set
	out.Flags = slices.Clone(set.Flags)
	for i := range out.Flags {
		if out.Flags[i].Key == flag {
			out.Flags[i].Gates = slices.DeleteFunc(slices.Clone(out.Flags[i].Gates), func(g flagset.Gate) bool { return g.Slot() == slot })
		}
	}
	return &out
}

func TestFindingsAreTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	seen := map[string]int{}
	var sc engine.Scratch
	var before, after engine.Decision
	for range 4000 {
		set := randomSet(r)
		full := load(t, set)
		for _, f := range Check(set, Facts{Now: now}) {
			seen[f.Rule]++
			claim := full
			switch f.Rule {
			case DeadGate, ShadowedGate:
				claim = load(t, without(set, f.Flag, f.Gate))
			case NeverOn:
			case NeverHolds:
				if f.Flag == "" || !strings.HasPrefix(f.Gate, string(flagset.Rule)) {
					continue
				}
				claim = load(t, without(set, f.Flag, f.Gate))
			case SameScore:
			default:
				continue
			}
			for range 200 {
				in := randomInput(r)
				full.Evaluate(f.Flag, in, &sc, &before)
				claim.Evaluate(f.Flag, in, &sc, &after)
				switch {
				case before.Enabled != after.Enabled:
					t.Fatalf("%+v\nfor %+v: %v with the gate, %v without\n%+v", f, in, before.Enabled, after.Enabled, set)
				case f.Rule == NeverOn && before.Enabled:
					t.Fatalf("%+v\nfor %+v it is on\n%+v", f, in, set)
				case f.Rule == SameScore && before.Enabled && before.Gate == engine.GatePercentageOfActors && strings.Contains(f.Detail, "served "+quote(before.Variant)):
					t.Fatalf("%+v\nfor %+v it is on, and serves %s\n%+v", f, in, before.Variant, set)
				}
			}
		}
	}
	for _, rule := range []string{DeadGate, ShadowedGate, NeverOn, NeverHolds, SameScore} {
		if seen[rule] < 50 {
			t.Errorf("%s was found only %d times", rule, seen[rule])
		}
	}
	t.Log(seen)
}
