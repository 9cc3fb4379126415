// Package emit turns ir into WebAssembly functions.
//
// Control flow is structured from the dominator tree (Ramsey, "Beyond
// Relooper", 2022). A value that is used once in its block is computed where it
// is used, so that most values never see a local variable; that moves it past
// others, and is where a compiler like this goes wrong silently. So the choice
// (fold.go) and its proof (order.go) are two pieces of code: after each block is
// written, the order in which reads and writes came out is compared with the
// order in the ir, and any difference stops the compiler.
package emit
