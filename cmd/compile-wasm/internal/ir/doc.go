// Package ir is the compiler's own form of a function: static single
// assignment over WebAssembly's four scalar types.
//
// Lowering makes it from go/ssa: by then strings are two values, slices three,
// small structs one per field, and every trap of the language (a nil pointer,
// an index out of range) is an explicit [OpCheck]. So the passes over it are
// few and small, and inlining a function is copying its blocks.
//
// An operation that WebAssembly has is written with WebAssembly's own opcode;
// pseudo operations start at [OpPhi]. A block's list of values is the order in
// which effects happen. What may pass what is written in one place,
// [Value.Effect], which the optimiser, the emitter and its checker share.
//
// Aggregates that live in memory (arrays, large structs) travel by address; the
// storage of a local one is a [Slot] of the function's frame, which the
// emitter lays out on a shadow stack.
package ir
