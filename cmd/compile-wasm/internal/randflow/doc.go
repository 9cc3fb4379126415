// Package randflow writes random programs in the subset whose answers it knows.
// It is built to have other blind spots than package randprog, and shares no code
// with it.
//
// A function begins as a flow graph: blocks in a row, branches forward between
// any two, and branches back to a block that dominates the one they leave. It is
// written with labels and goto, so loops have several ways in their middle and
// out of it that no structured program has. The blocks are filled with short
// statements on a fixed state: integers of all types, a small memory that is
// read and written in all widths, structs by value and by pointer, slices.
//
// Each statement is made together with what it does, so a program can be run as
// it is written, without any compiler. That is a second oracle beside Go.
package randflow
