// Package subset refuses what the compiler doesn't translate, before it tries.
//
// Every refusal names its place and what to write instead, and all of them are
// told at once. Only code that the exports and the initialisers reach is looked
// at. In code of the
// standard library the author can't follow such advice, so there the call (or
// the variable) in the project's own code is what is refused.
//
// SUBSET.md, two directories up, is the same list for people.
package subset
