package differential_test

import (
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/differential"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// What a flag doesn't need can be left out of a request: random flags decide the same without it.
func TestTheRestOfARequestChangesNothing(t *testing.T) {
	var (
		sc          engine.Scratch
		asked       engine.Request
		names       [256]string
		out         [1 << 16]byte
		whole, less engine.Decision
		left        = map[string]int{}
	)
	for n := uint64(0); n < 400; n++ {
		round, err := differential.NewRound(*seed+1, n, callsPerRound)
		if err != nil {
			t.Fatal(err)
		}
		var s engine.Snapshot
		if code, _ := s.Load(string(round.Snapshot)); code != engine.CodeOK {
			continue
		}
		for _, c := range round.Calls {
			if c.Export != differential.Evaluate || !asked.Parse(string(c.Data)) {
				continue
			}
			asked.Evaluate(&s, &sc, &whole)
			engine.AppendRequest(nil, 0, &asked.Input) // which parses the attributes, if nothing else did
			size := asked.WriteNeeds(&s, &sc, names[:], out[:])
			var need struct {
				_msgpack   struct{} `msgpack:",as_array"`
				Groups     []string
				Attributes []string
				Number     *int32
				Now, Roll  bool
			}
			if err := msgpack.Unmarshal(out[:size], &need); err != nil {
				t.Fatal(err)
			}
			in, rest := asked.Input, asked.Input
			if !need.Now {
				in.Now = 0
				left["now"]++
			}
			if !need.Roll {
				in.Roll = 0
				left["roll"]++
			}
			if len(need.Groups) == 0 && need.Attributes != nil {
				in.Groups = nil
				left["groups"] += len(rest.Groups)
			}
			if need.Attributes != nil {
				in = without(in, need.Attributes)
				left["attributes"] += len(rest.Attributes) - len(in.Attributes)
			}
			if need.Number == nil {
				less = engine.Decision{Score: -1, VariantIndex: -1}
			} else {
				s.EvaluateAt(*need.Number, &in, &sc, &less)
			}
			if less != whole {
				t.Fatalf("round %d, %x: needs %+v and is %+v, by what it needs alone %+v", n, c.Data, need, whole, less)
			}
		}
	}
	for _, part := range []string{"now", "roll", "groups", "attributes"} {
		if left[part] < 1000 {
			t.Errorf("%s: left out %d times only", part, left[part])
		}
	}
}

// without is an input with only the named attributes.
func without(in engine.Input, names []string) engine.Input {
	var kept []engine.Attribute
	for _, a := range in.Attributes {
		for _, name := range names {
			if a.Name == name {
				kept = append(kept, a)
			}
		}
	}
	in.Attributes = kept
	return in
}
