// Command compile-wasm compiles the engine's guest to one WebAssembly module
// without imports, from source, and holds the result to its manifest.
//
//	go run ./cmd/compile-wasm [-o FILE] [-toolchain subset|go] [-O0] [-report] [-tags a,b] [-C DIR] [package]
//
// The package is ./wasm/guest unless the directory of another is given; its
// manifest is manifest.json in the directory above it. Without -o the optimised module goes
// to engine.wasm beside the manifest, and the manifest's record of it is
// renewed; any other build needs -o.
//
// -O0 leaves out every optimisation, -report lists each function in the module
// with its size and its place in the source. -toolchain go builds the same guest
// with Go's own compiler instead: about 2 MB with WASI imports, the fallback and
// a second opinion on every answer.
//
// -C compiles other sources by this compiler, so that two compilers can be
// compared by one engine:
//
//	git worktree add /tmp/349a167 349a167
//	go run ./cmd/compile-wasm -C /tmp/349a167 -o /tmp/349a167.wasm
//
// What the guest and the engine may use of Go, and why, is in SUBSET.md. The
// compiler's stages are the packages under internal: load, subset, analyse,
// lower, opt, emit, wasm; internal/build runs them.
package main
