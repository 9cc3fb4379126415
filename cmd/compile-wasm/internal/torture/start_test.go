package main

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/harness"
)

func TestStarted(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		for _, k := range []uint64{0, 1, 39} {
			same(t, inst, func() uint64 { return started(k) }, "started", k)
		}
	})
}

func TestOrdered(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		for k := range int32(5) {
			same(t, inst, func() uint64 { return uint64(uint32(ordered(k))) }, "ordered", uint64(k))
		}
	})
}
