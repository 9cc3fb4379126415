package engine_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func TestEvaluate(t *testing.T) {
	s := load(t, everything)
	with := func(in engine.Input, a ...engine.Attribute) engine.Input { in.Attributes = a; return in }
	pro := []engine.Attribute{engine.String("plan", "pro"), engine.Int("seats", 12)}
	week := func(us int64) engine.Input { return engine.Input{Now: us} }
	const from, until = 1795737600_000_000, 1796342400_000_000
	for _, c := range []struct {
		flag    string
		in      engine.Input
		enabled bool
		reason  engine.Reason
		gate    engine.Gate
		target  string
		variant string
	}{
		{"unknown", actor("user:1"), false, engine.ReasonUnknownFlag, engine.GateNone, "", ""},
		{"actors", actor("user:1"), true, engine.ReasonTargetingMatch, engine.GateActor, "user:1", ""},
		{"actors", actor("user:2"), false, engine.ReasonTargetingMatch, engine.GateActor, "user:2", ""},
		{"actors", actor("user:3"), true, engine.ReasonStatic, engine.GateBoolean, "", ""},
		{"actors", engine.Input{}, true, engine.ReasonStatic, engine.GateBoolean, "", ""},
		{"actors", engine.Input{Presence: engine.Keyless}, true, engine.ReasonStatic, engine.GateBoolean, "", ""},
		{"groups", actor("x", "staff"), true, engine.ReasonTargetingMatch, engine.GateGroup, "staff", ""},
		{"groups", actor("x", "staff", "banned"), false, engine.ReasonTargetingMatch, engine.GateGroup, "banned", ""},
		{"groups", actor("x", "banned", "staff"), false, engine.ReasonTargetingMatch, engine.GateGroup, "banned", ""},
		{"groups", engine.Input{Presence: engine.Keyless, Groups: []string{"staff"}}, true, engine.ReasonTargetingMatch, engine.GateGroup, "staff", ""},
		{"groups", engine.Input{Groups: []string{"staff"}}, false, engine.ReasonDefault, engine.GateNone, "", ""},
		{"half", engine.Input{}, false, engine.ReasonDefault, engine.GateNone, "", ""},
		{"half", engine.Input{Presence: engine.Keyless}, false, engine.ReasonDefault, engine.GateNone, "", ""},
		{"killed", actor("user:1"), false, engine.ReasonKilled, engine.GateKill, "", "a"},
		{"needs", actor("x"), false, engine.ReasonPrerequisite, engine.GatePrerequisite, "groups", ""},
		{"needs", actor("x", "staff"), true, engine.ReasonStatic, engine.GateBoolean, "", ""},
		{"rules", with(actor("x"), pro...), true, engine.ReasonTargetingMatch, engine.GateSegment, "premium", ""},
		{"rules", with(engine.Input{}, pro...), true, engine.ReasonTargetingMatch, engine.GateSegment, "premium", ""},
		{"rules", with(actor("x"), engine.String("email", "jo.do@acme.org")), true, engine.ReasonTargetingMatch, engine.GateSegment, "mail", ""},
		{"rules", with(actor("x"), engine.String("plan", "pro")), false, engine.ReasonDefault, engine.GateNone, "", ""},
		{"rules", with(engine.Input{}, engine.String("country", "DE")), false, engine.ReasonDefault, engine.GateNone, "", ""},
		{"week", week(from - 1), false, engine.ReasonDefault, engine.GateNone, "", ""},
		{"week", week(from), true, engine.ReasonTargetingMatch, engine.GateSchedule, "", ""},
		{"week", week(until - 1), true, engine.ReasonTargetingMatch, engine.GateSchedule, "", ""},
		{"week", week(until), false, engine.ReasonDefault, engine.GateNone, "", ""},
	} {
		d := decide(s, c.flag, c.in)
		if d.Enabled != c.enabled || d.Reason != c.reason || d.Gate != c.gate || d.Target != c.target || d.Variant != c.variant {
			t.Errorf("%s %+v: %+v", c.flag, c.in, d)
		}
	}
}

// A rule with a ratio grants exactly the matching actors whose score is at most the ratio.
func TestRuleRollout(t *testing.T) {
	s := load(t, everything)
	for i := range 500 {
		in := actor(fmt.Sprint("user:", i))
		in.Attributes = []engine.Attribute{engine.String("country", "DE")}
		d := decide(s, "rules", in)
		score := engine.Score(in.Actor, "rules")
		if want := float64(score)/65536 <= 0.5; d.Enabled != want || d.Score != int32(score) {
			t.Fatalf("%s: %+v, score %d", in.Actor, d, score)
		}
	}
}

