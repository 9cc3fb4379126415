// Package explain reads the engine's explanations and puts into words what each gate compared.
//
// An explanation is a list of steps, one for each gate that the engine looked at, in bytes that wasm/ABI.md describes.
// [Read] reads the steps, and [Step.Detail] puts one into words. The server, the command line and the Go SDK all use
// this package, so they use the same words. hostsdk/explanations.json holds the SDKs in other languages to them.
//
// # Promises
//
//   - The words come from the steps alone: what the engine compared, not what somebody wrote.
//   - Nothing that a user wrote appears unquoted: text is quoted as in JSON, with control and direction characters escaped, and
//     cut if it is long.
package explain
