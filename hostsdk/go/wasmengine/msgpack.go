package wasmengine

import (
	"encoding/binary"
	"errors"
)

// groupsOf reads the groups of an answer of needs, with which it begins.
func groupsOf(b []byte) ([]string, error) {
	n, b, err := header(b, 0x90, 15, 0xdc)
	if err != nil || n < 1 {
		return nil, errAnswer
	}
	if n, b, err = header(b, 0x90, 15, 0xdc); err != nil {
		return nil, err
	}
	list := make([]string, 0, min(n, len(b)))
	for range n {
		var size int
		if size, b, err = header(b, 0xa0, 31, 0xd9); err != nil || size > len(b) {
			return nil, errAnswer
		}
		list = append(list, string(b[:size]))
		b = b[size:]
	}
	return list, nil
}

var errAnswer = errors.New("wasmengine: the module's answer is malformed")

// header reads the head of an array or a string: fix with the length in its low bits, or wide and the next two for
// longer ones.
func header(b []byte, fix, low, wide byte) (int, []byte, error) {
	if len(b) == 0 {
		return 0, nil, errAnswer
	}
	c := b[0]
	if c&^low == fix {
		return int(c & low), b[1:], nil
	}
	width := 1 << (c - wide)
	if wide == 0xdc {
		width *= 2
	}
	if c < wide || c > wide+2 || width > 4 || len(b) < 1+width {
		return 0, nil, errAnswer
	}
	var n [4]byte
	copy(n[4-width:], b[1:1+width])
	return int(binary.BigEndian.Uint32(n[:])), b[1+width:], nil
}
