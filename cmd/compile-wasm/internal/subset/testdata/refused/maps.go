package main

//go:wasmexport maps
func maps(n int32) int32 {
	m := map[int32]int32{1: 2}
	m[n]++
	delete(m, 3)
	for k := range m {
		n += k
	}
	clear(m)
	return m[n] + int32(len(m))
}

var table map[string]int32

//go:wasmexport globalmap
func globalmap() int32 { return table["x"] }
