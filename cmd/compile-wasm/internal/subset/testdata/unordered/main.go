// Package main imports packages whose order of initialisation gc decides by
// whether it works zero.Value out while it compiles.
package main

import (
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset/testdata/unordered/early"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset/testdata/unordered/later"
)

//go:wasmexport sum
func sum() int32 { return early.Value + later.Value }

func main() {}
