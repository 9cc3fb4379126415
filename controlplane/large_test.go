package controlplane_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// actorGates returns a flag with n actors.
func actorGates(n int) flagset.Flag {
	f := flagset.Flag{Key: "big"}
	for i := range n {
		f.Gates = append(f.Gates, flagset.Gate{Type: flagset.Actor, Target: fmt.Sprintf("user:%d", i*7919%1_000_003), Enabled: i%10 != 0})
	}
	return f
}

// large reports whether to test at the limits, which takes half a minute: GONFALON_LARGE=1 go test -run Large.
var large = os.Getenv("GONFALON_LARGE") != ""

// TestLargeFlag writes a flag that is too large for a transaction, changes it in pieces, rebuilds it and finds it
// again.
func TestLargeFlag(t *testing.T) {
	actors := 12_000
	if large {
		actors = 99_999 // and one more below: as many as there may be
	}
	dir, ctx := t.TempDir(), t.Context()
	store := embedded(t, dir)
	s := open(t, controlplane.Config{Store: store})
	other := open(t, controlplane.Config{Store: store})
	put := must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, actorGates(actors), by))
	if len(put.Flag.Gates) != actors || put.Revision != 2 {
		t.Fatalf("%d gates at revision %d", len(put.Flag.Gates), put.Revision)
	}
	before := keys(t, store, "piece/"+env+"/")
	if before < 10 {
		t.Fatalf("%d pieces", before)
	}
	within(t, noticing, "the other replica catches up", func() bool { _, err := other.GetFlag(ctx, env, "big"); return err == nil })
	one := must[controlplane.WriteResult](t)(other.Enable(ctx, env, "big", flagset.ForActor("user:new"), by))
	if added := keys(t, store, "piece/"+env+"/") - before; added > 8 {
		t.Errorf("one more actor wrote %d pieces", added)
	}
	if !one.Enabled || !enabled(t, s, "big", "user:new", api.At{}) || !enabled(t, s, "big", "user:7919", api.At{}) {
		t.Error("an actor is not enabled")
	}
	if enabled(t, s, "big", "user:0", api.At{}) || enabled(t, s, "big", "user:new", api.At{Revision: 2}) {
		t.Error("an actor is enabled that should not be")
	}
	s.Sweep(ctx)
	if left := keys(t, store, "piece/"+env+"/"); left > before+2 {
		t.Errorf("%d pieces are left of %d", left, before)
	}
	late := open(t, controlplane.Config{Store: store})
	a, b := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env)), must[*controlplane.Snapshot](t)(late.Snapshot(ctx, env))
	if a.ID() != b.ID() {
		t.Error("a replica that starts now has other bytes")
	}
	must[int64](t)(late.DeleteFlag(ctx, env, "big", by))
	back := must[api.Difference](t)(late.RollbackEnvironment(ctx, env, one.Revision, by))
	if !back.Written || !enabled(t, late, "big", "user:new", api.At{}) {
		t.Error("the flag can't be brought back")
	}
}

// TestLargeEnvironment imports ten thousand flags at once.
func TestLargeEnvironment(t *testing.T) {
	flags := 2_000
	if large {
		flags = 10_000
	}
	ctx, store := t.Context(), embedded(t, t.TempDir())
	s := open(t, controlplane.Config{Store: store})
	begin := time.Now()
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(flags), api.Import{}, by))
	t.Logf("import %v", time.Since(begin))
	begin = time.Now()
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f00001", flagset.Scope{}, by))
	t.Logf("one write %v", time.Since(begin))
	begin = time.Now()
	late := open(t, controlplane.Config{Store: store})
	a, b := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env)), must[*controlplane.Snapshot](t)(late.Snapshot(ctx, env))
	t.Logf("start to first snapshot %v", time.Since(begin))
	if a.ID() != b.ID() {
		t.Error("a replica that starts now has other bytes")
	}
	if page := must[api.FlagPage](t)(late.ListFlags(ctx, env, controlplane.FlagQuery{})); page.Total != flags {
		t.Errorf("%d flags", page.Total)
	}
	s.Sweep(ctx)
	must[api.Difference](t)(s.RollbackEnvironment(ctx, env, 1, by))
	if e := must[api.Environment](t)(s.GetEnvironment(ctx, env)); e.Flags != 0 {
		t.Errorf("%d flags are left", e.Flags)
	}
}

func BenchmarkWriteAmongTenThousandFlags(b *testing.B) {
	store := memstore.New()
	defer func() { _ = store.Close() }()
	s := open(b, controlplane.Config{Store: store})
	ctx := b.Context()
	if _, err := s.Import(ctx, env, manyFlags(10_000), api.Import{}, by); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n++
		r, err := s.Enable(ctx, env, "f00042", flagset.ForActor(fmt.Sprint("v", n)), by)
		if err != nil {
			b.Fatal(err)
		}
		if p, err := s.Snapshot(ctx, env); err != nil || p.Position().Revision < r.Revision {
			b.Fatalf("the snapshot does not have the write: %v", err)
		}
	}
}
