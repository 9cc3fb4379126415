package main

//go:wasmexport extremes
func extremes(n int32) int32 {
	return int32(len(min("a", "b"[n:], "c")))
}

type vast struct {
	a [1 << 30]int64
	b int32
}

//go:wasmexport vastness
func vastness(p *vast, n int32) int32 {
	s := make([]vast, n)
	q := new([1 << 29]int64)
	q[n] = 1
	return p.b + s[n-1].b + int32(q[n-1])
}
