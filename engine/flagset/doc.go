// Package flagset holds the flags that people write: the model, its JSON and YAML forms, its checks, and the verbs
// that change it.
//
// # Model
//
// A [Set] is everything in one environment: settings, flags and segments. A [Flag] is a list of gates, one per slot
// ([Gate.Slot]); a [Segment] is a named list of constraints. All of them are plain values with one JSON form, and the
// same form in YAML. schema.json describes the form to editors.
//
// Every change takes the same path, and each step is a pure function:
//
//	parse     ParseFlag, ParseSet, ParseYAML …   turn text into a model, and say where something doesn't fit
//	change    Enable, Disable, Clear, …          turn a model into a new model
//	validate  Validate, ValidateFlag, …          find every problem at once, each with flag, gate, pointer and hint
//
// Package snapshot then compiles a valid model to the bytes that hosts decide by.
//
// # Promises
//
//   - Numbers are never rounded. Integers are exact at any length and differ from floats. The one exception is a float
//     without a fraction within ±2^53: reading turns it into an integer, because some languages can't tell 5 from 5.0.
//   - Reading replaces each byte of text that isn't UTF-8 with U+FFFD.
//   - Nothing here changes its arguments, reads a clock, or draws a random number.
package flagset
