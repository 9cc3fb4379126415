// Package differential puts the same snapshots and requests, random and
// corrupted, to five builds of the engine: native, native with 32 bits, the
// module unoptimised and optimised, and the module that Go's own toolchain makes.
// All answers have to be the same: decisions with their strings, batches,
// explanations, groups, splices, and for a snapshot that doesn't load the code
// and the offset.
//
// `oracle` is the native side as a program, for the 32-bit build.
package differential
