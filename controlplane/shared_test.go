package controlplane_test

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestAStateSharesWhatDidNotChange: an import too large for one transaction writes all records again, and each replica
// reads them again, but holds only those anew that changed.
func TestAStateSharesWhatDidNotChange(t *testing.T) {
	db := memstore.WithLimits(store.Limits{Ops: 16, Bytes: 256 << 10})
	t.Cleanup(func() { _ = db.Close() })
	writer, reader := open(t, controlplane.Config{Store: db}), open(t, controlplane.Config{Store: db})
	set := manyFlags(200)
	must[api.Difference](t)(writer.Import(t.Context(), env, set, api.Import{}, by))
	must[api.Flag](t)(reader.GetFlag(t.Context(), env, set.Flags[0].Key))
	before := [][]any{controlplane.Records(writer, env), controlplane.Records(reader, env)}
	for i := range 50 {
		set.Flags[i] = flagset.Flag{Key: set.Flags[i].Key, Description: "changed"}
	}
	d := must[api.Difference](t)(writer.Import(t.Context(), env, set, api.Import{}, by))
	must[api.Flag](t)(reader.GetFlag(t.Context(), env, set.Flags[0].Key))
	for i, s := range []*controlplane.Service{writer, reader} {
		held := map[any]bool{}
		for _, r := range before[i] {
			held[r] = true
		}
		fresh := 0
		for _, r := range controlplane.Records(s, env) {
			if !held[r] {
				fresh++
			}
		}
		if fresh != len(d.Changes) || fresh != 50 {
			t.Errorf("replica %d holds %d records anew, after %d changes", i, fresh, len(d.Changes))
		}
	}
}
