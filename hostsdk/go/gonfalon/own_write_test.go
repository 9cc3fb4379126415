package gonfalon_test

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// TestAProgramReadsItsOwnWrites: in the program that holds the control plane, a client answers by a write as soon as the write
// has returned, however many writes there are. The clock stands while anything is done, since a write waits for a client for a
// second only.
func TestAProgramReadsItsOwnWrites(t *testing.T) { synctest.Test(t, readsItsOwnWrites) }

func readsItsOwnWrites(t *testing.T) {
	ctx, quiet, by := t.Context(), slog.New(slog.DiscardHandler), controlplane.WriteOptions{By: "me"}
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	plane, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plane.Close() })
	flags, err := gonfalon.New(ctx, gonfalon.Config{Source: gonfalon.InProcess(plane.Watch), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer flags.Close()
	var all sync.WaitGroup
	for writer := range 4 {
		all.Go(func() {
			for i := range 50 {
				key := fmt.Sprintf("flag-%d-%d", writer, i/2)
				write, want := plane.Enable, true
				if i%2 == 1 {
					write, want = plane.Disable, false
				}
				if _, err := write(ctx, "default", key, flagset.Scope{}, by); err != nil {
					t.Error(err)
				}
				if flags.Enabled(key) != want {
					t.Errorf("after write %d, %s isn't %t", i, key, want)
				}
			}
		})
	}
	all.Wait()

	// A reader that takes nothing holds up one write, and no other.
	for _, err := range plane.Watch(ctx, "default", gonfalon.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			start := time.Now()
			if _, err := plane.Enable(ctx, "default", fmt.Sprint("late-", i), flagset.Scope{}, by); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); i > 0 && took > 500*time.Millisecond {
				t.Errorf("write %d waits for %v", i, took)
			}
		}
		break
	}
}
