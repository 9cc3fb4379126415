package engine_test

import (
	"errors"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// snapshotBytes returns what a control plane would send to a host.
func snapshotBytes() []byte {
	set, _ := flagset.ParseYAML([]byte(`
flags:
  - key: new_checkout
    gates:
      - {type: group, target: staff, enabled: true}
      - {type: percentage_of_actors, ratio: 0.25}
`))
	data, problems := snapshot.Compile(snapshot.Header{Environment: "default", Revision: 7}, &set, snapshot.Strict)
	if err := flagset.Err(problems); err != nil {
		panic(err)
	}
	return data
}

func ExampleLoad() {
	data := snapshotBytes()
	s, err := engine.Load(data)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Environment(), s.Revision(), s.Len())

	data[40] ^= 1 // damaged on its way
	_, err = engine.Load(data)
	var refused *engine.LoadError
	fmt.Println(errors.As(err, &refused), refused.Code)
	// Output:
	// default 7 1
	// true the content id doesn't match the bytes: they are truncated or altered
}

func ExampleSnapshot_Evaluate() {
	s, err := engine.Load(snapshotBytes())
	if err != nil {
		panic(err)
	}
	var scratch engine.Scratch
	var d engine.Decision
	for _, in := range []engine.Input{
		{Actor: "user:2", Presence: engine.Keyed},
		{Actor: "user:3", Presence: engine.Keyed},
		{Actor: "user:3", Presence: engine.Keyed, Groups: []string{"staff"}},
	} {
		s.Evaluate("new_checkout", &in, &scratch, &d)
		fmt.Println(in.Actor, in.Groups, d.Enabled, d.Reason)
	}
	s.Evaluate("no_such_flag", &engine.Input{}, &scratch, &d)
	fmt.Println(d.Enabled, d.Reason)
	// Output:
	// user:2 [] true SPLIT
	// user:3 [] false DEFAULT
	// user:3 [staff] true TARGETING_MATCH
	// false UNKNOWN_FLAG
}

func ExampleSnapshot_Explain() {
	s, err := engine.Load(snapshotBytes())
	if err != nil {
		panic(err)
	}
	in := engine.Input{Actor: "user:3", Presence: engine.Keyed}
	var d engine.Decision
	var steps [16]engine.Step
	n := s.Explain(s.Find("new_checkout"), &in, new(engine.Scratch), &d, steps[:])
	for _, step := range steps[:min(n, 16)] {
		fmt.Println(step.Gate, step.Outcome)
	}
	fmt.Println(d.Enabled, d.Reason)
	// Output:
	// group no
	// boolean no
	// percentage_of_actors no
	// false DEFAULT
}
