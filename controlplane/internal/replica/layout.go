package replica

import (
	"context"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// checkLayout refuses a store that a newer build has written, or into which a restore broke off.
func (rep *Replica) checkLayout(ctx context.Context) error {
	restoring, err := store.ReadOne(ctx, rep.store, stored.RestoringKey)
	if err != nil {
		return model.Unavailable("the store can't be read", err)
	}
	if restoring.Revision != 0 {
		return model.Errorf(api.Unavailable, "a restore into this store broke off: restore it again")
	}
	format, err := store.ReadOne(ctx, rep.store, stored.FormatKey)
	if err != nil {
		return model.Unavailable("the store can't be read", err)
	}
	if format.Revision == 0 {
		// If several replicas start together, one of them writes it and the others find it.
		_, err := rep.store.Commit(ctx, store.Txn{
			Guards: []store.Guard{{Key: stored.FormatKey}},
			Ops:    []store.Op{{Key: stored.FormatKey, Value: stored.Marshal(stored.LayoutVersion)}},
		})
		if err != nil {
			return model.Unavailable("the store can't be written", err)
		}
		return nil
	}
	var version int
	if err := stored.Unmarshal(format.Value, &version); err != nil {
		return fmt.Errorf("%s: %w", stored.FormatKey, err)
	}
	if version > stored.LayoutVersion {
		return model.Errorf(api.Unavailable, "the store has layout %d, written by a newer build; this build reads layout %d", version, stored.LayoutVersion)
	}
	return nil
}
