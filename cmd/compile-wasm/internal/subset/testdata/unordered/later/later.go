package later

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset/testdata/unordered/journal"

// Value is noted.
var Value = journal.Note(2)
