// Package programs compares random programs with Go: those of two generators
// that share no code, randprog and randflow, many in one native build and one
// module. Go runs them on 386, where int has the module's width. The module runs
// unoptimised, optimised, and optimised with what the optimiser proved kept as
// claims; by wazero's compiler and interpreter, and by V8 in Node.
//
// A program that differs is made smaller before it is shown (package reduce).
package programs
