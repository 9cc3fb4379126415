// Package emit turns ir into WebAssembly functions.
//
// Control flow is structured from the dominator tree (Ramsey, "Beyond
// Relooper", 2022). A value that is used once in its block is computed where it
// is used, so that most values never see a local variable; that moves it past
// others, and is where a compiler like this goes wrong silently. So the choice
// (fold.go) and its proof (order.go) are two pieces of code: after each block is
// written, the order in which reads and writes came out is compared with the
// order in the ir, and any difference stops the compiler.
//
// A function is written as instructions in blocks (code.go) and made smaller as
// such (tidy.go), before they are bytes (encode.go):
//   - ends drops blocks that nothing leaves, branches to what follows anyway, and
//     arms whose other arm goes elsewhere;
//   - joins moves what all ways to a block's end do last behind it, so that a local
//     they all set is the block's result;
//   - ifs and conditions choose between if and br_if;
//   - stack and forget leave values on the stack, and out of locals that nothing
//     gets any more.
//
// None of them changes what is executed on a way through the function, nor its
// order, but for getting and setting locals.
package emit
