package main

//go:wasmexport extremes
func extremes(n int32) int32 {
	return int32(len(min("a", "b"[n:], "c")))
}
