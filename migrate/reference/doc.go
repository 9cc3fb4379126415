// Package reference decides flags as Bandera and FunWithFlags do, in their own order and with their own oddities. It is
// the judge of an import: what a source answered is compared with what Gonfalon answers.
//
// # Model
//
// A [Flag] is a list of gates as the libraries keep them, and a [Store] is every flag of a source. [Store.Decide] is
// the libraries' enabled?, and [Store.Variant] Bandera's variant. [RedisGate] and [SQLGate] read what the libraries
// wrote, and [Gate.Redis] and [Gate.SQL] write it.
//
// # Promises
//
//   - The package shares no code with the engine, so that a mistake of one isn't made by both; arrows_test.go holds
//     that. It answers every vector of engine/conformance that a reference answered, or says that it raises.
//   - It doesn't guess. Where the libraries raise, or a pattern can't be judged, it returns an error that says why.
//
// # Caveats
//
// A pattern runs on a backtracking engine that knows what PCRE knows, with a limit of time. Variants with more than 32
// names and weights that aren't whole are summed in the order of names, and in Bandera in that of a hash.
package reference
