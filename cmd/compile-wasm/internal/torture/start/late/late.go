// Package late is imported for its effects only.
package late

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/journal"

func init() { journal.Note(4) }

func init() { journal.Note(5) }
