package gonfalon

import (
	"encoding/binary"
	"maps"
	"math"
	"math/big"
	"slices"
)

// integerExt is the msgpack ext type of integers beyond 64 bits, as digits.
const integerExt = 1

// pack writes a normal list or map as the engine compares it: msgpack in its shortest forms, map keys ascending.
func pack(v any) string { return string(appendValue(nil, v)) }

func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		if v {
			return append(dst, 0xc3)
		}
		return append(dst, 0xc2)
	case int64:
		return appendInt(dst, v)
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, 0xcb), math.Float64bits(v))
	case string:
		return append(appendHead(dst, len(v), 0xa0, 31, 0xd9), v...)
	case *big.Int:
		digits := v.String()
		switch n := len(digits); n {
		case 1, 2, 4, 8, 16:
			dst = append(dst, 0xd4+uint8(math.Log2(float64(n))))
		default:
			dst = appendHead(dst, n, 0, -1, 0xc7)
		}
		return append(append(dst, integerExt), digits...)
	case []any:
		dst = appendHead(dst, len(v), 0x90, 15, 0xdb)
		for _, item := range v {
			dst = appendValue(dst, item)
		}
		return dst
	case map[string]any:
		dst = appendHead(dst, len(v), 0x80, 15, 0xdd)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			dst = appendValue(appendValue(dst, key), v[key])
		}
		return dst
	}
	return append(dst, 0xc0)
}

// appendHead writes a length: up to least in the head fix itself, then in 1, 2 or 4 bytes after the heads wide, wide+1
// and wide+2. Arrays and maps have no head for 1 byte.
func appendHead(dst []byte, n int, fix uint8, least int, wide uint8) []byte {
	switch {
	case n <= least:
		return append(dst, fix|uint8(n))
	case n < 1<<8 && wide != 0xdb && wide != 0xdd:
		return append(dst, wide, uint8(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, wide+1), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, wide+2), uint32(n))
}

func appendInt(dst []byte, v int64) []byte {
	switch {
	case v >= -1<<5 && v < 1<<7:
		return append(dst, uint8(v))
	case v >= 0 && v < 1<<8:
		return append(dst, 0xcc, uint8(v))
	case v >= 0 && v < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 0xcd), uint16(v))
	case v >= 0 && v < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(v))
	case v >= 0:
		return binary.BigEndian.AppendUint64(append(dst, 0xcf), uint64(v))
	case v >= math.MinInt8:
		return append(dst, 0xd0, uint8(v))
	case v >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, 0xd1), uint16(v))
	case v >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, 0xd2), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(v))
}
