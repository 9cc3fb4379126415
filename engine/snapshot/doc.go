// Package snapshot turns flags into the bytes that hosts decide by.
//
//	compile   CompileFlag, CompileSegment   turn one flag or segment of package flagset into the bytes of a record
//	assemble  Assemble, Compile             turn records into a snapshot
//	delta     Delta                         the difference of two snapshots
//
// FORMAT.md describes the bytes, and testdata/golden holds some.
//
// # Promises
//
//   - The same model always compiles to the same bytes, whatever order it was written in and whatever machine compiles it.
//   - The engine loads everything that this package compiles. Malformed parts are refused ([Strict]), or reported and
//     compiled so that they grant nothing ([Tolerant]).
//   - Nothing here changes its arguments, reads a clock, or draws a random number.
package snapshot
