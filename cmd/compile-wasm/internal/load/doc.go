// Package load reads a guest package and all that it imports from source, as
// the build tag of the module and a 32-bit target select it, and builds
// golang.org/x/tools/go/ssa form of it.
//
// Nothing of the machine leaks into the result: positions are told relative to
// the guest's module or to Go's own source, and exports come in the order of
// their names.
package load
