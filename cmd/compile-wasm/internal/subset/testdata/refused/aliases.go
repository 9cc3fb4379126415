package main

import "unsafe"

type small struct{ a, b int16 }

func (s small) sum(n int16) int16 { return s.a + s.b + n }

var (
	long   int64
	shadow = (*uint64)(unsafe.Pointer(&long))
	pair   small
)

func writeShadow(n uint64) int64 { *shadow = n; return 1 }
func writePair(n int16) int16    { pair.a = n; return 1 }

//go:wasmexport aliases
func aliases(n int32) int64 {
	long += writeShadow(uint64(n))
	x := long + writeShadow(uint64(n))
	parts := unsafe.Slice(&pair.a, 2)
	y := parts[0] + writePair(int16(n))
	y += (&pair).sum(writePair(int16(n)))
	return x + int64(y)
}