// A ratio next to 1 still needs an actor; no ratio doesn't.
func TestRuleRolloutToAllButOne(t *testing.T) {
	for _, ratio := range []*float64{new(65535.0 / 65536), nil} {
		s := loaded(t, compiledSet(t, &flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Ratio: ratio,
			Constraints: []flagset.Constraint{{Attribute: "a", Operator: "eq", Values: []any{"v"}}}}}}}}))
		in := engine.Input{Attributes: []engine.Attribute{engine.String("a", "v")}}
		if d := decide(s, "f", in); d.Enabled != (ratio == nil) {
			t.Errorf("without an actor: %+v", d)
		}
		in.Actor, in.Presence = "user:1", engine.Keyed
		if d := decide(s, "f", in); !d.Enabled {
			t.Errorf("with an actor: %+v", d)
		}
	}
}

// Raising a ratio only adds actors.
func TestRaisingARatioOnlyAddsActors(t *testing.T) {
	const actors = 3000
	had := make([]bool, actors)
	for _, ratio := range []float64{1e-7, 1.0 / 65536, 0.0001, 0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.999, 0.999999} {
		r := ratio
		s := loaded(t, compiledSet(t, &flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: []flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: &r}}}}}))
		n := 0
		for i := range actors {
			d := decide(s, "f", actor(fmt.Sprint("user:", i)))
			if had[i] && !d.Enabled {
				t.Fatalf("ratio %v takes user:%d out", ratio, i)
			}
			if had[i] = d.Enabled; d.Enabled {
				n++
			}
			if d.Enabled != (float64(d.Score)/65536 <= ratio) {
				t.Fatalf("ratio %v, score %d: %v", ratio, d.Score, d.Enabled)
			}
		}
		if share := float64(n) / actors; math.Abs(share-ratio) > 0.03 {
			t.Errorf("ratio %v: share %v", ratio, share)
		}
	}
}

// Variant shares follow the weights, and every actor keeps its variant.
func TestVariantShares(t *testing.T) {
	s := load(t, `flags: [{key: dist, gates: [{type: variant, variants: [{name: a, weight: 7}, {name: b, weight: 3}, {name: never, weight: 0}]}]}]`)
	count := map[string]int{}
	for i := range 10_000 {
		d := decide(s, "dist", actor(fmt.Sprint(i+1)))
		if again := decide(s, "dist", actor(fmt.Sprint(i+1))); again != d {
			t.Fatalf("%+v, then %+v", d, again)
		}
		count[d.Variant]++
	}
	if count["a"] != 6969 || count["b"] != 3031 {
		t.Errorf("%v, want a 6969, b 3031 as the reference", count)
	}
}

func TestTimeShare(t *testing.T) {
	s := load(t, everything)
	n := 0
	for roll := range uint64(20_000) {
		if decide(s, "sometimes", engine.Input{Roll: roll}).Enabled {
			n++
		}
	}
	if n < 4800 || n > 5200 {
		t.Errorf("25%% of time: %d of 20,000", n)
	}
}

func TestPayload(t *testing.T) {
	s := load(t, everything)
	d := decide(s, "hero", actor("user:1"))
	if want := map[string]string{"blue": `{"hex":"#00f"}`, "green": `{"hex":"#0f0"}`}[d.Variant]; want == "" || d.Payload != want {
		t.Errorf("%+v", d)
	}
}

// chain returns n flags, each of which requires the next; the last is on.
func chain(n int) *flagset.Set {
	set := new(flagset.Set)
	for i := range n {
		f := flagset.Flag{Key: fmt.Sprintf("f%04d", i), Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}}}
		if i < n-1 {
			f.Gates = append(f.Gates, flagset.Gate{Type: flagset.Prerequisite, Target: fmt.Sprintf("f%04d", i+1), Enabled: true})
		}
		set.Flags = append(set.Flags, f)
	}
	return set
}

func tolerant(t testing.TB, set *flagset.Set) *engine.Snapshot {
	t.Helper()
	data, _ := snapshot.Compile(snapshot.Header{Environment: "test"}, set, snapshot.Tolerant)
	return loaded(t, data)
}

func TestPrerequisiteDepth(t *testing.T) {
	if d := decide(tolerant(t, chain(engine.MaxReachable)), "f0000", engine.Input{}); !d.Enabled {
		t.Errorf("a chain of %d: %+v", engine.MaxReachable, d)
	}
	if d := decide(tolerant(t, chain(engine.MaxReachable+1)), "f0000", engine.Input{}); d.Enabled || d.Reason != engine.ReasonPrerequisite {
		t.Errorf("a chain of %d: %+v", engine.MaxReachable+1, d)
	}
}

// A diamond 60 levels deep has 2^60 paths and 120 flags: it is decided in linear time, or not at all.
func TestDiamondsAreLinear(t *testing.T) {
	set := new(flagset.Set)
	const levels = 60
	for i := range levels {
		for _, side := range []string{"a", "b"} {
			f := flagset.Flag{Key: fmt.Sprintf("%s%02d", side, i), Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}}}
			if i < levels-1 {
				f.Gates = append(f.Gates, flagset.Gate{Type: flagset.Prerequisite, Target: fmt.Sprintf("a%02d", i+1), Enabled: true},
					flagset.Gate{Type: flagset.Prerequisite, Target: fmt.Sprintf("b%02d", i+1), Enabled: true})
			}
			set.Flags = append(set.Flags, f)
		}
	}
	if d := decide(tolerant(t, set), "a00", engine.Input{}); !d.Enabled {
		t.Errorf("%+v", d)
	}
}

