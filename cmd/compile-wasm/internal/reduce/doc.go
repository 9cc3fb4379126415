// Package reduce makes a Go file smaller as long as something stays true of it:
// that a compiler gets it wrong, say. It is delta debugging (Zeller and
// Hildebrandt, 2002) on the syntax tree: rows of statements go, half of them at a
// time, then a quarter, down to single ones; statements are replaced by what is
// in them, declarations go, and expressions become one of their parts or a
// constant.
//
// What doesn't type-check is thrown away before it is tried, since trying means
// running compilers.
package reduce
