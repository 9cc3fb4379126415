package controlplane_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func embedded(t testing.TB, dir string) *etcdstore.Store {
	t.Helper()
	store, err := etcdstore.OpenEmbedded(context.Background(), etcdstore.Embedded{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// TestReplicasGiveTheSameBytes runs three replicas on a cluster, each on its own member and all of them writing. For
// each revision, every replica must serve the same bytes.
func TestReplicasGiveTheSameBytes(t *testing.T) {
	cluster := etcdtest.Start(t, 3)
	var replicas []*controlplane.Service
	for i := range 3 {
		replicas = append(replicas, open(t, controlplane.Config{Store: cluster.Store(i)}))
	}
	ctx := t.Context()
	const writes = 25
	last := int64(1 + 3*writes)
	var mu sync.Mutex
	seen := map[int64][32]byte{} // by revision
	met := 0
	var readers, writers sync.WaitGroup
	for _, s := range replicas {
		h := &host{t: t}
		w := watch(t, s, env, engine.Position{})
		readers.Go(func() {
			for h.at.Revision < last {
				h.take(w.next(t))
				sum := sha256.Sum256(h.bytes)
				mu.Lock()
				if other, known := seen[h.at.Revision]; known && other != sum {
					t.Errorf("revision %d has other bytes on another replica", h.at.Revision)
				} else if known {
					met++
				}
				seen[h.at.Revision] = sum
				mu.Unlock()
			}
		})
	}
	for i, s := range replicas {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			for n := range writes {
				scope := flagset.ForActor(fmt.Sprint(i, "-", n))
				if _, err := s.Enable(ctx, env, fmt.Sprint("f", random.IntN(4)), scope, by); err != nil {
					t.Errorf("replica %d, write %d: %v", i, n, err)
				}
			}
		})
	}
	writers.Wait()
	readers.Wait()
	if met < 2 {
		t.Errorf("the replicas were compared only %d times", met)
	}
	a := export(t, replicas[0], env, api.At{})
	for _, s := range replicas[1:] {
		if export(t, s, env, api.At{}) != a {
			t.Error("the replicas differ")
		}
	}
	// A replica that has just started assembles the same bytes.
	late := must[*controlplane.Snapshot](t)(open(t, controlplane.Config{Store: cluster.Store()}).Snapshot(ctx, env))
	if p := must[*controlplane.Snapshot](t)(replicas[0].Snapshot(ctx, env)); p.ID() != late.ID() {
		t.Error("a late replica has other bytes")
	}
}

// TestNoAcknowledgedWriteIsLost kills members, including the leader, while there are writes.
func TestNoAcknowledgedWriteIsLost(t *testing.T) {
	cluster := etcdtest.Start(t, 3)
	s, ctx := open(t, controlplane.Config{Store: cluster.Store()}), t.Context()
	var mu sync.Mutex
	acknowledged := map[string]int64{}
	half, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := range 60 {
			if i == 20 {
				close(half)
			}
			actor := fmt.Sprint("u", i)
			r, err := s.Enable(ctx, env, "f", flagset.ForActor(actor), by)
			if err != nil {
				if controlplane.CodeOf(err) != api.Unavailable {
					t.Errorf("write %d: %v", i, err)
				}
				continue
			}
			mu.Lock()
			acknowledged[actor] = r.Revision
			mu.Unlock()
		}
	}()
	<-half
	leader := max(cluster.Leader(), 0)
	cluster.Kill(leader)
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Fatal("writes don't go on without a member")
	}
	if len(acknowledged) < 30 {
		t.Errorf("only %d writes were acknowledged", len(acknowledged))
	}
	var others []int
	for i := range 3 {
		if i != leader {
			others = append(others, i)
		}
	}
	check := func(s *controlplane.Service) {
		t.Helper()
		revisions := map[int64]string{}
		for actor, revision := range acknowledged {
			if !enabled(t, s, "f", actor, api.At{}) {
				t.Errorf("the acknowledged write of %s is lost", actor)
			}
			if other, taken := revisions[revision]; taken {
				t.Errorf("revision %d was given to %s and to %s", revision, actor, other)
			}
			revisions[revision] = actor
		}
	}
	check(s)
	check(open(t, controlplane.Config{Store: cluster.Store(others...)}))
	// The killed member comes back, and knows everything.
	cluster.Restart(leader)
	check(open(t, controlplane.Config{Store: cluster.Store(leader)}))
}

// TestReadsGoOnWithoutTheStore takes the majority away. Hosts still get what they need, and admins get an error.
func TestReadsGoOnWithoutTheStore(t *testing.T) {
	cluster := etcdtest.Start(t, 3)
	s, ctx := open(t, controlplane.Config{Store: cluster.Store()}), t.Context()
	r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), by))
	cluster.Kill(0)
	cluster.Kill(1)
	p := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env))
	if p.Position().Revision != r.Revision {
		t.Errorf("the snapshot is at %v", p.Position())
	}
	must[api.Token](t)(s.Authenticate(s.InitialToken()))
	short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	_, err := s.GetFlag(short, env, "f")
	want(t, err, api.Unavailable)
	_, err = s.Enable(short, env, "f", flagset.ForActor("v"), by)
	want(t, err, api.Unavailable)
	within(t, noticing, "noticing that there is no leader", func() bool { return degraded(s, controlplane.DegradedStore) })
	if err := s.Ready(); err != nil {
		t.Errorf("a replica that can serve isn't ready: %v", err)
	}
	cluster.Restart(0)
	within(t, noticing, "following again", func() bool { return !degraded(s, controlplane.DegradedStore) })
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("w"), by))
}

func TestEmbeddedFindsEverythingAgain(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	store := embedded(t, dir)
	s := open(t, controlplane.Config{Store: store})
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(300), api.Import{}, by))
	before := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env))
	secret := s.InitialToken()
	_ = s.Close()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, controlplane.Config{Store: embedded(t, dir)})
	if after := must[*controlplane.Snapshot](t)(again.Snapshot(ctx, env)); after.ID() != before.ID() {
		t.Error("the snapshot is another one")
	}
	must[api.Token](t)(again.Authenticate(secret))
}
