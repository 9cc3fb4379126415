// Package early is the first by name of those that note something, but one.
package early

import (
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/journal"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/torture/start/quiet"
)

// Value is noted at the start.
var Value = journal.Note(1) + uint64(quiet.Numbers[1])

func init() { journal.Note(2) }
