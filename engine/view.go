package engine

import "unsafe"

// bytesOf views s without copying; nobody writes to it.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// stringOf views b without copying; the caller leaves b alone as long as the string lives.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// span is a part of the snapshot's bytes.
type span struct{ off, n int32 }

// run is a part of one of the snapshot's tables: [from, to).
type run struct{ from, to int32 }
