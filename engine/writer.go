package engine

import "encoding/binary"

// writer appends msgpack, in its shortest forms, to a buffer that the caller owns.
type writer struct {
	b    []byte
	n    int32
	full bool
}

// room returns the next n bytes to write to, or nil if the buffer is full.
func (w *writer) room(n int32) []byte {
	if n > int32(len(w.b))-w.n {
		w.full = true
		return nil
	}
	w.n += n
	return w.b[w.n-n : w.n]
}

func (w *writer) byte(c uint8) {
	if b := w.room(1); b != nil {
		b[0] = c
	}
}

func (w *writer) raw(s string) {
	if b := w.room(int32(len(s))); b != nil {
		copy(b, s)
	}
}

// wide writes a head byte and a big-endian number of 1, 2, 4 or 8 bytes.
func (w *writer) wide(c uint8, v uint64, width int32) {
	b := w.room(1 + width)
	if b == nil {
		return
	}
	b[0] = c
	switch b = b[1:]; len(b) {
	case 1:
		b[0] = uint8(v)
	case 2:
		binary.BigEndian.PutUint16(b, uint16(v))
	case 4:
		binary.BigEndian.PutUint32(b, uint32(v))
	default:
		binary.BigEndian.PutUint64(b, v)
	}
}

func (w *writer) null() { w.byte(0xc0) }

func (w *writer) boolean(v bool) {
	if v {
		w.byte(0xc3)
	} else {
		w.byte(0xc2)
	}
}

func (w *writer) int(v int64) {
	switch {
	case v >= 0 && v < 1<<7 || v < 0 && v >= -1<<5:
		w.byte(uint8(v))
	case v >= 0 && v < 1<<8:
		w.wide(0xcc, uint64(v), 1)
	case v >= 0 && v < 1<<16:
		w.wide(0xcd, uint64(v), 2)
	case v >= 0 && v < 1<<32:
		w.wide(0xce, uint64(v), 4)
	case v >= 0:
		w.wide(0xcf, uint64(v), 8)
	case v >= -1<<7:
		w.wide(0xd0, uint64(v), 1)
	case v >= -1<<15:
		w.wide(0xd1, uint64(v), 2)
	case v >= -1<<31:
		w.wide(0xd2, uint64(v), 4)
	default:
		w.wide(0xd3, uint64(v), 8)
	}
}

func (w *writer) array(n int32) {
	switch {
	case n < 16:
		w.byte(0x90 | uint8(n))
	case n < 1<<16:
		w.wide(0xdc, uint64(n), 2)
	default:
		w.wide(0xdd, uint64(n), 4)
	}
}

func (w *writer) string(s string) {
	switch n := len(s); {
	case n < 32:
		w.byte(0xa0 | uint8(n))
	case n < 1<<8:
		w.wide(0xd9, uint64(n), 1)
	case n < 1<<16:
		w.wide(0xda, uint64(n), 2)
	default:
		w.wide(0xdb, uint64(n), 4)
	}
	w.raw(s)
}

// value writes an attribute's value.
func (w *writer) value(a *Attribute) {
	switch a.kind {
	case kindFalse, kindTrue:
		w.boolean(a.kind == kindTrue)
	case kindInt:
		w.int(int64(a.num))
	case kindFloat:
		w.wide(0xcb, a.num, 8)
	case kindString:
		w.string(a.text)
	case kindInteger:
		w.wide(0xc9, uint64(len(a.text)), 4)
		w.byte(extInteger)
		w.raw(a.text)
	case kindArray, kindMap:
		w.raw(a.text)
	default:
		w.null()
	}
}
