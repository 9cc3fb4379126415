// Package engine decides feature flags. It defines what a flag means, and does nothing else.
//
// # The model
//
// A [Snapshot] is a loaded set of flags: immutable, and safe for any number of readers. An [Input] is everything else
// that a decision depends on: the actor, its groups, the context's attributes, the time and a roll of chance.
// [Snapshot.Evaluate] turns a flag's key and an input into a [Decision]; [Snapshot.EvaluateAt] takes the flag's number
// instead. Time and chance have no defaults: both are arguments, so any decision can be replayed anywhere, natively and
// in the WebAssembly module that is compiled from this package.
//
// # The precedence
//
//  1. a killed flag is off
//  2. prerequisites: if any is unmet, or they form a cycle, the flag is off
//  3. the actor's own gate decides, on or off
//  4. gates for the actor's groups decide; the snapshot says whether deny or allow wins
//  5. the first of these that grants turns the flag on: rules and segments, the boolean gate, schedules,
//     percentage_of_actors; percentage_of_time counts if there is no percentage_of_actors, or no actor
//  6. otherwise the flag is off
//
// A flag whose comparisons take more than MaxSteps over one input is off, and so is every flag that requires it, on
// or off.
//
// The actor's score selects a variant, whatever the gates say. evaluate.go is this list in code.
//
// # Promises
//
//   - Evaluate is total: no error, no panic, no lock, no allocation. An unknown flag is a decision with a reason.
//   - Load checks every byte that evaluation relies on. For hostile bytes it returns a [Code] and an offset; it never panics.
//   - Nothing here uses a clock, a disk, a network or randomness; a test of the imports makes sure.
//   - The package keeps to the Go subset that cmd/compile-wasm compiles: no maps, interfaces, closures, goroutines,
//     reflection or fmt, and sizes in explicit integer types. Code for native hosts only is in the files that a build tag keeps out of the module.
//
// # For the module
//
// Programs in Go need [Load], [Apply], [Snapshot], [Input] and [Decision]. The rest is for the WebAssembly module and
// for hosts that call it, which exchange bytes: [Request] reads what [AppendRequest] and [AppendBatch] write,
// [ExplanationBuffer] writes what package explain reads, and [Request.WriteNeeds] says what a host may leave out of a
// request. [Snapshot.Load], [Snapshot.SpliceSize] and [Snapshot.Splice] are Load and Apply without errors and byte
// slices of their own. [Timed] and [Changes] answer from the bytes that a module has loaded.
//
// # Caveats
//
// A [Scratch] serves one evaluation at a time. The strings of a Decision point into the snapshot or the input, and
// stay valid as long as those do. snapshot/FORMAT.md describes the bytes that Load reads, ../wasm/ABI.md those of a
// request.
package engine
