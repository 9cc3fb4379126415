package controlplane

import (
	"context"
	"iter"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/check"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Violation is a broken invariant of a store: the key, what is wrong, and whether it is only litter, on which nothing
// depends.
type Violation = check.Violation

// Check walks a store as of one revision, and yields each invariant that doesn't hold: a record that can't be read or
// doesn't compile to its bytes, a missing piece, a hole in the audit, a change that can't be undone, a count that
// doesn't add up. A service may use the store at the same time. The last item is an error if the store can't be read.
func Check(ctx context.Context, s store.Store) iter.Seq2[Violation, error] { return check.Walk(ctx, s) }
