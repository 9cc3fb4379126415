package engine

import "unsafe"

// bytesOf returns the bytes of s without copying. They must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// stringOf returns b as a string without copying. b must not change while the string is in use.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// span is a part of the snapshot's bytes: n bytes from off on.
type span struct{ off, n int32 }

// run is a part of one of the snapshot's tables: [from, to).
type run struct{ from, to int32 }
