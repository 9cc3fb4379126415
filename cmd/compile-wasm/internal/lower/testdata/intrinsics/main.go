// Package main imports every package that has intrinsics.
package main

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/gonfalon-flags/gonfalon/wasm/arena"
)

//go:wasmexport all
func all(x float64) uintptr {
	return arena.Mark() + uintptr(bits.Len(uint(math.Float64bits(x)))) + uintptr(binary.LittleEndian.Uint16([]byte{1, 2}))
}

func main() {}
