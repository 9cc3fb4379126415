package main

import (
	"encoding/binary"
	"unsafe"
)

var (
	fourteen [14]int32
	bytes    []byte
	bits     uint32
	float    float64
	chosen   *point
	short    uint16
	octet    uint8
	half     [128]int32
)

// keeps 1
//
//go:wasmexport notTheLast
func notTheLast(n int32) int32 {
	if n &= 15; n != 15 {
		return fourteen[n] // up to 14
	}
	return 0
}

// keeps 1
//
//go:wasmexport notTheFirst
func notTheFirst(n int32) int32 {
	if n = n&7 + 3; n != 3 {
		return table[n-5] // from -1
	}
	return 0
}

// keeps 1
//
//go:wasmexport quotient
func quotient(n uint32) int32 { return fourteen[(n&127)/9] } // up to 14

// keeps 1
//
//go:wasmexport remainder
func remainder(n uint32) int32 { return fourteen[n%15] } // up to 14

// keeps 1
//
//go:wasmexport shifted
func shifted(n int32) int32 { return table[int8(n)>>2&^-32] } // up to 31

// keeps 1
//
//go:wasmexport shiftedSign
func shiftedSign(n int32) int32 { return table[(int32(int8(n))>>3)+15] } // from -1

// keeps 1
//
//go:wasmexport wrapped
func wrapped(n int64) int32 { return table[uint32(n&31)] }

// keeps 1
//
//go:wasmexport wrappedByte
func wrappedByte(n uint64) int32 { return half[uint32(uint64(octet)&n)] } // up to 255

// keeps 1
//
//go:wasmexport wrappedDifference
func wrappedDifference(n, m int32) int32 {
	if n < 16 && m >= 0 { // from the least number, n - m wraps around
		if d := n - m; d >= 0 {
			return table[d]
		}
	}
	return 0
}

// keeps 1
//
//go:wasmexport unsignedBound
func unsignedBound(n, m int32) int32 {
	if uint32(n) < uint32(m) && m < 16 { // m may be negative
		return table[n]
	}
	return 0
}

// keeps 1
//
//go:wasmexport mayBeNegative
func mayBeNegative(n int32) int32 {
	if n < 16 {
		return table[n]
	}
	return 0
}

// keeps 1
//
//go:wasmexport greaterOfTwo
func greaterOfTwo(n, m int32) int32 {
	if n >= 0 && m >= 0 && n < 16 {
		return table[max(n, m)]
	}
	return 0
}

// keeps 1
//
//go:wasmexport difference
func difference(n, m int32) int32 {
	if n > 5 { // n - m may wrap around
		return 0
	}
	if d := n - m; d < 16 && d >= -1 {
		return table[d] + table[15-d]
	}
	return 0
}

// keeps 1
//
//go:wasmexport wide
func wide(n int64) int32 { return table[n] }

// keeps 3
//
//go:wasmexport three
func three(n, m, k int32) int32 { return int32(cap(table[n:m:k])) }

// keeps 1
//
//go:wasmexport slices
func slices(n int32) int32 { return int32(len(unsafe.Slice(&table[0], n))) }

// keeps 2
//
//go:wasmexport asArray
func asArray() int32 { return (*[3]int32)(words)[0] }

// keeps 2
//
//go:wasmexport loadWord
func loadWord() int32 {
	return int32(binary.LittleEndian.Uint32(bytes)) + int32(binary.LittleEndian.Uint64(bytes))
}

// keeps 1
//
//go:wasmexport shift
func shift(n int32) int32 { return int32(bits << n) }

// keeps 1
//
//go:wasmexport nilField
func nilField() int32 { return chosen.y }

// keeps 4
//
//go:wasmexport nilAgain
func nilAgain() int32 {
	x := chosen.x
	change()
	return x + chosen.y // another one by now
}

//go:noinline
func change() {
	if chosen.x > 7 {
		change()
	}
	chosen = chosen.next
}

// keeps 0 and 3 that trap by themselves
//
//go:wasmexport divisions
func divisions(n, m int32) int32 {
	_ = n / m
	x := uint32(n) % bits
	return int32(x) + int32(int64(n)/int64(m))
}

// keeps 0 and 2 that trap by themselves
//
//go:wasmexport conversions
func conversions() int32 {
	short = uint16(float)
	return int32(uint64(float))
}

// keeps 0
//
//go:wasmexport noDivisions
func noDivisions(n uint32) uint32 { return n/8 + n%16 }
