package randflow

import (
	"math/bits"
	"math/rand/v2"
)

// typ is an integer type.
type typ struct {
	name   string
	bits   int
	signed bool
}

var types = []typ{{"int8", 8, true}, {"uint8", 8, false}, {"int16", 16, true}, {"uint16", 16, false}, {"int32", 32, true}, {"uint32", 32, false},
	{"int64", 64, true}, {"uint64", 64, false}, {"int", 32, true}, {"uint", 32, false}}

// wrap brings x into the range of t: the low bits, extended by t's sign.
func (t typ) wrap(x uint64) uint64 {
	if t.signed {
		return uint64(int64(x<<(64-t.bits)) >> (64 - t.bits))
	}
	return x << (64 - t.bits) >> (64 - t.bits)
}

// less compares two numbers of t.
func (t typ) less(x, y uint64) bool {
	if t.signed {
		return int64(x) < int64(y)
	}
	return x < y
}

// operators on two numbers of one type; each wraps around.
var operators = []struct {
	text string
	do   func(t typ, x, y uint64) uint64
}{
	{"%s + %s", func(t typ, x, y uint64) uint64 { return x + y }},
	{"%s - %s", func(t typ, x, y uint64) uint64 { return x - y }},
	{"%s * %s", func(t typ, x, y uint64) uint64 { return x * y }},
	{"%s & %s", func(t typ, x, y uint64) uint64 { return x & y }},
	{"%s | %s", func(t typ, x, y uint64) uint64 { return x | y }},
	{"%s ^ %s", func(t typ, x, y uint64) uint64 { return x ^ y }},
	{"%s &^ %s", func(t typ, x, y uint64) uint64 { return x &^ y }},
	{"%s / (%s | 1)", func(t typ, x, y uint64) uint64 { return divide(t, x, y|1) }},
	{"%s %% (%s | 1)", func(t typ, x, y uint64) uint64 { return x - divide(t, x, y|1)*(y|1) }},
	{"min(%s, %s)", func(t typ, x, y uint64) uint64 {
		if t.less(y, x) {
			return y
		}
		return x
	}},
	{"max(%s, %s)", func(t typ, x, y uint64) uint64 {
		if t.less(x, y) {
			return y
		}
		return x
	}},
	{"%s << (uint64(%s) & 127)", func(t typ, x, y uint64) uint64 { return x << (y & 127) }},
	{"%s >> (uint64(%s) & 127)", func(t typ, x, y uint64) uint64 {
		if t.signed {
			return uint64(int64(x) >> (y & 127))
		}
		return x >> (y & 127)
	}},
	{"%s >> (uint64(%s) & 31)", func(t typ, x, y uint64) uint64 {
		if t.signed {
			return uint64(int64(x) >> (y & 31))
		}
		return x >> (y & 31)
	}},
}

func divide(t typ, x, y uint64) uint64 {
	if t.signed {
		return uint64(int64(x) / int64(y))
	}
	return x / y
}

// number is a number of t: often at or near one of its ends.
func number(r *rand.Rand, t typ) uint64 {
	least, most := uint64(0), ^uint64(0)>>(64-t.bits)
	if t.signed {
		least, most = ^uint64(0)<<(t.bits-1), ^uint64(0)>>(65-t.bits)
	}
	near := uint64(r.IntN(4))
	switch r.IntN(6) {
	case 0:
		return t.wrap(least + near)
	case 1:
		return t.wrap(most - near)
	case 2:
		return near
	case 3:
		return t.wrap(-near)
	case 4:
		return t.wrap(1<<r.IntN(t.bits) - near&1)
	}
	return t.wrap(r.Uint64())
}

// record is a value of the program's struct type.
type record struct {
	fields []uint64
	array  []uint64
}

func (s *record) set(from *record) {
	copy(s.fields, from.fields)
	copy(s.array, from.array)
}

// world is the state outside of functions.
type world struct {
	memory [memorySize]byte
	table  [tableSize]uint64
	global *record
	list   [3]*record
	fuel   int32
	first  typ // the record's first field
}

const (
	memorySize = 24
	tableSize  = 9
)

// frame is the state of a call.
type frame struct {
	regs   []uint64
	locals [2]*record
	p      *record
	memory [memorySize]byte
	array  [arraySize]uint64
	from   int // of the slice of the table
	length int
}

const arraySize = 8

// trapped is what a statement that traps panics with.
type trapped struct{}

func load(m []byte, at, n int) (x uint64) {
	for i := range n {
		x |= uint64(m[at+i]) << (8 * i)
	}
	return x
}

func store(m []byte, at, n int, x uint64) {
	for i := range n {
		m[at+i] = byte(x >> (8 * i))
	}
}

// mix is what the programs digest with.
func mix(h, x uint64) uint64 { return bits.RotateLeft64(h^x, 23) * 0x9e3779b97f4a7c15 }
