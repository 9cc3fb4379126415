// Package main has a variable that only another one holds, which outlives its
// function. Nothing reads what package variables point to, which would let every
// address in there out by itself.
package main

type node struct {
	next *node
	v    [4]int32
}

var global *node

//go:wasmexport run
func run(n int32) int32 {
	var low node  // escapes: held by what escapes
	var high node // escapes: stored in a package variable
	high.next = &low
	global = &high
	return low.v[n&3]
}

func main() {}
