// Package analyse answers the questions about a whole program that lowering
// asks: which functions the exports reach, which package initialisers that
// takes, which local variables outlive their function, and what allocates.
//
// The escape analysis asks of each local variable which other variables, and
// which values, may come to hold its address (Andersen, 1994): one set of
// inclusions for all reachable functions, grown until nothing changes. It tells
// fields of one variable not apart and knows no calling contexts, so it errs
// towards "escapes"; recursion, mutual recursion included, needs no special case.
package analyse
