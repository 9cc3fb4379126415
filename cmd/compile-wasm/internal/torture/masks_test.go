package main

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/harness"
)

// TestMasks: wazero's compilers read some branches on masks wrongly, which is why
// the emitter never writes them.
func TestMasks(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		for form := range int32(maskForms) {
			for _, x := range edges {
				for _, y := range []uint64{0, 1, 1 << 31, 1 << 63, ^uint64(0)} {
					same(t, inst, func() uint64 { return uint64(uint32(masks(form, x, y))) }, "masks", uint64(form), x, y)
				}
			}
		}
	})
}
