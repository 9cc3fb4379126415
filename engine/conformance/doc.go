// Package conformance reads the vectors beside it: the answers of the real Bandera and FunWithFlags modules, case by
// case.
//
// A [Case] is a set of flags, a request, and the right answer. [Run] compares any way of deciding with the cases, and
// [Emit] writes them as bytes that any language can feed to the module. README.md describes the files. Cases that this
// engine cannot express are skipped by kind, never by id; skips.go names every kind with its reason.
package conformance
