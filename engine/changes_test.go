package engine_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func TestChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	before := new(flagset.Set)
	reached := 0
	for range 200 {
		after := linked(r, randomSet(r))
		if len(before.Flags) > 0 && r.IntN(2) == 0 { // a small change, which others depend on
			after = &flagset.Set{Settings: before.Settings, Flags: slices.Clone(before.Flags), Segments: before.Segments}
			f := &after.Flags[r.IntN(len(after.Flags))]
			if f.Killed = !f.Killed; r.IntN(2) == 0 {
				after.Settings.GroupConflict = map[flagset.GroupConflict]flagset.GroupConflict{
					flagset.DenyWins: flagset.AllowWins, flagset.AllowWins: flagset.DenyWins,
				}[before.Settings.Conflict()]
			}
		}
		segments, flags := engine.Changes(string(compiledSet(t, before)), string(compiledSet(t, after)))
		if want := differing(before.Segments, after.Segments, func(s flagset.Segment) string { return s.Key }); !slices.Equal(segments, want) {
			t.Fatalf("segments %q, want %q", segments, want)
		}
		direct := differing(before.Flags, after.Flags, func(f flagset.Flag) string { return f.Key })
		if len(before.Flags) > 0 && before.Settings.Conflict() != after.Settings.Conflict() {
			for _, f := range after.Flags {
				if weighsGroups(f) && !slices.Contains(direct, f.Key) {
					direct = append(direct, f.Key)
				}
			}
		}
		want := dependants(segments, slices.Clone(direct), before, after)
		if !slices.Equal(flags, want) {
			t.Fatalf("flags %q, want %q", flags, want)
		}
		reached += len(want) - len(direct)
		before = after
	}
	if reached == 0 {
		t.Error("no change reached another flag")
	}
	if segments, flags := engine.Changes("", string(compiledSet(t, before))); len(segments) != len(before.Segments) || len(flags) != len(before.Flags) {
		t.Errorf("to nothing, %d segments and %d flags are new", len(segments), len(flags))
	}
}

// linked lets some flags use a segment, and some require the flag after them.
func linked(r *rand.Rand, set *flagset.Set) *flagset.Set {
	for i := range set.Flags {
		f := &set.Flags[i]
		if i+1 < len(set.Flags) && r.IntN(4) == 0 {
			f.Gates = append(f.Gates, flagset.Gate{Type: flagset.Prerequisite, Target: set.Flags[i+1].Key, Enabled: true})
		}
		if len(set.Segments) > 0 && r.IntN(4) == 0 {
			f.Gates = append(f.Gates, flagset.Gate{Type: flagset.SegmentGate, Target: set.Segments[r.IntN(len(set.Segments))].Key, Enabled: true})
		}
	}
	return set
}

