package main

var operations = [...]func(int32) int32{double}

func double(n int32) int32 { return 2 * n }

func apply(f func(int32) int32, n int32) int32 { return f(n) }

//go:wasmexport functions
func functions(n int32) int32 { return apply(double, n) + operations[0](n) }
