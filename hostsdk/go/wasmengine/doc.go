// Package wasmengine decides by the WebAssembly module that every other language uses, in wazero, instead of by native
// Go.
//
//	engine, err := wasmengine.New(ctx, wasmengine.Config{})
//	defer engine.Close()
//	flags, err := gonfalon.New(ctx, gonfalon.Config{Engine: engine, …})
//
// # The model
//
// The module is compiled once per process. A snapshot is a pool of instances of it, each of which holds the snapshot
// and makes one decision at a time. A new snapshot is a new pool, built beside the one that serves; the old one goes
// after its last call.
//
// # Promises
//
//   - The answers are those of the native engine, bit for bit.
//   - An instance that traps is thrown away, built anew from the snapshot's bytes, and counted; the call is made once more.
//   - In the steady state a decision makes no allocation.
//
// # Caveats
//
// Memory grows with the number of instances times the size of the snapshot, and 256 KB for the answers that each of them
// remembers. wazero's compiler runs on amd64 and arm64;
// elsewhere, or with Config.Interpreter, calls take about fifty times as long. On arm64 a CPU profiler's signals can
// meet compiled code at a bad moment: profile with the interpreter there.
package wasmengine
