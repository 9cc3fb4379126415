package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// benchGates are the gates of the flags of the benchmarks, by kind.
var benchGates = [...]struct{ kind, gate string }{
	{"boolean", `{"type": "boolean", "enabled": true}`},
	{"percentage", `{"type": "percentage_of_actors", "ratio": 0.25}`},
	{"rule", `{"type": "rule", "enabled": true, "ratio": 0.5, "constraints": [
		{"attribute": "country", "operator": "eq", "values": ["DE"]},
		{"attribute": "age", "operator": "gte", "values": [18]},
		{"attribute": "plan", "operator": "in", "values": ["pro", "team", "enterprise"]}]}`},
}

// writeBench writes 1000.snapshot and 10000.snapshot into a folder: flags of the kinds by turns, "boolean_00000",
// "percentage_00000", "rule_00000", "boolean_00001" …, in the environment "default".
func writeBench(folder string) error {
	for _, n := range []int{1000, 10_000} {
		flags := make([]string, n)
		for i := range flags {
			b := benchGates[i%len(benchGates)]
			flags[i] = fmt.Sprintf(`{"key": "%s_%05d", "gates": [%s]}`, b.kind, i/len(benchGates), b.gate)
		}
		data, err := compile(snapshot.Header{Environment: "default", Revision: 1}, flags...)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.snapshot", n)), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compile returns a snapshot of flags, which are documents.
func compile(header snapshot.Header, flags ...string) ([]byte, error) {
	set, problems := flagset.ParseSet([]byte(`{"flags": [` + strings.Join(flags, ",") + `]}`))
	if err := flagset.Err(problems); err != nil {
		return nil, err
	}
	data, problems := snapshot.Compile(header, set.Sorted(), snapshot.Strict)
	return data, flagset.Err(problems)
}
