package main

//go:wasmexport locals
func locals(n int32) int32 {
	var a [5000]int32
	a[n] = n
	return a[n/2] + a[n]
}
