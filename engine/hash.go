package engine

import (
	"encoding/binary"
	"math/bits"
)

// hash places keys in tables and never leaves the process. It isn't keyed: only the snapshot's author chooses which
// keys are stored, and maxProbe bounds the harm that author can do.
// Why: RATIONALE.md "The hash isn't keyed. Can somebody flood it?"
func hash(s string) uint64 {
	const m0, m1 = 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9
	b := bytesOf(s)
	h := uint64(len(b)) * m0
	for len(b) > 8 {
		h = (h ^ binary.LittleEndian.Uint64(b)) * m1
		h ^= h >> 32
		b = b[8:]
	}
	var last uint64
	switch n := len(b); {
	case n == 8:
		last = binary.LittleEndian.Uint64(b)
	case n >= 4:
		last = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	case n > 0:
		last = uint64(b[0]) | uint64(b[n>>1])<<8 | uint64(b[n-1])<<16
	}
	h = (h ^ last) * m1
	h ^= h >> 32
	h *= m0
	return h ^ h>>29
}

// fingerprint returns a number that tells most strings apart without comparing them. Two strings of at most shortText
// bytes are equal exactly if their fingerprints are; longer strings with equal fingerprints may still differ.
func fingerprint(s string) uint64 {
	b := bytesOf(s)
	switch n := uint64(len(b)); {
	case n > shortText:
		first, last := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
		return (first^bits.RotateLeft64(last, 29)+n)*0x9e3779b97f4a7c15>>8 | (shortText+1)<<56
	case n >= 4:
		return n<<56 | uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*(n-4))
	case n > 0:
		return n<<56 | uint64(b[0]) | uint64(b[n>>1])<<8 | uint64(b[n-1])<<16
	}
	return 0
}

// shortText is how many bytes a fingerprint can hold, next to the length in its top byte.
const shortText = 7

// fnv1a returns the 64-bit FNV-1a hash of s.
func fnv1a(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return h
}

// draw returns the flag's number in 1…10000 for one roll of chance, as ABI.md defines it; key is fnv1a of the flag's
// key.
// Why: RATIONALE.md "Why is percentage_of_time a function of one 64-bit roll, and not a random draw per flag?"
func draw(roll, key uint64) int32 {
	x := roll + key
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return int32(x%10000) + 1
}
