package main

//go:wasmexport locals
func locals(n int32) int32 {
	var a [5000]int32
	a[n] = n
	var b [100000]byte
	s := b[:]
	c := new([30000]byte)
	c[n%30000] = 1
	return a[n/2] + a[n] + int32(s[n]) + int32(c[n/2])
}

var huge [1 << 25]byte

//go:wasmexport hugeVariable
func hugeVariable(n int32) int32 { return int32(huge[n]) }
