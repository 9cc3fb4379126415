// Package bird comes before early: the linker compares the names of the tasks,
// and a dash is less than the dot behind a path.
package bird

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/journal"

func init() { journal.Note(3) }
