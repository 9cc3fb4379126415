// Package manifest holds a module to what its manifest promises: these exports
// with these signatures and no others, no imports, these features of
// WebAssembly, at most so many bytes; and which export may allocate.
//
// The last part of a manifest, "built", isn't a promise but a record: the bytes
// that came out, and the Go version that made them first. Each Go version that
// "verified" lists makes the same bytes of the same source again.
package manifest
