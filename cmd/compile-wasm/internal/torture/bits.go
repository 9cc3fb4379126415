package main

import (
	"encoding/binary"
	"math"
	"math/bits"
)

func mix(h, x uint64) uint64 { return (h ^ x) * 1099511628211 }

func mixString(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = mix(h, uint64(s[i]))
	}
	return mix(h, uint64(len(s)))
}

// library goes through what the standard library has in the subset.
//
//go:wasmexport library
func library(x, y uint64) uint64 {
	h := uint64(14695981039346656037)
	a, n := uint32(x), int(int8(y))
	h = mix(h, uint64(bits.RotateLeft32(a, n)))
	h = mix(h, bits.RotateLeft64(x, n))
	h = mix(h, uint64(bits.RotateLeft8(uint8(x), n)))
	h = mix(h, uint64(bits.RotateLeft16(uint16(x), n)))
	h = mix(h, uint64(bits.Len64(x))+uint64(bits.Len32(a))<<8+uint64(bits.Len8(uint8(x)))<<16+uint64(bits.Len16(uint16(x)))<<24)
	h = mix(h, uint64(bits.LeadingZeros64(x))+uint64(bits.LeadingZeros32(a))<<8)
	h = mix(h, uint64(bits.TrailingZeros64(x))+uint64(bits.TrailingZeros32(a))<<8+uint64(bits.TrailingZeros8(uint8(x)))<<16)
	h = mix(h, uint64(bits.OnesCount64(x))+uint64(bits.OnesCount32(a))<<8+uint64(bits.OnesCount16(uint16(x)))<<16)
	h = mix(h, bits.ReverseBytes64(x)^uint64(bits.ReverseBytes32(a))^uint64(bits.Reverse16(uint16(y))))
	hi, lo := bits.Mul64(x, y)
	h = mix(mix(h, hi), lo)
	s, carry := bits.Add64(x, y, x&1)
	h = mix(mix(h, s), carry)
	s, borrow := bits.Sub64(x, y, y&1)
	h = mix(mix(h, s), borrow)
	if y > hi {
		q, r := bits.Div64(hi, lo, y)
		h = mix(mix(h, q), r)
	}
	var buf [16]byte
	binary.LittleEndian.PutUint64(buf[3:], x)
	binary.LittleEndian.PutUint32(buf[1:], a)
	binary.LittleEndian.PutUint16(buf[12:], uint16(y))
	h = mix(h, binary.LittleEndian.Uint64(buf[2:])^uint64(binary.LittleEndian.Uint32(buf[9:]))^uint64(binary.LittleEndian.Uint16(buf[13:])))
	h = mix(h, binary.BigEndian.Uint64(buf[5:])^uint64(binary.BigEndian.Uint32(buf[1:]))^uint64(binary.BigEndian.Uint16(buf[11:])))
	binary.BigEndian.PutUint64(buf[1:], y)
	binary.BigEndian.PutUint32(buf[4:], a)
	binary.BigEndian.PutUint16(buf[9:], uint16(x))
	h = mix(h, binary.LittleEndian.Uint64(buf[:])^binary.LittleEndian.Uint64(buf[8:]))
	f := math.Float64frombits(x&^(0x7ff<<52) | 0x3fe<<52) // 0.5 to 1
	h = mix(h, math.Float64bits(math.RoundToEven(f*float64(a))))
	h = mix(h, uint64(int64(math.Floor(f*1e6)))^uint64(math.Float32bits(float32(f))))
	return h
}
