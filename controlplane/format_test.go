package controlplane_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// second is a made-up format of a build to come: the first one's bytes after a title, and deltas that say what they
// start from.
var second = feed.Format{
	Number: snapshot.Format + 1,
	Assemble: func(h snapshot.Header, records []snapshot.Record) ([]byte, error) {
		data, err := snapshot.Assemble(h, records)
		return append([]byte("second:"), data...), err
	},
	Delta: func(base, next []byte) ([]byte, error) {
		return append([]byte("from "), base[len(base)-sha256.Size:]...), nil
	},
	ID: func(data []byte) [sha256.Size]byte { return sha256.Sum256(data) },
}

// TestTwoFormats: hosts of two ages follow the same environment, each in the format that it reads, from the beginning
// and after they come back.
func TestTwoFormats(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}.WithFormats(append(feed.BuiltIn(), second))), t.Context()
	if got := s.Formats(); len(got) != 2 || got[0] != snapshot.Format || got[1] != second.Number {
		t.Fatalf("formats %v", got)
	}
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), by))
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(50), api.Import{}, by)) // so that a delta is smaller than the whole
	plain := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env))
	if _, err := engine.Load(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	if plain.In(99) != nil || plain.In(snapshot.Format) != plain {
		t.Error("a snapshot is in a format that isn't written, or not in its own")
	}
	for _, err := range s.WatchIn(ctx, env, engine.Position{}, 99) {
		want(t, err, api.Invalid)
	}

	isFirst := func(data []byte) bool { _, err := engine.Load(data); return err == nil }
	isSecond := func(data []byte) bool { return bytes.HasPrefix(data, []byte("second:")) }
	for _, host := range []struct {
		format int
		reads  func([]byte) bool
	}{{snapshot.Format, isFirst}, {second.Number, isSecond}} {
		at := engine.Position{}
		for frame, err := range s.WatchIn(ctx, env, at, host.format) {
			if err != nil || frame.Kind() != controlplane.FrameSnapshot || !host.reads(frame.Data()) {
				t.Fatalf("format %d begins with %s %.40q, %v", host.format, frame.Kind(), frame.Data(), err)
			}
			at = frame.Position()
			break
		}
		p := must[*controlplane.Snapshot](t)(s.Snapshot(ctx, env)).In(host.format)
		if err := p.Assemble(); err != nil || !host.reads(p.Bytes()) {
			t.Fatalf("format %d: %v", host.format, err)
		}
		must[controlplane.WriteResult](t)(s.Enable(ctx, env, "g", flagset.ForActor(string(rune('a'+host.format))), by))
		for frame, err := range s.WatchIn(ctx, env, at, host.format) {
			if err != nil || frame.Kind() != controlplane.FrameDelta {
				t.Fatalf("format %d goes on with %s, %v", host.format, frame.Kind(), err)
			}
			if host.format == second.Number && !bytes.HasSuffix(frame.Data(), p.Bytes()[len(p.Bytes())-sha256.Size:]) {
				t.Error("the delta starts from something else")
			}
			break
		}
	}
}
