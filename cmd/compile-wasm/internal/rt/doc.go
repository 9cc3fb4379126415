// Package rt is the runtime of compiled modules: what Go's built-in operators
// on strings and slices do when it takes more than a few instructions.
//
// It is written in the subset and compiled by the compiler itself, from the
// source embedded here, into each module that needs it. The functions are
// found by name ([Source]); nothing imports this package to call them, but its
// tests run them natively.
package rt

import _ "embed"

// Source is rt.go, to be type-checked under the path Path.
//
//go:embed rt.go
var Source string

// Path is the import path that the runtime is compiled under.
const Path = "gonfalon/rt"
