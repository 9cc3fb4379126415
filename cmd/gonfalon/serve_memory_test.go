package main

import "testing"

// TestMemoryIsReturnedOnceABurst: not during it, not for little, and not again.
func TestMemoryIsReturnedOnceABurst(t *testing.T) {
	var b bursts
	for i, step := range []struct {
		now  uint64
		over bool
	}{{1 << 20, false}, {100 << 20, false}, {200 << 20, false}, {201 << 20, true}, {202 << 20, false}, {250 << 20, false}, {251 << 20, false}, {280 << 20, false}, {281 << 20, true}} {
		if over := b.over(step.now); over != step.over {
			t.Errorf("step %d at %d MiB: %t", i, step.now>>20, over)
		}
	}
}
