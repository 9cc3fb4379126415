// Package workload has the six workloads by which the benchmarks compare feature-flag engines.
//
//	W1 a boolean flag, on          W2 one actor of 100 listed       W3 25% of actors
//	W4 three constraints and 50%   W5 four weighted variants        W6 all of 1,000 flags for one actor
//
// A set of n flags consists of equal parts of W1 to W5.
package workload

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Kinds are the workloads with flags of their own.
const Kinds = 5

// Actors is how many actors the benchmarks rotate through; it is a power of two.
const Actors = 64

// Listed is how many actors a W2 flag lists.
const Listed = 100

// Names are the names of the workloads.
var Names = [Kinds]string{"W1 boolean", "W2 1 of 100 actors", "W3 25% of actors", "W4 3 constraints + 50%", "W5 four variants"}

// Key returns the key of flag i of a kind, counted from 0.
func Key(kind, i int) string { return fmt.Sprintf("w%d_flag_%05d", kind+1, i) }

// User returns the key of actor i.
func User(i int) string { return fmt.Sprintf("user:%06d", i) }

// Set returns n flags, a fifth of each kind, whose W2 flags list that many actors.
func Set(n, listed int) *flagset.Set {
	set := new(flagset.Set)
	quarter, half := 0.25, 0.5
	var actors []flagset.Gate
	for i := range listed {
		actors = append(actors, flagset.Gate{Type: flagset.Actor, Target: User(i), Enabled: true})
	}
	for kind := range Kinds {
		for i := range n / Kinds {
			f := flagset.Flag{Key: Key(kind, i)}
			switch kind {
			case 0:
				f.Gates = []flagset.Gate{{Type: flagset.Boolean, Enabled: true}}
			case 1:
				f.Gates = actors
			case 2:
				f.Gates = []flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: &quarter}}
			case 3:
				f.Gates = []flagset.Gate{{Type: flagset.Rule, Enabled: true, Ratio: &half, Constraints: []flagset.Constraint{
					{Attribute: "country", Operator: "eq", Values: []any{"DE"}},
					{Attribute: "age", Operator: "gte", Values: []any{int64(18)}},
					{Attribute: "plan", Operator: "in", Values: []any{"pro", "team", "enterprise"}},
				}}}
			case 4:
				f.Gates = []flagset.Gate{{Type: flagset.VariantGate, Variants: []flagset.Variant{
					{Name: "blue", Weight: flagset.Int(40)}, {Name: "green", Weight: flagset.Int(30)},
					{Name: "red", Weight: flagset.Int(20)}, {Name: "white", Weight: flagset.Int(10)}}}}
			}
			set.Flags = append(set.Flags, f)
		}
	}
	return set
}

// Compile returns a set's snapshot.
func Compile(set *flagset.Set) ([]byte, error) {
	data, problems := snapshot.Compile(snapshot.Header{Environment: "bench", Revision: 1}, set, snapshot.Strict)
	return data, flagset.Err(problems)
}

// Attributes returns the context of every workload: the attributes that W4 looks at, and two more.
func Attributes() map[string]any {
	return map[string]any{"age": int64(34), "country": "DE", "email": "jo@example.com", "plan": "team", "beta": true}
}

// Inputs returns the rotating actors with their contexts, made before the clock starts.
func Inputs() [Actors]engine.Input {
	var inputs [Actors]engine.Input
	for i := range inputs {
		inputs[i] = engine.Input{Actor: User(i * 3), Presence: engine.Keyed, Now: 1_795_737_600_000_000, Roll: uint64(i), Attributes: []engine.Attribute{
			engine.Int("age", 34), engine.Bool("beta", true), engine.String("country", "DE"), engine.String("email", "jo@example.com"), engine.String("plan", "team")}}
	}
	return inputs
}

// Request returns the request for one flag and actor i of Inputs.
func Request(key string, i int) request.Request {
	user := User(i * 3)
	return request.Request{Flags: []string{key}, Actor: &user, Now: 1_795_737_600_000_000, Roll: uint64(i), Attributes: Attributes()}
}

// Want returns the right answer for a flag of a kind and an actor. It computes the answer from the definitions, not by
// the engine.
func Want(kind int, key, actor string, listed int) (enabled bool, variant string) {
	score := float64(engine.Score(actor, key)) / 65536
	switch kind {
	case 0:
		return true, ""
	case 1:
		n, err := strconv.Atoi(strings.TrimPrefix(actor, "user:"))
		return err == nil && n < listed, ""
	case 2:
		return score <= 0.25, ""
	case 3:
		return score <= 0.5, ""
	}
	for i, until := range []float64{40, 70, 90, 100} {
		if score*100 < until {
			return false, [...]string{"blue", "green", "red", "white"}[i]
		}
	}
	return false, "white"
}
