package main

//go:wasmexport gotos
func gotos(n int32) int32 {
	if n > 10 {
		goto middle
	}
top:
	n++
middle:
	n += 2
	if n < 100 {
		goto top
	}
	return n
}
