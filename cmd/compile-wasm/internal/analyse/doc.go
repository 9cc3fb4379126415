// Package analyse answers the questions about a whole program that lowering
// asks: which functions the exports reach, which package initialisers run and in
// what order, what each function may write, which local variables outlive their
// function, and what allocates.
//
// The escape analysis asks of each local variable which other variables, and
// which values, may come to hold its address (Andersen, 1994): one set of
// inclusions for all reachable functions, grown until nothing changes. It tells
// fields of one variable not apart and knows no calling contexts, so it errs
// towards "escapes"; recursion, mutual recursion included, needs no special case.
//
// What a function may write is told by the variable or the field, and by the
// kinds of the scalars; where that says nothing, two accesses may be of the same
// memory.
package analyse
