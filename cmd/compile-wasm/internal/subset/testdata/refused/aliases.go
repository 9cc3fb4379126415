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

type pixel struct{ x, y int32 }

type track struct{ x, y float64 }

type place struct{ x, y int32 }

var (
	lone   int32
	row    [4]int32
	tracks = make([]track, 2)
	short  = track{100, 6}
	spot   pixel
)

func writeLone() int32          { lone = 100; return 1 }
func writeRow() int32           { row[0] = 100; return 1 }
func writeTrack() float64       { tracks[0] = short; return 1 }
func writePlace(p *place) int32 { p.x = 100; return 1 }

// A local variable holds the address of a package variable.
//
//go:wasmexport locals_alias
func localsAlias() int32 {
	p := &lone
	q := row[:]
	return *p + writeLone() + q[0] + writeRow()
}

// A whole struct is stored into an element, of which a field is read.
//
//go:wasmexport elements_alias
func elementsAlias() float64 { return tracks[0].x + writeTrack() }

// Two struct types have the same fields.
//
//go:wasmexport structs_alias
func structsAlias() int32 { return spot.x + writePlace((*place)(&spot)) }
