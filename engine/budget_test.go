package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// TestSteps has flags that would be on, were it not for a pattern that costs too much.
func TestSteps(t *testing.T) {
	set, problems := flagset.ParseYAML([]byte(`
flags:
  - {key: costly, gates: [{type: rule, constraints: [{attribute: a, operator: matches, values: ["(a|.){0,99}$x"]}]}, {type: boolean}]}
  - {key: child, gates: [{type: prerequisite, target: costly}, {type: boolean}]}
  - {key: unless, gates: [{type: prerequisite, target: costly, enabled: false}, {type: boolean}]}
  - key: many
    gates:
      - {type: rule, constraints: [{attribute: a, operator: matches, values: [".*x"]}]}
      - {type: rule, constraints: [{attribute: a, operator: matches, values: [".*y.*"]}]}
      - {type: rule, constraints: [{attribute: a, operator: matches, values: ["(.*u|.*v|.*w|.*x)"]}]}
      - {type: rule, constraints: [{attribute: a, operator: matches, values: ["(.*r|.*s|.*t|.*u)"]}]}
      - {type: rule, constraints: [{attribute: a, operator: matches, values: [".*z"]}]}
      - {type: rule, constraints: [{attribute: b, operator: eq, values: [1]}]}
  - {key: cheap, gates: [{type: rule, constraints: [{attribute: a, operator: matches, values: ["^/"]}]}]}
`))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	data, _ := snapshot.Compile(snapshot.Header{Environment: "default"}, &set, snapshot.Tolerant)
	s := loaded(t, data)
	var sc engine.Scratch
	decide := func(key, text string) engine.Decision {
		in := engine.Input{Attributes: []engine.Attribute{engine.String("a", text), engine.Int("b", 1)}}
		var d, again engine.Decision
		s.Evaluate(key, &in, &sc, &d)
		steps := make([]engine.Step, 16)
		n := s.Explain(s.Find(key), &in, &sc, &again, steps)
		if d != again {
			t.Errorf("%s: Evaluate says %+v, Explain %+v", key, d, again)
		}
		if last := steps[n-1]; d.Exhausted != (last.Gate == engine.GateNone && last.A == 1) {
			t.Errorf("%s: exhausted %v, and the last step is %+v", key, d.Exhausted, last)
		}
		return d
	}
	long := strings.Repeat("/", 60_000)
	for _, key := range []string{"costly", "many"} {
		if d := decide(key, "/"); !d.Enabled || d.Exhausted {
			t.Errorf("%s over a short text: %+v", key, d)
		}
		if d := decide(key, long); d.Enabled || !d.Exhausted || d.Reason != engine.ReasonDefault || d.Gate != engine.GateNone {
			t.Errorf("%s over a long text: %+v", key, d)
		}
		if most := engine.MaxSteps + engine.MaxPatternInstructions; sc.Steps() > most {
			t.Errorf("%s took %d steps, more than %d", key, sc.Steps(), most)
		}
	}
	for _, key := range []string{"child", "unless"} {
		if d := decide(key, long); d.Enabled || d.Reason != engine.ReasonPrerequisite || d.Target != "costly" {
			t.Errorf("%s, which requires a flag that costs too much: %+v", key, d)
		}
	}
	if d := decide("cheap", long); !d.Enabled {
		t.Errorf("a decision after one that cost too much: %+v", d)
	}
}

// TestStepsOfComparisons compares long texts, lists and numbers in each way, in many rules. A decision ends at the limit, and
// one rule alone stays below it.
func TestStepsOfComparisons(t *testing.T) {
	const size = 30_000
	long := strings.Repeat("a", size)
	list := slices.Repeat([]any{int64(300)}, size/3)
	packed, err := flagset.AppendValue(nil, append(list[:len(list)-1:len(list)-1], int64(301)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		operator string
		values   []any
		with     engine.Attribute
		rules    int // that take more than the limit
	}{
		"contains":     {"contains", []any{strings.Repeat("a", size/2) + "b"}, engine.String("a", long), 1},
		"a short part": {"contains", []any{"ab"}, engine.String("a", long), 60},
		"starts_with":  {"starts_with", []any{long[1:] + "b"}, engine.String("a", long), 700},
		"ends_with":    {"ends_with", []any{"b" + long[1:]}, engine.String("a", long), 700},
		"eq":           {"eq", []any{long[:size-9] + "b" + long[:8]}, engine.String("a", long), 700},
		"in":           {"in", []any{long[:size-9] + "b" + long[:8]}, engine.String("a", long), 700},
		"gt":           {"gt", []any{long[1:] + "b"}, engine.String("a", long), 700},
		"semver_gte":   {"semver_gte", []any{"2.0.0-" + long}, engine.String("a", "1.0.0-"+long), 100},
		"many values":  {"in", slices.Repeat([]any{"x"}, 10_000), engine.String("a", "y"), 500},
		"big integers": {"gt", []any{1.5e300}, engine.Integer("a", "1"+strings.Repeat("0", 300)), 800},
		"lists":        {"eq", []any{list}, engine.Encoded("a", string(packed)), 60},
	} {
		t.Run(name, func(t *testing.T) {
			decide := func(rules int) (engine.Decision, int) {
				set := flagset.Set{Segments: []flagset.Segment{{Key: "s", Constraints: []flagset.Constraint{
					{Attribute: "a", Operator: c.operator, Values: c.values}, {Attribute: "a", Operator: "eq", Values: []any{"never"}},
				}}}}
				gates := slices.Repeat([]flagset.Gate{{Type: flagset.SegmentGate, Target: "s", Enabled: true}}, rules)
				set.Flags = []flagset.Flag{{Key: "f", Gates: append(gates, flagset.Gate{Type: flagset.Boolean, Enabled: true})}}
				data, _ := snapshot.Compile(snapshot.Header{Environment: "default"}, &set, snapshot.Tolerant)
				s := loaded(t, data)
				var d, bare engine.Decision
				var sc engine.Scratch
				in := engine.Input{Attributes: []engine.Attribute{c.with}}
				s.Evaluate("f", &in, &sc, &d)
				s.Evaluate("f", &in, nil, &bare)
				if d != bare {
					t.Errorf("with a scratch %+v, without %+v", d, bare)
				}
				return d, sc.Steps()
			}
			d, steps := decide(c.rules)
			if d.Enabled || !d.Exhausted || steps > engine.MaxSteps+1<<16 {
				t.Errorf("%d rules take %d steps: %+v", c.rules, steps, d)
			}
			if c.rules > 1 {
				if d, steps := decide(1); !d.Enabled || d.Exhausted || steps == 0 {
					t.Errorf("one rule takes %d steps: %+v", steps, d)
				}
			}
		})
	}
}