// dependants returns the flags, and those of either set that use one of the segments or require one of the flags.
func dependants(segments, flags []string, sets ...*flagset.Set) []string {
	for grown := true; grown; {
		grown = false
		for _, set := range sets {
			for _, f := range set.Flags {
				for _, g := range f.Gates {
					uses := g.Type == "segment" && slices.Contains(segments, g.Target) || g.Type == "prerequisite" && slices.Contains(flags, g.Target)
					if uses && !slices.Contains(flags, f.Key) {
						flags, grown = append(flags, f.Key), true
					}
				}
			}
		}
	}
	slices.Sort(flags)
	return flags
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

// TestChangesReachDependants follows a change through segments and parents.
// weighsGroups reports whether a flag allows a group and denies another, so that a setting decides for who is in both.
func weighsGroups(f flagset.Flag) bool {
	has := func(enabled bool) bool {
		return slices.ContainsFunc(f.Gates, func(g flagset.Gate) bool { return g.Type == flagset.Group && g.Enabled == enabled })
	}
	return has(true) && has(false)
}

func TestChangesReachDependants(t *testing.T) {
	const rest = `{"key": "alone", "gates": [{"type": "boolean", "enabled": true}]},
		{"key": "child", "gates": [{"type": "prerequisite", "target": "parent", "enabled": true}]},
		{"key": "grandchild", "gates": [{"type": "prerequisite", "target": "child", "enabled": false}]},
		{"key": "left", "gates": [{"type": "prerequisite", "target": "right", "enabled": true}]},
		{"key": "orphan", "gates": [{"type": "prerequisite", "target": "gone", "enabled": true}]},
		{"key": "right", "gates": [{"type": "prerequisite", "target": "left", "enabled": true}]},
		{"key": "user", "gates": [{"type": "segment", "target": "adults", "enabled": true}]},
		{"key": "user-child", "gates": [{"type": "prerequisite", "target": "user", "enabled": true}]}`
	set := func(age, flags string) string {
		return `{"segments": [{"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [` + age + `]}]}], "flags": [` + rest + flags + `]}`
	}
	parent := func(on string) string {
		return `, {"key": "parent", "gates": [{"type": "boolean", "enabled": ` + on + `}]}`
	}
	const gone = `, {"key": "gone", "gates": [{"type": "boolean", "enabled": true}]}`
	for _, test := range []struct {
		before, after string
		segments      []string
		flags         []string
	}{
		{set("18", parent("true")), set("18", parent("true")), nil, nil},
		{set("18", parent("true")), set("18", parent("false")), nil, []string{"child", "grandchild", "parent"}},
		{set("18", parent("true")), set("18", ""), nil, []string{"child", "grandchild", "parent"}},
		{set("18", ""), set("18", parent("true")), nil, []string{"child", "grandchild", "parent"}},
		{set("18", gone), set("18", ""), nil, []string{"gone", "orphan"}},
		{set("18", ""), set("21", ""), []string{"adults"}, []string{"user", "user-child"}},
		{set("18", gone), set("21", parent("true")), []string{"adults"}, []string{"child", "gone", "grandchild", "orphan", "parent", "user", "user-child"}},
	} {
		segments, flags := engine.Changes(string(compiledLoosely(t, test.before)), string(compiledLoosely(t, test.after)))
		if !slices.Equal(segments, test.segments) || !slices.Equal(flags, test.flags) {
			t.Errorf("segments %q and flags %q, want %q and %q", segments, flags, test.segments, test.flags)
		}
	}
}

// TestEdges walks through the moments at which schedules open and close.
func TestEdges(t *testing.T) {
	snapshot := string(compiled(t, `{"flags": [
		{"key": "a", "gates": [{"type": "schedule", "from": "1970-01-01T00:00:01Z", "until": "1970-01-01T00:00:02Z"}]},
		{"key": "b", "gates": [{"type": "schedule", "from": "1970-01-01T00:00:02Z"}, {"type": "prerequisite", "target": "c", "enabled": true}]},
		{"key": "c", "gates": [{"type": "schedule", "until": "1970-01-01T00:00:03Z"}, {"type": "prerequisite", "target": "on", "enabled": true}]},
		{"key": "on", "gates": [{"type": "boolean", "enabled": true}]}]}`))
	const second = 1_000_000
	now := int64(-5)
	for _, want := range []struct {
		at    int64
		flags []string
	}{{second, []string{"a"}}, {2 * second, []string{"a", "b"}}, {3 * second, []string{"b", "c"}}, {0, nil}} {
		at, flags := engine.Edges(snapshot, now)
		if at != want.at || !slices.Equal(flags, want.flags) {
			t.Errorf("after %d: %d %q, want %d %q", now, at, flags, want.at, want.flags)
		}
		now = at
	}
}

// compiledLoosely compiles flags that may refer to what isn't there, or to each other.
func compiledLoosely(t *testing.T, text string) []byte {
	t.Helper()
	set, problems := flagset.ParseYAML([]byte(text))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	data, _ := snapshot.Compile(snapshot.Header{Environment: "test"}, &set, snapshot.Tolerant)
	return data
}
