// Package engine decides feature flags. It is what a flag means, and nothing else.
//
// # The model
//
// A [Snapshot] is a loaded set of flags: immutable, safe for any number of readers. An [Input] is everything else that a
// decision depends on: the actor, its groups, the context's attributes, the time and a roll of chance. [Snapshot.Evaluate]
// turns a flag's key and an input into a [Decision]. There is no default clock and no default chance: both are arguments, so
// that any decision can be replayed anywhere, natively and in the WebAssembly module that is compiled from this package.
//
// # The precedence
//
//  1. a killed flag is off
//  2. prerequisites: one that is not met, or a cycle, and the flag is off
//  3. the actor's own gate decides, on or off
//  4. group gates of the actor's groups decide; the snapshot says whether deny or allow wins
//  5. then the first that grants: rules and segments, the boolean gate, schedules, percentage_of_actors (or, where there is
//     none, percentage_of_time)
//  6. else the flag is off
//
// A variant is served by the actor's score whatever the gates say. evaluate.go is this list in code.
//
// # Promises
//
//   - Evaluate is total: no error, no panic, no lock, no allocation. An unknown flag is a decision with a reason.
//   - Load checks every byte it later relies on: hostile bytes give a [Code] and an offset, never a panic.
//   - Nothing here reaches a clock, a disk, a network or randomness; a test of the imports says so.
//   - The package keeps to the Go subset that cmd/compile-wasm compiles: no maps, interfaces, closures, goroutines,
//     reflection or fmt, sizes in explicit integer types. What only native hosts need lives in native.go.
//
// # Caveats
//
// A [Scratch] serves one evaluation at a time. Strings of a Decision point into the snapshot or the input and stay valid as
// long as those do. The bytes that Load reads are described in snapshot/FORMAT.md; the request bytes in ../wasm/ABI.md.
package engine
