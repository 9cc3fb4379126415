package engine_test

import (
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// TestPatternSteps has flags that would be on, were it not for a pattern that costs too much.
func TestPatternSteps(t *testing.T) {
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
		if most := engine.MaxPatternSteps + engine.MaxPatternInstructions; sc.PatternSteps() > most {
			t.Errorf("%s took %d steps, more than %d", key, sc.PatternSteps(), most)
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
