//go:build !gonfalon_module

package engine

import "crypto/sha256"

// Native builds use the standard library's SHA-256, which uses the processor's instructions.

func scoreOf(b *[64]byte, n int32) uint16 {
	sum := sha256.Sum256(b[:n])
	return uint16(sum[0])<<8 | uint16(sum[1])
}

func longScore(actor, key string) uint16 {
	if len(actor) <= MaxNameBytes && len(key) <= MaxNameBytes {
		var b [2 * MaxNameBytes]byte
		n := copy(b[:], actor)
		n += copy(b[n:], key)
		sum := sha256.Sum256(b[:n])
		return uint16(sum[0])<<8 | uint16(sum[1])
	}
	return ownScore(actor, key)
}

func contentID(s string, id *[IDBytes]byte) { *id = sha256.Sum256(bytesOf(s)) }
