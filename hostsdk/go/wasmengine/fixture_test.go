package wasmengine

import (
	"context"
	"iter"
	"log/slog"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

var quiet = slog.New(slog.DiscardHandler)

const flags = `{"flags": [
	{"key": "on", "gates": [{"type": "boolean", "enabled": true}]},
	{"key": "off", "gates": []},
	{"key": "actor", "gates": [{"type": "actor", "target": "user:42", "enabled": true}]},
	{"key": "child", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "group", "enabled": true}]},
	{"key": "group", "gates": [{"type": "group", "target": "staff", "enabled": true}, {"type": "group", "target": "sales", "enabled": false}]},
	{"key": "half", "gates": [{"type": "percentage_of_actors", "ratio": 0.5}]},
	{"key": "hero", "gates": [{"type": "boolean", "enabled": true}, {"type": "variant", "variants": [{"name": "blue", "weight": 1, "payload": {"hex": "#00f"}}, {"name": "green", "weight": 1, "payload": {"hex": "#0f0"}}]}]},
	{"key": "killed", "killed": true, "off_variant": "a", "gates": [{"type": "variant", "variants": [{"name": "a", "weight": 1}]}]},
	{"key": "late", "gates": [{"type": "schedule", "from": "2026-01-01T00:00:00Z", "until": null}]},
	{"key": "moment", "gates": [{"type": "percentage_of_time", "ratio": 0.5}]},
	{"key": "rule", "gates": [{"type": "rule", "enabled": true, "constraints": [{"attribute": "mail", "operator": "matches", "values": ["@acme[.]com$"]}, {"attribute": "age", "operator": "gte", "values": [18]}]}]},
	{"key": "segment", "gates": [{"type": "segment", "target": "adults", "enabled": true}]}
], "segments": [{"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [18]}]}]}`

// compiled is the snapshot of a set in its JSON form.
func compiled(t testing.TB, revision int64, set string) []byte {
	t.Helper()
	parsed, problems := flagset.ParseSet([]byte(set))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	data, problems := snapshot.Compile(snapshot.Header{Environment: "default", Lineage: [16]byte{1}, Revision: revision}, &parsed, snapshot.Strict)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return data
}

func made(t testing.TB, config Config) *Engine {
	t.Helper()
	e, err := New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if s := e.Stats(); s.Instances != 0 || s.Snapshots != 0 {
			t.Errorf("after Close: %+v", s)
		}
	})
	return e
}

// both are the engines that every test of the contract runs with.
func both(t *testing.T, test func(t *testing.T, e gonfalon.Engine)) {
	t.Run("native", func(t *testing.T) { test(t, gonfalon.Native()) })
	t.Run("wasm", func(t *testing.T) { test(t, made(t, Config{})) })
	t.Run("interpreter", func(t *testing.T) { test(t, made(t, Config{Interpreter: true, Instances: 1})) })
}

// feed is what a program that embeds the control plane gives to gonfalon.InProcess.
func feed(frames <-chan []byte) func(context.Context, string, gonfalon.Position) iter.Seq2[frame, error] {
	return func(ctx context.Context, _ string, _ gonfalon.Position) iter.Seq2[frame, error] {
		return func(yield func(frame, error) bool) {
			for {
				select {
				case f := <-frames:
					if !yield(f, nil) {
						return
					}
				case <-ctx.Done():
					return
				}
			}
		}
	}
}

type frame []byte

func (f frame) Data() []byte { return f }
