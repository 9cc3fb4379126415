package main

import "math"

type integer interface {
	~int8 | ~uint8 | ~int16 | ~uint16 | ~int32 | ~uint32 | ~int64 | ~uint64
}

const integerOps = 33

// integerOp is operator op on two integers.
func integerOp[T integer](op int32, x, y T) uint64 {
	switch op {
	case 0:
		return uint64(x + y)
	case 1:
		return uint64(x - y)
	case 2:
		return uint64(x * y)
	case 3:
		return uint64(x / y)
	case 4:
		return uint64(x % y)
	case 5:
		return uint64(x & y)
	case 6:
		return uint64(x | y)
	case 7:
		return uint64(x ^ y)
	case 8:
		return uint64(x &^ y)
	case 9:
		return uint64(x << y)
	case 10:
		return uint64(x >> y)
	case 11:
		return uint64(-x)
	case 12:
		return uint64(^x)
	case 13:
		return truth(x == y)
	case 14:
		return truth(x != y)
	case 15:
		return truth(x < y)
	case 16:
		return truth(x <= y)
	case 17:
		return truth(x > y)
	case 18:
		return truth(x >= y)
	case 19:
		return uint64(min(x, y, 7))
	case 20:
		return uint64(max(x, y, 7))
	case 21:
		return uint64(x << uint8(y))
	case 22:
		return uint64(x >> uint8(y))
	case 23:
		return uint64(x << (uint64(y) & 63))
	case 24:
		return uint64(x >> (uint32(y) % 8))
	case 25:
		return uint64(x/3) + uint64(x%10)
	case 26:
		return uint64(x<<1) ^ uint64(x>>3) ^ uint64(x<<7) ^ uint64(x>>7)
	case 27:
		x += y
		x++
		x <<= 2
		x |= 1
		x--
		return uint64(x)
	case 28:
		if x+y > x && y-1 < y || !(x*y != y) {
			return 1
		}
		return 2
	case 29:
		return uint64((x+y)/2*3 - x)
	case 30:
		return truth(y-1 < y) + truth(x+1 > x)*2 // not at the ends of the range
	case 31:
		if x > 0 && y > 0 && x+y < x {
			return 1
		}
		return truth(x+2 <= y+2)
	case 32:
		if x < y {
			return truth(x+1 <= y) + truth(x-1 < y-1)*2
		}
		return truth(y+3 <= x+3)
	}
	return 0
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

//go:wasmexport integers
func integers(kind, op int32, x, y uint64) uint64 {
	switch kind {
	case 0:
		return integerOp(op, int8(x), int8(y))
	case 1:
		return integerOp(op, uint8(x), uint8(y))
	case 2:
		return integerOp(op, int16(x), int16(y))
	case 3:
		return integerOp(op, uint16(x), uint16(y))
	case 4:
		return integerOp(op, int32(x), int32(y))
	case 5:
		return integerOp(op, uint32(x), uint32(y))
	case 6:
		return integerOp(op, int64(x), int64(y))
	}
	return integerOp(op, x, y)
}

const floatOps = 18

type float interface{ ~float32 | ~float64 }

func floatOp[T float](op int32, x, y T) T {
	switch op {
	case 0:
		return x + y
	case 1:
		return x - y
	case 2:
		return x * y
	case 3:
		return x / y
	case 4:
		return -x
	case 5:
		return min(x, y)
	case 6:
		return max(x, y)
	case 7:
		return T(truth(x == y))
	case 8:
		return T(truth(x != y))
	case 9:
		return T(truth(x < y))
	case 10:
		return T(truth(x <= y))
	case 11:
		return T(truth(x > y))
	case 12:
		return T(truth(x >= y))
	case 13:
		return T(math.Floor(float64(x)))
	case 14:
		return T(math.Ceil(float64(x))) + T(math.Trunc(float64(y)))
	case 15:
		return T(math.Sqrt(float64(x)))
	case 16:
		return T(math.Abs(float64(x)))
	case 17:
		return T(math.Copysign(float64(x), float64(y))) * 2.5
	}
	return 0
}

// floats gives the bits of the result; all NaNs are one.
//
//go:wasmexport floats
func floats(wide, op int32, x, y uint64) uint64 {
	if wide != 0 {
		r := floatOp(op, math.Float64frombits(x), math.Float64frombits(y))
		if r != r {
			return 1
		}
		return math.Float64bits(r)
	}
	r := floatOp(op, math.Float32frombits(uint32(x)), math.Float32frombits(uint32(y)))
	if r != r {
		return 1
	}
	return uint64(math.Float32bits(r))
}

type number interface{ integer | float }

func convertTo[F number](to int32, x F) uint64 {
	switch to {
	case 0:
		return uint64(int8(x))
	case 1:
		return uint64(uint8(x))
	case 2:
		return uint64(int16(x))
	case 3:
		return uint64(uint16(x))
	case 4:
		return uint64(int32(x))
	case 5:
		return uint64(uint32(x))
	case 6:
		return uint64(int64(x))
	case 7:
		return uint64(x)
	case 8:
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(float64(x))
}

// conversions converts between any two kinds of number. A float that doesn't
// fit its integer is the machine's business in Go, so callers avoid it.
//
//go:wasmexport conversions
func conversions(from, to int32, x uint64) uint64 {
	switch from {
	case 0:
		return convertTo(to, int8(x))
	case 1:
		return convertTo(to, uint8(x))
	case 2:
		return convertTo(to, int16(x))
	case 3:
		return convertTo(to, uint16(x))
	case 4:
		return convertTo(to, int32(x))
	case 5:
		return convertTo(to, uint32(x))
	case 6:
		return convertTo(to, int64(x))
	case 7:
		return convertTo(to, x)
	case 8:
		return convertTo(to, math.Float32frombits(uint32(x)))
	}
	return convertTo(to, math.Float64frombits(x))
}
