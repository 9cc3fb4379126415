package controlplane_test

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestKillsAndDeletionsGoThroughInAFullStore: everything else is refused with what to do about it.
func TestKillsAndDeletionsGoThroughInAFullStore(t *testing.T) {
	db, err := etcdstore.OpenEmbedded(t.Context(), etcdstore.Embedded{Dir: t.TempDir(), Quota: 16 << 20, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "risky", flagset.Scope{}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "old", flagset.Scope{}, by))
	chance := rand.NewChaCha8([32]byte{}) // so that nothing can be compressed
	n := 0
	for ; err == nil && n < 1000; n++ {
		set := flagset.Set{Flags: []flagset.Flag{{Key: fmt.Sprint("large", n)}}}
		var variants []flagset.Variant
		for i := range 2 {
			payload := make([]byte, 10_000)
			_, _ = chance.Read(payload)
			variants = append(variants, flagset.Variant{Name: fmt.Sprint(i), Weight: flagset.Int(1), Payload: fmt.Appendf(nil, "%q", hex.EncodeToString(payload))})
		}
		set.Flags[0].Gates = []flagset.Gate{{Type: flagset.VariantGate, Variants: variants}}
		_, err = s.Import(ctx, env, set, api.Import{}, by)
	}
	want(t, err, api.Unavailable)
	if !strings.Contains(err.Error(), "the store is full") || !strings.Contains(err.Error(), "retention") {
		t.Errorf("it doesn't say what to do: %v", err)
	}
	s.Measure(ctx)
	if _, err := s.Kill(ctx, env, "risky", nil, by); err != nil {
		t.Errorf("a kill: %v", err)
	}
	for _, key := range []string{"old", "large0", "large1", "large2"} {
		if _, err := s.DeleteFlag(ctx, env, key, by); err != nil {
			t.Errorf("a deletion of %s: %v", key, err)
		}
	}
	if err := s.RevokeToken(ctx, "nobody", by); controlplane.CodeOf(err) != api.NotFound {
		t.Errorf("a revocation: %v", err)
	}
	if !degraded(s, controlplane.DegradedSpace) || s.Ready() != nil {
		t.Errorf("a full store: %+v, ready %v", s.Status().Degraded, s.Ready())
	}
}
