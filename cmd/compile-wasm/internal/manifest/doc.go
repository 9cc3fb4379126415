// Package manifest holds a module to what its manifest promises: these exports
// with these signatures and no others, no imports, these features of
// WebAssembly, at most so many bytes; and which export may allocate.
//
// The last part of a manifest, "built", isn't a promise but a record: the Go
// version and the bytes that came out. The same source and Go version give the
// same bytes again.
package manifest
