package controlplane_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// host keeps a snapshot like a host: it takes whole snapshots, and applies deltas to the one it has.
type host struct {
	t      testing.TB
	bytes  []byte
	at     engine.Position
	deltas int
	wholes int
}

func (h *host) take(f *controlplane.Frame) {
	h.t.Helper()
	switch f.Kind() {
	case controlplane.FrameSnapshot:
		h.bytes = f.Data()
		h.wholes++
	case controlplane.FrameDelta:
		base, err := engine.Load(h.bytes)
		if err != nil {
			h.t.Fatal(err)
		}
		if h.bytes, err = engine.Apply(base, f.Data()); err != nil {
			h.t.Fatalf("a delta to %v does not apply to %v: %v", f.Position(), h.at, err)
		}
		h.deltas++
	}
	if f.Position().Lineage == h.at.Lineage && f.Position().Revision <= h.at.Revision {
		h.t.Fatalf("%v came after %v", f.Position(), h.at)
	}
	h.at = f.Position()
	loaded, err := engine.Load(h.bytes)
	if err != nil {
		h.t.Fatal(err)
	}
	if id := f.ID(); loaded.ID() != string(id[:]) || loaded.Revision() != h.at.Revision {
		h.t.Fatalf("the frame to %v gives revision %d", f.Position(), loaded.Revision())
	}
}

// stream reads frames until the host is at a revision. The stream stays open.
type stream struct {
	frames chan *controlplane.Frame
	err    error
	cancel context.CancelFunc
}

func watch(t testing.TB, s *controlplane.Service, env string, after engine.Position) *stream {
	ctx, cancel := context.WithCancel(context.Background())
	w := &stream{frames: make(chan *controlplane.Frame), cancel: cancel}
	t.Cleanup(cancel)
	go func() {
		defer close(w.frames)
		for f, err := range s.Watch(ctx, env, after) {
			if err != nil {
				w.err = err
				return
			}
			select {
			case w.frames <- f:
			case <-ctx.Done():
				return
			}
		}
	}()
	return w
}

func (w *stream) next(t testing.TB) *controlplane.Frame {
	t.Helper()
	select {
	case f, ok := <-w.frames:
		if !ok {
			t.Fatalf("the stream ended: %v", w.err)
		}
		return f
	case <-time.After(30 * time.Second):
		t.Fatal("no frame comes")
	}
	return nil
}

func (h *host) follow(w *stream, revision int64) {
	h.t.Helper()
	for h.at.Revision < revision {
		h.take(w.next(h.t))
	}
}

func TestStreamsGiveASnapshotAndThenDeltas(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(50), api.Import{}, by))
	h := &host{t: t}
	w := watch(t, s, env, engine.Position{})
	h.take(w.next(t))
	if h.wholes != 1 {
		t.Fatal("the first frame is not a whole snapshot")
	}
	for i := range 5 {
		r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, fmt.Sprint("g", i), flagset.Scope{}, by))
		h.follow(w, r.Revision)
	}
	must[int64](t)(s.DeleteFlag(ctx, env, "g0", by))
	r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "last", flagset.Scope{}, by))
	h.follow(w, r.Revision)
	if h.wholes != 1 || h.deltas < 6 {
		t.Errorf("%d whole snapshots, %d deltas", h.wholes, h.deltas)
	}
	p := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env))
	if !bytes.Equal(h.bytes, p.Bytes()) {
		t.Error("the host has other bytes")
	}
}

func TestAStreamResumesWhereItEnded(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(50), api.Import{}, by))
	h := &host{t: t}
	w := watch(t, s, env, engine.Position{})
	h.take(w.next(t))
	w.cancel()
	// The host is current: nothing comes before the next change.
	w = watch(t, s, env, h.at)
	r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "g", flagset.Scope{}, by))
	h.follow(w, r.Revision)
	w.cancel()
	for i := range 10 {
		r = must[controlplane.WriteResult](t)(s.Enable(ctx, env, "g", flagset.ForActor(fmt.Sprint(i)), by))
	}
	h.follow(watch(t, s, env, h.at), r.Revision)
	if h.wholes != 1 || h.deltas < 2 {
		t.Errorf("%d whole snapshots, %d deltas", h.wholes, h.deltas)
	}
	// An unknown position, and one in another lineage, get a whole snapshot.
	for _, position := range []engine.Position{{Lineage: h.at.Lineage, Revision: 0}, {Revision: h.at.Revision}} {
		other := &host{t: t}
		other.take(watch(t, s, env, position).next(t))
		if other.wholes != 1 {
			t.Errorf("from %v came a delta", position)
		}
	}
	if p, ok := engine.ParsePosition(h.at.String()); !ok || p != h.at {
		t.Errorf("%v is read as %v", h.at, p)
	}
}

func TestSlowReadersSkipToTheNewest(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	slow, quick := &host{t: t}, &host{t: t}
	slowly, quickly := watch(t, s, env, engine.Position{}), watch(t, s, env, engine.Position{})
	slow.take(slowly.next(t))
	quick.take(quickly.next(t))
	var r controlplane.WriteResult
	for i := range 30 {
		r = must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor(fmt.Sprint(i)), by))
		if i%10 == 9 {
			quick.follow(quickly, r.Revision) // a reader that doesn't read holds up nobody
		}
	}
	slow.follow(slowly, r.Revision)
	if frames := slow.deltas + slow.wholes; frames > 4 {
		t.Errorf("the slow reader got %d frames", frames)
	}
	if !bytes.Equal(slow.bytes, quick.bytes) {
		t.Error("the readers have other bytes")
	}
}

func TestStreamsEnd(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e"}, by))
	w := watch(t, s, "e", engine.Position{})
	w.next(t)
	want(t, s.DeleteEnvironment(ctx, "e", "e", by), "")
	if _, open := <-w.frames; open {
		t.Error("a deleted environment gave one more frame")
	}
	want(t, w.err, api.Gone)
	missing := watch(t, s, "e", engine.Position{})
	if _, open := <-missing.frames; open {
		t.Error("a missing environment gave a frame")
	}
	want(t, missing.err, api.NotFound)
	rest := watch(t, s, env, engine.Position{})
	rest.next(t)
	_ = s.Close()
	for range rest.frames {
	}
	want(t, rest.err, api.Unavailable)
}

// TestAnEnvironmentMadeAnewReachesItsHosts lets a host of a deleted environment come back with its old position.
func TestAnEnvironmentMadeAnewReachesItsHosts(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e"}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, "e", "f", flagset.Scope{}, by))
	h := &host{t: t}
	h.take(watch(t, s, "e", h.at).next(t))
	want(t, s.DeleteEnvironment(ctx, "e", "e", by), "")
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e"}, by))
	h.take(watch(t, s, "e", h.at).next(t))
	if h.wholes != 2 {
		t.Error("another lineage did not bring a whole snapshot")
	}
}

// TestAStreamMayFollowACreationAtOnce checks that a new environment is there for a stream that opens right after the
// write.
func TestAStreamMayFollowACreationAtOnce(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	for i := range 300 {
		key := fmt.Sprint("e", i)
		must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: key}, by))
		watch(t, s, key, engine.Position{}).next(t)
	}
}
