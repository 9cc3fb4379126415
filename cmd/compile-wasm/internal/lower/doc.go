// Package lower turns go/ssa functions into the compiler's ir.
//
// What the language leaves implicit becomes explicit here: a dereference is
// preceded by a nil check, an index by a bounds check, small integers are
// brought back into their range after each operation, shifts of too much give
// what Go says and not what WebAssembly does. No check is left out here because
// it looks needless; that is the optimiser's business, and can be turned off.
//
// A value of an array or large struct type is the address of a copy that
// nothing writes to any more: each load of one copies it to a slot of its own,
// unless all that is done with it happens before the next write to memory.
// Such a value is passed and returned as an address; whoever receives a result
// copies it at once, before the callee's frame can be overwritten.
//
// The initialisers are a program of their own, which notes its place and counts its
// steps, so that one that traps or doesn't end can be told.
//
// Each export gets an entry function around it, which puts the stack pointer
// and the heap back to where the last completed call left them. So a call that
// trapped leaves nothing behind in either.
package lower
