// Package mutants breaks the compiler on purpose, one small fault at a time, and
// sees that its tests notice. A fault that none notices is a test that is missing.
//
//	SHARD=2/8 make mutants
//
// plants every eighth fault. Which test noticed which is kept, and a run that was
// stopped goes on where it was (package shards). A fault is kept as the text that it
// replaces; one whose text isn't there any more fails the short tests.
//
// The source tree isn't touched: the go command reads the faulty file through an
// overlay.
package mutants