func TestCyclesFailClosed(t *testing.T) {
	s := tolerant(t, &flagset.Set{Flags: []flagset.Flag{
		{Key: "a", Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}, {Type: flagset.Prerequisite, Target: "b", Enabled: true}}},
		{Key: "b", Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}, {Type: flagset.Prerequisite, Target: "a", Enabled: true}}},
		{Key: "self_off", Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}, {Type: flagset.Prerequisite, Target: "self_off", Enabled: false}}},
		{Key: "off_cycle", Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}, {Type: flagset.Prerequisite, Target: "a", Enabled: false}}},
	}})
	for _, key := range []string{"a", "b", "self_off", "off_cycle"} {
		if d := decide(s, key, engine.Input{}); d.Enabled || d.Reason != engine.ReasonPrerequisite {
			t.Errorf("%s: %+v", key, d)
		}
	}
}

func TestEvaluateAll(t *testing.T) {
	s := load(t, everything)
	in := actor("user:1", "staff")
	var sc engine.Scratch
	all := make([]engine.Decision, s.Len()+3)
	if n := s.EvaluateAll(nil, &in, &sc, all); n != s.Len() {
		t.Fatalf("%d of %d", n, s.Len())
	}
	some := make([]engine.Decision, 2)
	if n := s.EvaluateAll([]int32{3, 1, 2}, &in, &sc, some); n != 2 || some[0] != all[3] || some[1] != all[1] {
		t.Errorf("chosen flags: %d, %+v", n, some)
	}
	for i := range s.Len() {
		if d := decide(s, s.Key(i), in); d != all[i] {
			t.Errorf("%s: %+v, alone %+v", s.Key(i), all[i], d)
		}
	}
}

func TestEvaluateDoesNotAllocate(t *testing.T) {
	s := load(t, everything)
	in := actor("user:77", "visitors", "banned")
	in.Attributes = []engine.Attribute{engine.String("email", "jo.do@acme.de"), engine.String("plan", "pro"), engine.Int("seats", 3), engine.Float("x", 1.5)}
	request, err := request.Request{Flags: []string{"rules"}, Actor: &in.Actor, Attributes: map[string]any{"plan": "pro", "seats": int64(1), "big": strings.Repeat("9", 40)}}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var (
		sc    engine.Scratch
		d     engine.Decision
		r     engine.Request
		text  = string(request)
		all   = make([]engine.Decision, s.Len())
		steps = make([]engine.Step, 64)
		names = make([]string, 16)
	)
	if n := testing.AllocsPerRun(100, func() {
		for i := range s.Len() {
			s.Evaluate(s.Key(i), &in, &sc, &d)
			s.Explain(i, &in, &sc, &d, steps)
			s.Groups(i, &sc, names)
		}
		s.EvaluateAll(nil, &in, &sc, all)
		if !r.Parse(text) {
			t.Fatal("malformed request")
		}
		s.Evaluate(r.Flag, &r.Input, &sc, &d)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A flag marked as fixed is decided the same for every input, and flags that look at nothing are marked as fixed.
func TestFixed(t *testing.T) {
	s := load(t, everything+`
  - {key: plain_on, gates: [{type: boolean, enabled: true}]}
  - {key: plain_off, gates: [{type: boolean, enabled: false}]}
  - {key: empty, gates: []}
  - {key: on_anyway, gates: [{type: boolean, enabled: true}, {type: percentage_of_actors, ratio: 0.5}, {type: schedule, from: "2026-11-27T00:00:00Z", until: null}]}
`)
	var fixed []string
	for i := range s.Len() {
		first := decide(s, s.Key(i), engine.Input{})
		if first.Fixed {
			fixed = append(fixed, s.Key(i))
		}
		for n := range 200 {
			in := actor(fmt.Sprint("user:", n), []string{"staff", "banned"}[n%2])
			in.Now, in.Roll = int64(n)*20_000_000_000_000, uint64(n)
			in.Attributes = []engine.Attribute{engine.String("plan", "pro"), engine.Int("seats", int64(n))}
			if d := decide(s, s.Key(i), in); d.Fixed != first.Fixed || d.Fixed && d != first {
				t.Fatalf("%s: %+v, at first %+v", s.Key(i), d, first)
			}
		}
	}
	if want := []string{"empty", "killed", "on_anyway", "plain_off", "plain_on"}; !slices.Equal(fixed, want) {
		t.Errorf("fixed: %q, want %q", fixed, want)
	}
}
