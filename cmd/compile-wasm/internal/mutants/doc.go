// Package mutants breaks the compiler on purpose, one small fault at a time, and
// sees that its tests notice. A fault that none notices is a test that is missing.
//
//	go test -tags mutants -timeout 2h -v ./cmd/compile-wasm/internal/mutants
//
// The source tree isn't touched: the go command reads the faulty file through an
// overlay.
package mutants
