package snapshot

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Applying a delta makes the next snapshot, byte for byte. On any other base it is refused.
func TestDelta(t *testing.T) {
	r := random{rand.New(rand.NewPCG(10, 11))}
	revision := int64(0)
	snapshot := func(set *flagset.Set) []byte {
		h := header
		revision++
		h.Revision = revision
		data, problems := Compile(h, set, Tolerant)
		if err := flagset.Err(problems); err != nil {
			t.Fatal(err)
		}
		return data
	}
	for range 300 {
		base, next := r.set(), r.set()
		if r.IntN(2) == 0 {
			next.Flags = append(slices.Clone(base.Flags), next.Flags...) // mostly the same
		}
		from, to := snapshot(base), snapshot(next)
		delta, err := Delta(from, to)
		if err != nil {
			t.Fatal(err)
		}
		s, err := engine.Load(from)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := engine.Apply(s, delta); err != nil || !bytes.Equal(got, to) {
			t.Fatalf("%x applied to %x: %v", delta, from, err)
		}
		other, err := engine.Load(to)
		if err != nil {
			t.Fatal(err)
		}
		var refused *engine.LoadError
		if _, err := engine.Apply(other, delta); !errors.As(err, &refused) || refused.Code != engine.CodeBase {
			t.Fatalf("applied to another base: %v", err)
		}
	}
}

// A change of one flag is a delta of one record.
func TestDeltaIsSmall(t *testing.T) {
	set := chain(200)
	base, _ := Compile(header, &set, Strict)
	set.Flags[100].Killed = true
	next, _ := Compile(header, &set, Strict)
	delta, err := Delta(base, next)
	if err != nil {
		t.Fatal(err)
	}
	if len(delta) > 300 {
		t.Errorf("%d bytes for one flag of %d bytes", len(delta), len(next))
	}
	if same, err := Delta(next, next); err != nil || len(same) > 200 {
		t.Errorf("%d bytes for nothing: %v", len(same), err)
	}
}

func TestDeltaRefuses(t *testing.T) {
	whole, _ := Compile(header, &flagset.Set{Flags: []flagset.Flag{{Key: "a"}, {Key: "b"}}}, Strict)
	for n := range len(whole) {
		if d, err := Delta(whole[:n], whole); !errors.Is(err, ErrNotSnapshot) {
			t.Fatalf("%d bytes of a base: %x %v", n, d, err)
		}
		if _, err := Delta(whole, whole[:n]); !errors.Is(err, ErrNotSnapshot) {
			t.Fatalf("%d bytes of a next: %v", n, err)
		}
	}
	if ID(whole) == [32]byte{} || ID(nil) != [32]byte{} {
		t.Error("the id is the last 32 bytes")
	}
}
