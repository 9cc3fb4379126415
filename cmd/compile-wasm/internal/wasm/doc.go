// Package wasm writes a WebAssembly module as bytes, and reads one back far
// enough to say what it demands of its host: imports, exports with their
// signatures, memory limits and the features that its instructions need. It
// refuses code that a machine is known to read wrongly.
//
// The writer knows nothing of Go. The reader shares no code with it, so that a
// fault in one shows in the other.
package wasm
