package engine_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// randomSet returns some of 40 flags and of 10 segments, each in one of a few states.
func randomSet(r *rand.Rand) *flagset.Set {
	set := new(flagset.Set)
	for i := range 40 {
		if r.IntN(3) == 0 {
			continue
		}
		f := flagset.Flag{Key: fmt.Sprintf("flag_%02d", i), Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: r.IntN(2) == 0}}}
		for k := range r.IntN(3) {
			f.Gates = append(f.Gates, flagset.Gate{Type: flagset.Actor, Target: fmt.Sprint("user:", k), Enabled: true})
		}
		set.Flags = append(set.Flags, f)
	}
	for i := range 10 {
		if r.IntN(3) > 0 {
			set.Segments = append(set.Segments, flagset.Segment{Key: fmt.Sprint("segment_", i), Constraints: []flagset.Constraint{
				{Attribute: "plan", Operator: "eq", Values: []any{int64(r.IntN(3))}}}})
		}
	}
	return set
}

func TestSplice(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	base := compiledSet(t, randomSet(r))
	for range 200 {
		next := compiledSet(t, randomSet(r))
		delta, err := snapshot.Delta(base, next)
		if err != nil {
			t.Fatal(err)
		}
		got, err := engine.Apply(loaded(t, base), delta)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, next) {
			t.Fatal("the spliced snapshot differs from the compiled one")
		}
		base = next
	}
}

func TestSpliceRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	base, next := compiledSet(t, randomSet(r)), compiledSet(t, randomSet(r))
	s := loaded(t, base)
	delta, err := snapshot.Delta(base, next)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Apply(loaded(t, next), delta); code(err) != engine.CodeBase {
		t.Errorf("a delta for another snapshot: %v", err)
	}
	for n := range delta {
		if _, err := engine.Apply(s, delta[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were applied", n, len(delta))
		}
	}
	for at := range delta {
		altered := bytes.Clone(delta)
		altered[at] ^= 1 << (at % 8)
		if _, err := engine.Apply(s, altered); err == nil {
			t.Fatalf("byte %d altered, and yet applied", at)
		}
	}
	if n, c, _ := s.Splice(string(delta), make([]byte, 10)); c != engine.CodeBuffer || n != 0 {
		t.Errorf("a small buffer: %d, %v", n, c)
	}
}

func FuzzSplice(f *testing.F) {
	r := rand.New(rand.NewPCG(13, 14))
	base, next := compiledSet(f, randomSet(r)), compiledSet(f, randomSet(r))
	delta, err := snapshot.Delta(base, next)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(delta)
	f.Add(base)
	s := loaded(f, base)
	f.Fuzz(func(t *testing.T, delta []byte) {
		if got, err := engine.Apply(s, delta); err == nil {
			if id := engine.OwnSum(string(got[:len(got)-engine.IDBytes])); string(id[:]) != string(got[len(got)-engine.IDBytes:]) {
				t.Error("spliced to bytes that aren't their id's")
			}
		}
	})
}
