package flagset_test

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func ExampleParseYAML() {
	set, problems := flagset.ParseYAML([]byte(`
flags:
  - key: new_checkout
    gates:
      - {type: group, target: staff, enabled: true}
      - {type: percentage_of_actors, ratio: 1.5}
`))
	fmt.Println(len(set.Flags), len(problems))
	for _, p := range flagset.Join(problems, flagset.Validate(&set)) {
		fmt.Println(p)
	}
	// Output:
	// 1 0
	// flag new_checkout (percentage) /gates/1/ratio: 1.5 is not between 0 and 1 (both excluded) (for everyone, enable the boolean gate)
}

func ExampleEnable() {
	f := flagset.Flag{Key: "new_checkout"}
	for _, scope := range []flagset.Scope{flagset.ForGroup("staff"), flagset.ForPercentageOfActors(0.25), flagset.ForActor("user:7")} {
		changed, problems := flagset.Enable(f, scope)
		if err := flagset.Err(problems); err != nil {
			panic(err)
		}
		f = changed
	}
	f, _ = flagset.Disable(f, flagset.ForActor("user:7"))
	for _, g := range f.Gates {
		if g.Ratio != nil {
			fmt.Println(g.Type, *g.Ratio)
		} else {
			fmt.Println(g.Type, g.Target, g.Enabled)
		}
	}
	// Output:
	// actor user:7 false
	// group staff true
	// percentage_of_actors 0.25
}

func ExampleValidateFlag() {
	f, problems := flagset.ParseFlag([]byte(`{"key": "new_checkout", "gates": [
		{"type": "rule", "constraints": [{"attribute": "plan", "operator": "mathces", "values": ["^pro"]}]}
	]}`))
	for _, p := range flagset.Join(problems, flagset.ValidateFlag(&f)) {
		fmt.Println(p)
	}
	// Output:
	// flag new_checkout (rule) /gates/0/constraints/0/operator: "mathces" is not an operator (operators are eq, neq, in, not_in, contains, gt, gte, lt, lte, matches, semver_gte, semver_lt, starts_with, ends_with)
}
