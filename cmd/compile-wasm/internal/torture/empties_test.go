package main

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/harness"
)

func TestEmpties(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		for k := range int32(20) {
			same(t, inst, func() uint64 { return uint64(empties(k)) }, "empties", uint64(k))
		}
	})
}

// TestGiven: whatever a host gives for a bool is one.
func TestGiven(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		for _, bits := range []uint64{0, 1, 2, 256, 1 << 31} {
			same(t, inst, func() uint64 { return uint64(given(bits != 0, 3)) }, "given", bits, 3)
		}
	})
}
