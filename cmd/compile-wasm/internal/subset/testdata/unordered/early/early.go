package early

import (
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset/testdata/unordered/journal"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset/testdata/unordered/zero"
)

// Value is noted.
var Value = journal.Note(zero.Value)
