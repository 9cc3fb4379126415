package explain

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
)

// unpacker reads msgpack values in the forms of a context: nil, bool, int64, *big.Int, float64, string, []any,
// map[string]any. A library's decoder would need its ext type for long integers registered for the whole program. The
// first error stays.
type unpacker struct {
	rest []byte
	err  error
}

// Value reads one msgpack value in one of the forms that a context has, and returns it with the bytes that follow.
func Value(data []byte) (v any, rest []byte, err error) {
	u := &unpacker{rest: data}
	v = u.value()
	return v, u.rest, u.err
}

var errPacked = errors.New("explain: malformed msgpack")

// take returns the next n bytes. A length beyond the end is an error, before any memory is reserved.
func (u *unpacker) take(n int) []byte {
	if u.err != nil || n < 0 || n > len(u.rest) {
		u.err = errPacked
		return nil
	}
	b := u.rest[:n]
	u.rest = u.rest[n:]
	return b
}

// number returns the next big-endian integer of n bytes.
func (u *unpacker) number(n int) uint64 {
	var wide [8]byte
	copy(wide[8-n:], u.take(n))
	return binary.BigEndian.Uint64(wide[:])
}

// array returns the length of an array, or 0 for nil.
func (u *unpacker) array() int {
	c := u.number(1)
	n := 0
	switch {
	case c == 0xc0:
	case c&0xf0 == 0x90:
		n = int(c & 15)
	case c == 0xdc:
		n = int(u.number(2))
	case c == 0xdd:
		n = int(u.number(4))
	default:
		u.err = errPacked
	}
	return u.length(n)
}

// length returns n if that many items can follow.
func (u *unpacker) length(n int) int {
	if u.err != nil || n > len(u.rest) {
		u.err = errPacked
		return 0
	}
	return n
}

// value returns the next value.
func (u *unpacker) value() any {
	if u.err != nil {
		return nil
	}
	c := u.number(1)
	switch {
	case c < 0x80, c >= 0xe0:
		return int64(int8(c))
	case c < 0x90:
		return u.object(int(c & 15))
	case c < 0xa0:
		return u.list(int(c & 15))
	case c < 0xc0:
		return string(u.take(int(c & 31)))
	}
	switch c {
	case 0xc0:
		return nil
	case 0xc2, 0xc3:
		return c == 0xc3
	case 0xcb:
		return math.Float64frombits(u.number(8))
	case 0xcc, 0xcd, 0xce, 0xcf:
		n := u.number(1 << (c - 0xcc))
		if n > math.MaxInt64 {
			return new(big.Int).SetUint64(n)
		}
		return int64(n)
	case 0xd0:
		return int64(int8(u.number(1)))
	case 0xd1:
		return int64(int16(u.number(2)))
	case 0xd2:
		return int64(int32(u.number(4)))
	case 0xd3:
		return int64(u.number(8))
	case 0xd9, 0xda, 0xdb:
		return string(u.take(int(u.number(1 << (c - 0xd9)))))
	case 0xdc, 0xdd:
		return u.list(int(u.number(2 << (c - 0xdc))))
	case 0xde, 0xdf:
		return u.object(int(u.number(2 << (c - 0xde))))
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return u.integer(1 << (c - 0xd4))
	case 0xc7, 0xc8, 0xc9:
		return u.integer(int(u.number(1 << (c - 0xc7))))
	}
	u.err = errPacked
	return nil
}

// integerExt is the msgpack ext type of integers beyond 64 bits.
const integerExt = 1

// integer reads the n digits of an integer beyond 64 bits.
func (u *unpacker) integer(n int) any {
	if u.number(1) != integerExt {
		u.err = errPacked
	}
	i, ok := new(big.Int).SetString(string(u.take(n)), 10)
	if !ok {
		u.err = errPacked
	}
	return i
}

func (u *unpacker) list(n int) any {
	items := make([]any, u.length(n))
	for i := range items {
		items[i] = u.value()
	}
	return items
}

func (u *unpacker) object(n int) any {
	members := map[string]any{}
	for range u.length(n) {
		key, _ := u.value().(string)
		members[key] = u.value()
	}
	return members
}
