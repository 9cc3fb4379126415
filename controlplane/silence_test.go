package controlplane_test

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// logged is a log that can be read while it is written.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

func (l *logged) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

func degraded(s *controlplane.Service, kind string) bool {
	return slices.ContainsFunc(s.Status().Degraded, func(d controlplane.Degradation) bool { return d.Kind == kind })
}

// within waits until something is so, and fails if it takes longer than it may.
func within(t *testing.T, most time.Duration, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(most); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%s took longer than %v", what, most)
			return
		}
	}
}

// noticing is how long a replica may take to notice that its store is silent.
const noticing = 15 * time.Second

// TestASilentStoreIsNoticed freezes the only way to a member, freezes one of three ways, and takes the quorum away.
func TestASilentStoreIsNoticed(t *testing.T) {
	cluster := etcdtest.Start(t, 3)
	ways := []*etcdtest.Link{cluster.Link(0), cluster.Link(1), cluster.Link(2), cluster.Link(0)}
	var log logged
	one := open(t, controlplane.Config{Store: cluster.StoreBy(ways[3]), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	three := open(t, controlplane.Config{Store: cluster.StoreBy(ways[:3]...)})
	ctx := t.Context()
	must[controlplane.WriteResult](t)(one.Enable(ctx, env, "f", flagset.Scope{}, by))

	// It must have come to the other replica, too: a watch through the frozen member says nothing until it is given up.
	must[api.Flag](t)(three.GetFlag(ctx, env, "f"))

	ways[3].Freeze()
	ways[0].Freeze()
	var both sync.WaitGroup
	both.Go(func() {
		began := time.Now()
		if _, err := one.GetFlag(ctx, env, "f"); controlplane.CodeOf(err) != api.Unavailable {
			t.Errorf("a read from a frozen store: %v", err)
		}
		if took := time.Since(began); took > noticing {
			t.Errorf("a read hung for %v", took)
		}
	})
	both.Go(func() {
		// Two of three members answer: reads and writes go on.
		for range 6 {
			if _, err := three.GetFlag(ctx, env, "f"); err != nil {
				t.Errorf("a read beside a frozen member: %v", err)
			}
		}
		if _, err := three.Enable(ctx, env, "g", flagset.Scope{}, by); err != nil {
			t.Errorf("a write beside a frozen member: %v", err)
		}
	})
	within(t, noticing, "noticing a frozen store", func() bool { return degraded(one, controlplane.DegradedStore) && log.has("the store is lost") })
	status := one.Status()
	if status.Synced || status.Lag < time.Second || one.Ready() != nil {
		t.Errorf("synced %t, lag %v, ready %v", status.Synced, status.Lag, one.Ready())
	}
	both.Wait()
	ways[3].Thaw()
	ways[0].Thaw()
	within(t, 30*time.Second, "coming back", func() bool {
		return !degraded(one, controlplane.DegradedStore) && !degraded(three, controlplane.DegradedStore) && log.has("follows the store again")
	})
	if lag := one.Status().Lag; lag != 0 {
		t.Errorf("lag %v after it came back", lag)
	}

	cluster.Kill(1)
	cluster.Kill(2)
	within(t, noticing, "noticing the lost quorum", func() bool {
		return degraded(one, controlplane.DegradedStore) && degraded(three, controlplane.DegradedStore)
	})
	cluster.Restart(1)
	within(t, 30*time.Second, "coming back to a quorum", func() bool {
		return !degraded(one, controlplane.DegradedStore) && !degraded(three, controlplane.DegradedStore)
	})
	cluster.Restart(2)
}
