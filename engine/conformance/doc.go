// Package conformance reads the vectors beside it: what the real Bandera and FunWithFlags modules answered, case by case.
//
// A [Case] is a set of flags, a request, and the answer; [Run] compares any way of deciding with it, and [Emit] writes cases as
// bytes that any language can feed to the module. README.md describes the files. What can't be asked of this engine at all is
// skipped by the shape of the case, and skips.go names every shape with its reason.
package conformance
