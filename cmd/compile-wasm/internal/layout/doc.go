// Package layout says how Go's types lie in the module's memory, and as which
// scalars their values travel between operations.
//
// Sizes are those of Go's own 32-bit ports (GOARCH=386), so that a native
// 386 build of the same source is an oracle for int, uint and uintptr. A
// string travels as two scalars, a slice as three, a small struct as those of
// its fields. Arrays that aren't empty, and structs that hold one or have more
// than [MaxLeaves] scalars, travel as an address.
package layout
