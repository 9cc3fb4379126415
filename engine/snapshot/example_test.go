package snapshot_test

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// set returns two flags, of which one is on for a group.
func set(group string) *flagset.Set {
	on, _ := flagset.Enable(flagset.Flag{Key: "new_checkout"}, flagset.ForGroup(group))
	return &flagset.Set{Flags: []flagset.Flag{on, {Key: "export"}}}
}

func ExampleCompile() {
	data, problems := snapshot.Compile(snapshot.Header{Environment: "default", Revision: 1}, set("staff"), snapshot.Strict)
	if err := flagset.Err(problems); err != nil {
		panic(err)
	}
	s, err := engine.Load(data)
	if err != nil {
		panic(err)
	}
	for i := range s.Len() {
		fmt.Println(s.Key(i))
	}
	fmt.Println(snapshot.ID(data) == [32]byte([]byte(s.ID())))
	// Output:
	// export
	// new_checkout
	// true
}

func ExampleDelta() {
	before, _ := snapshot.Compile(snapshot.Header{Environment: "default", Revision: 1}, set("staff"), snapshot.Strict)
	after, _ := snapshot.Compile(snapshot.Header{Environment: "default", Revision: 2}, set("beta"), snapshot.Strict)
	delta, err := snapshot.Delta(before, after)
	if err != nil {
		panic(err)
	}
	serving, err := engine.Load(before)
	if err != nil {
		panic(err)
	}
	applied, err := engine.Apply(serving, delta)
	fmt.Println(string(applied) == string(after), err)
	_, flags := engine.Changes(string(before), string(applied))
	fmt.Println(flags)
	// Output:
	// true <nil>
	// [new_checkout]
}
