// Package main allocates in all the ways there are.
package main

var words = []string{"a", "b"}

//go:wasmexport makes
func makes(n uint32) int32 { return inner(n) }

func inner(n uint32) int32 { return int32(len(make([]byte, n))) }

//go:wasmexport appends
func appends(n int32) int32 { return int32(len(append(words, "c")[n&1])) }

//go:wasmexport joins
func joins(n int32) int32 { return int32(len(words[n&1] + "!")) }

//go:wasmexport compares
func compares(n int32) int32 {
	var b [2]byte
	b[0] = byte(n)
	if string(b[:]) == "ab" { // no copy
		return 1
	}
	return 0
}

//go:wasmexport copies
func copies(n int32) int32 {
	var b [2]byte
	s := string(b[:])
	b[0] = byte(n)
	if s == "ab" { // compared after the bytes have changed
		return 1
	}
	return 0
}

//go:wasmexport leaks
func leaks(n int32) int32 { return *leak(n) }

func leak(n int32) *int32 { return &n }

func main() {}
