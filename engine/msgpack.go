package engine

import "encoding/binary"

// kind is the kind of a msgpack value.
type kind uint8

const (
	kindBad kind = iota
	kindNil
	kindFalse
	kindTrue
	kindInt
	kindFloat
	kindString
	kindInteger // an integer beyond int64, as digits (ext type 1)
	kindArray
	kindMap
	kindBinary
	kindOther // well formed, but no kind of the model: float32, an unsigned integer from 2^63 on, another ext type
)

// extInteger is the ext type of integers beyond int64.
const extInteger = 1

// head reads the head of the value at p. It returns the value's kind, its number or length, and where its body starts.
// A length is never more than the bytes after it can hold, so a caller may loop over it. A kindOther has no body: what
// is returned is where the value ends.
func head(s string, p int32) (k kind, n uint64, body int32) {
	if uint32(p) >= uint32(len(s)) {
		return kindBad, 0, p
	}
	c := s[p]
	p++
	switch {
	case c < 0x80:
		return kindInt, uint64(c), p
	case c >= 0xe0:
		return kindInt, uint64(int64(int8(c))), p
	case c < 0x90:
		k, n = kindMap, uint64(c&15)
	case c < 0xa0:
		k, n = kindArray, uint64(c&15)
	case c < 0xc0:
		k, n = kindString, uint64(c&31)
	case c == 0xc0:
		return kindNil, 0, p
	case c == 0xc2:
		return kindFalse, 0, p
	case c == 0xc3:
		return kindTrue, 0, p
	default:
		return wideHead(s, c, p)
	}
	if n > uint64(int32(len(s))-p) {
		return kindBad, 0, p
	}
	return k, n, p
}

// wideHead reads a head whose number or length follows in separate bytes.
func wideHead(s string, c uint8, p int32) (k kind, n uint64, body int32) {
	width := int32(0)
	switch c {
	case 0xca:
		k, width = kindOther, 4
	case 0xcb:
		k, width = kindFloat, 8
	case 0xcc, 0xcd, 0xce, 0xcf:
		k, width = kindInt, 1<<(c-0xcc)
	case 0xd0, 0xd1, 0xd2, 0xd3:
		k, width = kindInt, 1<<(c-0xd0)
	case 0xc4, 0xc5, 0xc6:
		k, width = kindBinary, 1<<(c-0xc4)
	case 0xc7, 0xc8, 0xc9:
		k, width = kindInteger, 1<<(c-0xc7)
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8: // ext of a fixed size
		if end := int64(p) + 1 + 1<<(c-0xd4); end <= int64(len(s)) {
			return kindOther, 0, int32(end)
		}
	case 0xd9, 0xda, 0xdb:
		k, width = kindString, 1<<(c-0xd9)
	case 0xdc, 0xdd:
		k, width = kindArray, 2<<(c-0xdc)
	case 0xde, 0xdf:
		k, width = kindMap, 2<<(c-0xde)
	}
	room := int32(len(s)) - p
	if k == kindBad || room < width {
		return kindBad, 0, p
	}
	n = bigEndian(s, p, width)
	p += width
	room -= width
	switch k {
	case kindFloat, kindOther:
		return k, n, p
	case kindInt:
		if c >= 0xd0 {
			shift := uint32(64 - 8*width)
			return k, uint64(int64(n<<shift) >> shift), p
		}
		if int64(n) < 0 {
			k = kindOther
		}
		return k, n, p
	case kindInteger:
		if room < 1 {
			return kindBad, 0, p
		}
		if s[p] != extInteger {
			k = kindOther
		}
		p++
		room--
	}
	if n > uint64(room) {
		return kindBad, 0, p
	}
	if k == kindOther {
		return k, 0, p + int32(n)
	}
	return k, n, p
}

// bigEndian reads width bytes, which the caller has checked to be there.
func bigEndian(s string, p, width int32) uint64 {
	b := bytesOf(s[p : p+width])
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b)
}

// skip returns where the value at p ends, or -1 if it is malformed. ofModel reports whether neither the value nor one
// inside it is of a kind that a constraint can't have.
func skip(s string, p int32) (end int32, ofModel bool) {
	ofModel = true
	for left := int64(1); left > 0; left-- {
		k, n, body := head(s, p)
		switch k {
		case kindBad:
			return -1, false
		case kindOther:
			ofModel = false
		case kindBinary:
			ofModel = false
			body += int32(n)
		case kindString, kindInteger:
			body += int32(n)
		case kindArray:
			left += int64(n)
		case kindMap:
			left += 2 * int64(n)
		}
		p = body
	}
	return p, ofModel
}

// shortString reads a string's head where it is in the usual short form; ok is false for any other.
func shortString(s string, p int32) (n, body int32, ok bool) {
	if uint32(p) < uint32(len(s)) {
		c := s[p]
		n = int32(c & 31)
		return n, p + 1, c&0xe0 == 0xa0 && n < int32(len(s))-p
	}
	return 0, p, false
}

// reader reads bytes in order and keeps the first fault.
type reader struct {
	s    string
	p    int32
	code Code
	at   int32 // where the fault is
}

func (r *reader) fail(c Code, at int32) {
	if r.code == CodeOK {
		r.code, r.at = c, at
	}
}

func (r *reader) next() (kind, uint64) {
	k, n, body := head(r.s, r.p)
	if k == kindBad {
		r.fail(CodeMalformed, r.p)
	}
	r.p = body
	return k, n
}

// count reads an integer in [0, most]. A greater one is past a limit.
func (r *reader) count(most int64) int32 {
	at := r.p
	k, n := r.next()
	if k != kindInt || int64(n) < 0 {
		r.fail(CodeMalformed, at)
		return 0
	}
	if int64(n) > most {
		r.fail(CodeLimit, at)
		return 0
	}
	return int32(n)
}

// long reads any int64.
func (r *reader) long() int64 {
	at := r.p
	k, n := r.next()
	if k != kindInt {
		r.fail(CodeMalformed, at)
	}
	return int64(n)
}

func (r *reader) boolean() bool {
	at := r.p
	k, _ := r.next()
	if k != kindTrue && k != kindFalse {
		r.fail(CodeMalformed, at)
	}
	return k == kindTrue
}

// array reads the head of an array of at most most items.
func (r *reader) array(most int32) int32 {
	at := r.p
	k, n := r.next()
	if k != kindArray {
		r.fail(CodeMalformed, at)
		return 0
	}
	if n > uint64(most) {
		r.fail(CodeLimit, at)
		return 0
	}
	return int32(n)
}

// tuple reads the head of an array of exactly n items.
func (r *reader) tuple(n int32) {
	at := r.p
	if r.array(1<<30) != n {
		r.fail(CodeMalformed, at)
	}
}

// name reads a string of at most MaxNameBytes.
func (r *reader) name() span {
	at := r.p
	n, body, ok := shortString(r.s, at)
	if !ok {
		k, m, b := head(r.s, at)
		if k != kindString {
			r.fail(CodeMalformed, at)
			return span{}
		}
		if m > MaxNameBytes {
			r.fail(CodeLimit, at)
			return span{}
		}
		n, body = int32(m), b
	}
	r.p = body + n
	return span{body, n}
}

// binary reads a binary of at most most bytes.
func (r *reader) binary(most int32) span {
	at := r.p
	k, n := r.next()
	if k != kindBinary {
		r.fail(CodeMalformed, at)
		return span{}
	}
	if n > uint64(most) {
		r.fail(CodeLimit, at)
		return span{}
	}
	b := span{r.p, int32(n)}
	r.p += b.n
	return b
}
