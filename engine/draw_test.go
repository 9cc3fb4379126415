package engine_test

import (
	"math"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func TestDraw(t *testing.T) {
	seen := map[int]bool{}
	for roll := range uint64(200_000) {
		n := engine.Draw(roll, "flag")
		if n < 1 || n > 10_000 {
			t.Fatalf("draw %d", n)
		}
		seen[n] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("200,000 rolls drew %d numbers of 10,000", len(seen))
	}
}

// A parent and its child draw independently: both below 1/2 in a quarter of all rolls.
func TestDrawsOfTwoFlagsAreIndependent(t *testing.T) {
	both := 0
	const rolls = 100_000
	for roll := range uint64(rolls) {
		if engine.Draw(roll, "parent") <= 5000 && engine.Draw(roll, "child") <= 5000 {
			both++
		}
	}
	if share := float64(both) / rolls; math.Abs(share-0.25) > 0.01 {
		t.Errorf("both in %.3f of all rolls", share)
	}
}
