// Package explain reads the engine's explanations and says in words what each gate compared.
//
// An explanation is a list of steps, one for each gate that the engine looked at, in bytes that wasm/ABI.md describes. [Read] reads
// them, and [Step.Detail] words one step. The server, the command line and the Go SDK all use this package, so that they say the
// same; the SDKs in other languages are held to the same words by hostsdk/testdata/explanations.json.
//
// # Promises
//
//   - The words come from the steps alone: what the engine compared, not what somebody wrote.
//   - Nothing that a user wrote appears unquoted: text is quoted as in JSON, with control and direction characters escaped, and
//     cut where it is long.
package explain
