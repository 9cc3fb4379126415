// Package snapshot is the authoring side of the engine: what people write about a flag, and the bytes that hosts decide by.
//
// # Model
//
// A [Set] is everything that one environment knows: settings, flags and segments. A [Flag] is a list of gates, one per slot
// ([Gate.Slot]); a [Segment] is a named list of constraints. All of them are plain values with one JSON form, and the same
// form in YAML. schema.json describes it to editors.
//
// The way of a change is always the same, and each step is a pure function:
//
//	parse     ParseFlag, ParseSet, ParseYAML …   text to model, with the place of everything that does not fit
//	change    Enable, Disable, Clear, …          a model to a new model
//	validate  Validate, ValidateFlag, …          every problem at once, each with flag, gate, pointer and hint
//	compile   CompileFlag, CompileSegment        one record's bytes; nothing but that record is needed
//	assemble  Assemble, Delta                    records to a snapshot or to the difference of two
//
// # Promises
//
//   - The same model gives the same bytes, in whatever order it was written and on whatever machine it is compiled.
//   - Whatever is compiled, the engine loads. What is malformed is refused ([Strict]), or compiled so that it grants
//     nothing and is reported ([Tolerant]).
//   - Numbers are never rounded: integers stay exact at any length and apart from floats. Only a float without a fraction
//     within ±2^53 becomes an integer when it is read, because some languages can't tell 5 from 5.0.
//   - Text that is not UTF-8 becomes U+FFFD, byte by byte, when it is read.
//   - Nothing here changes its arguments, reads a clock, or draws a random number.
//
// FORMAT.md describes the bytes.
package snapshot
