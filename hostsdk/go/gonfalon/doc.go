// Package gonfalon evaluates feature flags inside a Go program.
//
// # The model
//
// A [Client] keeps one environment's snapshot in memory and evaluates flags locally, without a request. A [Source]
// brings new snapshots (a stream, polling, a file, the program itself). An [Engine] turns their bytes into decisions:
// the native one, unless Config names another, such as package wasmengine's.
//
//	flags, err := gonfalon.New(ctx, gonfalon.Config{Endpoint: "http://127.0.0.1:8080", Token: token})
//	if err != nil {
//		return err
//	}
//	defer flags.Close()
//	if flags.Enabled("new_checkout", gonfalon.For(user), gonfalon.With("plan", "pro")) { … }
//
// Options describe the context ([For], [InGroups], [With], [Attributes]) and the answer when nothing is known
// ([Default]). If you evaluate many flags for one context, [Prepare] builds it once. [Remember] carries it in a
// [context.Context], with what was decided for it.
//
// # Promises
//
//   - There is always an answer: no method that decides returns an error, blocks or panics, whatever it is handed. Before the
//     first snapshot the answer is the caller's default. An unknown flag is off.
//   - A decision reads one immutable snapshot, without a lock, and without an allocation if the context was prepared.
//   - A broken frame, or a lower revision of the same lineage, changes nothing, unless the control plane has made sure that it
//     never had what serves.
//   - Package engine alone decides. ../../README.md is the contract that all SDKs share.
//
// # Caveats
//
// A client that can't reach its server keeps using what it has, and reports that through its [State]; callers that
// care can query it or subscribe. Strings of a [Decision] share memory with the snapshot that decided, and keep it
// alive.
package gonfalon
