package main

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset/testdata/refused/inner"

type point struct{ x, y int32 }

//go:wasmexport method
func (p point) sum() int32 { return p.x + p.y + inner.Two() }

//go:wasmexport twice
func once() {}

//go:wasmexport twice
func again() {}

//go:wasmexport memory
func memory() {}

//go:wasmexport _initialize
func initialize() {}

//go:wasmexport generic
func generic[T any](n int32) int32 { return n }

//go:wasmexport
func nameless() {}

//go:wasmexport two words
func words() {}

//go:wasmexport first
//go:wasmexport second
func names() {}

//go:wasmexport start
func init() {}

//go:wasmexport blank
func _() {}

//go:wasmexport detached

func detached() {}

//go:wasmexport variable
var variable int32

//go:wasmexport wide
func wide(a int, b int8, s string, e struct{}, z [0]int32, p point, more ...int32) (struct{}, int32) {
	return e, int32(a) + int32(b) + p.x
}
