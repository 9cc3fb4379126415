package engine

import "encoding/binary"

//go:generate go run ./internal/gensha -o sha256block.go

// This is our own SHA-256, for the module: one block function with sixteen rounds written out. In native builds only
// tests and inputs of unusual length use it.

type hasher struct {
	h     [8]uint32
	block [64]byte
	used  int32
	n     uint64
}

func (x *hasher) reset() {
	x.h = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	x.used, x.n = 0, 0
}

func (x *hasher) write(s string) {
	x.n += uint64(len(s))
	b := bytesOf(s)
	if x.used > 0 {
		k := int32(copy(x.block[x.used:], b))
		b = b[k:]
		if x.used += k; x.used < 64 {
			return
		}
		sha256Block(&x.h, &x.block)
		x.used = 0
	}
	for len(b) >= 64 {
		sha256Block(&x.h, (*[64]byte)(b))
		b = b[64:]
	}
	x.used = int32(copy(x.block[:], b))
}

// finish pads the last block and leaves the sum in x.h.
func (x *hasher) finish() {
	x.block[x.used] = 0x80
	clear(x.block[x.used+1:])
	if x.used >= 56 {
		sha256Block(&x.h, &x.block)
		clear(x.block[:])
	}
	binary.BigEndian.PutUint64(x.block[56:], x.n<<3)
	sha256Block(&x.h, &x.block)
}

// ownScoreOf hashes the first n bytes of b, at most shortScore; the rest of b is zero.
func ownScoreOf(b *[64]byte, n int32) uint16 {
	h := [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	b[n] = 0x80
	b[62] = byte(n >> 5)
	b[63] = byte(n << 3)
	sha256Block(&h, b)
	return uint16(h[0] >> 16)
}

func ownScore(actor, key string) uint16 {
	var x hasher
	x.reset()
	x.write(actor)
	x.write(key)
	x.finish()
	return uint16(x.h[0] >> 16)
}

func ownSum(s string, id *[IDBytes]byte) {
	var x hasher
	x.reset()
	x.write(s)
	x.finish()
	for i, w := range x.h {
		binary.BigEndian.PutUint32(id[4*i:], w)
	}
}
