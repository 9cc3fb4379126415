package main

import (
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/early"
	_ "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/early-bird"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/journal"
	_ "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/late"
)

var (
	begun = middle() + 1
	noted = journal.Note(14)
	_     = journal.Note(15)
	least = journal.Note(11)
	notes = [40]struct {
		name string
		n    uint64
	}{{"a", journal.Note(16)}, 39: {"z", early.Value}}
)

func middle() uint64 { return least*3 + journal.Note(12) }

func init() { journal.Note(20); noted++ }

func init() {
	for i := range uint64(5) {
		journal.Note(begun + i)
	}
}

// started tells in which order everything was initialised. The native test and
// the module began in the same way.
//
//go:wasmexport started
func started(k uint64) uint64 {
	return mix(journal.Digest, begun+noted*7+notes[k%40].n+uint64(len(notes[k%40].name)))
}

// ordered makes calls that write what the same statement reads after them, and
// calls beside reads that they can't change.
//
//go:wasmexport ordered
func ordered(n int32) int32 {
	counter = n
	counter += count()
	x := count()*1000 + counter
	y := counter
	y += count()
	local := [3]int32{n, count(), counter}
	if counter > 3 && count() > 2 || counter < 2 && count() > 4 {
		x++
	}
	local[counter&1] = 5
	counter = 0
	return x + y*3 + local[0]*5 + local[1]*7 + local[2]*11
}

func count() int32 { counter++; return counter }
