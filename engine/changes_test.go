package engine_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	before := new(flagset.Set)
	for range 200 {
		after := randomSet(r)
		segments, flags := engine.Changes(string(compiledSet(t, before)), string(compiledSet(t, after)))
		if want := differing(before.Segments, after.Segments, func(s flagset.Segment) string { return s.Key }); !slices.Equal(segments, want) {
			t.Fatalf("segments %q, want %q", segments, want)
		}
		if want := differing(before.Flags, after.Flags, func(f flagset.Flag) string { return f.Key }); !slices.Equal(flags, want) {
			t.Fatalf("flags %q, want %q", flags, want)
		}
		before = after
	}
	if segments, flags := engine.Changes("", string(compiledSet(t, before))); len(segments) != len(before.Segments) || len(flags) != len(before.Flags) {
		t.Errorf("to nothing, %d segments and %d flags are new", len(segments), len(flags))
	}
}

// differing returns the keys of items that aren't in both lists alike.
func differing[T any](before, after []T, key func(T) string) []string {
	all := map[string][]T{}
	for _, item := range slices.Concat(before, after) {
		all[key(item)] = append(all[key(item)], item)
	}
	var keys []string
	for k, items := range all {
		if len(items) == 1 || !reflect.DeepEqual(items[0], items[1]) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func TestTimed(t *testing.T) {
	from := `{"flags": [{"key": "a", "gates": [{"type": "boolean", "enabled": true}]}, {"key": "b", "gates": [`
	for gate, want := range map[string]bool{
		`{"type": "schedule", "from": "2026-01-01T00:00:00Z"}`: true,
		`{"type": "percentage_of_time", "ratio": 0.5}`:         false,
	} {
		if got := engine.Timed(string(compiled(t, from+gate+`]}]}`))); got != want {
			t.Errorf("%s: %t", gate, got)
		}
	}
}
