package engine_test

import (
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// explained checks that an explanation agrees with the decision, and returns its steps.
func explained(t testing.TB, s *engine.Snapshot, key string, in engine.Input) []engine.Step {
	t.Helper()
	var sc engine.Scratch
	var d engine.Decision
	steps := make([]engine.Step, 4096)
	i := s.Find(key)
	steps = steps[:s.Explain(i, &in, &sc, &d, steps)]
	if want := decide(s, key, in); d != want {
		t.Fatalf("%s: explained %+v, decided %+v", key, d, want)
	}
	for k, step := range steps {
		decided := step.Outcome == engine.OutcomeYes || step.Outcome == engine.OutcomeDeny || step.Outcome == engine.OutcomeFail
		if last := k == len(steps)-1; decided && (!last || step.Gate != d.Gate || step.Target != d.Target) || last && d.Gate != engine.GateNone && !decided {
			t.Fatalf("%s: step %d of %d is %+v, the decision %+v", key, k, len(steps), step, d)
		}
	}
	return steps
}

func TestExplain(t *testing.T) {
	s := load(t, everything)
	for i := range 64 {
		for f := range s.Len() {
			in := engine.Input{Now: 1795737600_000_000 + int64(i%3-1), Roll: uint64(i)}
			in.Presence = engine.Presence(i % 3)
			if in.Presence == engine.Keyed {
				in.Actor = fmt.Sprint("user:", i/3)
			}
			if i&4 != 0 {
				in.Groups = []string{"visitors", "staff", "banned"}[:1+i%3]
			}
			if i&8 != 0 {
				in.Attributes = []engine.Attribute{engine.String("plan", "team"), engine.Int("seats", int64(i)), engine.String("country", "DE")}
			}
			explained(t, s, s.Key(f), in)
		}
	}
}

func TestExplainSteps(t *testing.T) {
	s := load(t, everything)
	in := actor("user:9", "visitors")
	in.Attributes = []engine.Attribute{engine.String("plan", "free"), engine.String("seats", "11")}
	steps := explained(t, s, "rules", in)
	var got []string
	var sc engine.Scratch
	for _, step := range steps {
		got = append(got, fmt.Sprint(step.Gate, " ", step.Target, " ", step.Outcome))
		from, to := step.Constraints()
		for i := from; i < to; i++ {
			var c engine.Comparison
			s.Comparison(i, &in, &sc, &c)
			got = append(got, fmt.Sprint("  ", c.Attribute, " ", c.Operator, " ", c.Values, " ", c.Held))
		}
	}
	want := []string{
		"rule  no", "  country eq 1 false",
		"segment mail no", "  email matches 1 false",
		"segment premium no", "  plan in 2 false", "  seats gte 1 true",
		"boolean  no",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
