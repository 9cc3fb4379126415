// Package gonfalon decides feature flags inside a Go program.
//
// # The model
//
// A [Client] keeps one environment's snapshot in memory and decides locally: no request is made on the way. A [Source] brings
// new snapshots (a stream, polling, a file, the program itself), an [Engine] turns their bytes into decisions: the native one,
// unless Config names another, such as that of package wasmengine.
//
//	flags, err := gonfalon.New(ctx, gonfalon.Config{Endpoint: "http://127.0.0.1:8080", Token: token})
//	defer flags.Close()
//	if flags.Enabled("new_checkout", gonfalon.For(user), gonfalon.With("plan", "pro")) { … }
//
// Options say who asks ([For], [InGroups], [With], [Attributes]) and what to answer when nothing is known ([Default]). Where
// the same context asks often, [Prepare] builds it once, and [Remember] carries it, and what was decided by it, in a
// [context.Context].
//
// # Promises
//
//   - There is always an answer: no method that decides returns an error, blocks or panics. Before the first snapshot, and for
//     unknown flags, it is the caller's default.
//   - A decision reads one immutable snapshot, without a lock, and without an allocation if the context was prepared.
//   - A broken frame, or a lower revision of the same lineage, changes nothing.
//   - What is decided is decided by package engine; ../../README.md is the contract that all SDKs share.
//
// # Caveats
//
// A program that can't reach its server goes on with what it has, and says so by its [State]: whoever must know asks for it, or
// subscribes. Strings of a [Decision] share memory with the snapshot that it was made by, and keep that alive.
package gonfalon
