package explain_test

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/explain"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func ExampleOf() {
	set, _ := flagset.ParseYAML([]byte(`
flags:
  - key: new_checkout
    gates:
      - {type: group, target: staff}
      - {type: rule, constraints: [{attribute: plan, operator: in, values: [team]}]}
      - {type: percentage_of_actors, ratio: 0.25}
`))
	data, _ := snapshot.Compile(snapshot.Header{Environment: "default"}, &set, snapshot.Strict)
	s, _ := engine.Load(data)
	in := engine.Input{Actor: "user:3", Presence: engine.Keyed, Attributes: []engine.Attribute{engine.String("plan", "pro")}}
	decision, steps, _ := explain.Of(s, s.Find("new_checkout"), &in, new(engine.Scratch))
	fmt.Println(decision.Enabled, decision.Reason)
	for i := range steps {
		fmt.Println(steps[i].Gate, steps[i].Outcome, "·", steps[i].Detail())
	}
	// Output:
	// false DEFAULT
	// group no · in none of the flag's groups
	// rule no · plan in ["team"]: it is "pro"
	// boolean no · off
	// percentage_of_actors no · 25% of actors: score 0.8610 > 0.2500
}
