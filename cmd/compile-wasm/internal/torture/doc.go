// Package main is a guest that goes through the whole subset: every operator on
// every type, every conversion, aggregates by value, loops, labels, strings,
// slices, and every way to trap. Its tests call the same functions natively, and
// want the same answers and the same traps.
//
// int is as wide as the native machine's, so functions that could tell take and
// give explicit sizes; under GOARCH=386 the widths agree.
package main
