package wasm_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// asked is a request as a host in another language may write it, with a msgpack encoder of its own.
func asked(t testing.TB, fields ...any) []byte {
	t.Helper()
	b, err := msgpack.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (g *guest) evaluate(r []byte) int32 {
	g.t.Helper()
	g.put("request", r)
	return g.call("evaluate", uint64(len(r)))
}

// withRule returns a snapshot whose flag "f" is on for a = "yes".
func withRule(t testing.TB) []byte {
	t.Helper()
	set, problems := flagset.ParseYAML([]byte(`{flags: [{key: f, gates: [{type: rule, constraints: [{attribute: a, operator: eq, values: ["yes"]}]}]}]}`))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	data, problems := snapshot.Compile(snapshot.Header{Environment: "default"}, &set, snapshot.Strict)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAttributesOfOtherKinds has attributes of kinds that ABI.md doesn't list before the one that counts.
func TestAttributesOfOtherKinds(t *testing.T) {
	g := instantiate(t)
	g.load(withRule(t))
	fixext := func(size int) msgpack.RawMessage {
		return append([]byte{[]byte{1: 0xd4, 2: 0xd5, 4: 0xd6, 8: 0xd7, 16: 0xd8}[size], 5}, make([]byte, size)...)
	}
	for name, odd := range map[string]any{
		"float32":            float32(1.5),
		"unsigned 2^63":      uint64(1 << 63),
		"binary":             []byte("yes"),
		"empty binary":       []byte{},
		"long binary":        make([]byte, 70_000),
		"ext 8":              msgpack.RawMessage{0xc7, 3, 9, 'y', 'e', 's'},
		"ext 16":             msgpack.RawMessage{0xc8, 0, 3, 9, 'y', 'e', 's'},
		"ext 32":             msgpack.RawMessage{0xc9, 0, 0, 0, 3, 9, 'y', 'e', 's'},
		"fixext 1":           fixext(1),
		"fixext 2":           fixext(2),
		"fixext 4, a time":   fixext(4),
		"fixext 8":           fixext(8),
		"fixext 16":          fixext(16),
		"no digits":          msgpack.RawMessage{0xc7, 3, 1, 'y', 'e', 's'},
		"a list with one":    []any{"yes", float32(1), []byte("x")},
		"a map with one":     map[string]any{"a": fixext(16)},
		"NaN":                math.NaN(),
		"a list in a list":   []any{[]any{uint64(math.MaxUint64)}},
		"nothing wrong here": []any{"yes"},
	} {
		t.Run(name, func(t *testing.T) {
			pair := func(key string, value any) []byte {
				k, err := msgpack.Marshal(key)
				if err != nil {
					t.Fatal(err)
				}
				v, err := msgpack.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				return append(k, v...)
			}
			head := append([]byte{0x96}, asked(t, "f", nil, nil, 0, 0)[1:]...)
			first := append(append(append(append([]byte{}, head...), 0x82), pair("x", odd)...), pair("a", "yes")...)
			if d := g.evaluate(first); d < 0 || d&1 == 0 {
				t.Errorf("x: %v hides a: %#x", odd, d)
			}
			only := append(append(append([]byte{}, head...), 0x81), pair("a", odd)...)
			if d := g.evaluate(only); d < 0 || d&1 != 0 {
				t.Errorf("a: %v counts as yes: %#x", odd, d)
			}
		})
	}
}

func TestOddRequests(t *testing.T) {
	g := instantiate(t)
	g.load(withRule(t))
	yes := map[string]any{"a": "yes"}
	for name, c := range map[string]struct {
		fields []any
		want   int32 // 1 on, 0 off, or an error
	}{
		"a roll from 2^63 on":   {[]any{"f", nil, nil, 0, uint64(math.MaxUint64), yes}, 1},
		"a negative roll":       {[]any{"f", nil, nil, 0, -1, yes}, 1},
		"nil groups, no more":   {[]any{"f", "u", nil}, 0},
		"nil attributes":        {[]any{"f", "u", nil, 0, 0, nil}, 0},
		"a time from 2^63 on":   {[]any{"f", nil, nil, uint64(1 << 63), 0, yes}, -1},
		"a roll that is a text": {[]any{"f", nil, nil, 0, "7", yes}, -1},
		"a roll as float32":     {[]any{"f", nil, nil, 0, float32(7), yes}, -1},
		"a batch of one":        {[]any{[]string{"f"}, nil, nil, 0, 0, yes}, -1},
		"every flag":            {[]any{nil, nil, nil, 0, 0, yes}, -1},
		"a map of flags":        {[]any{map[string]any{}, nil, nil, 0, 0, yes}, -1},
		"a binary key":          {[]any{[]byte("f"), nil, nil, 0, 0, yes}, -1},
		"257 groups":            {[]any{"f", nil, make([]string, 257), 0, 0, yes}, -1},
		"no fields":             {[]any{}, -1},
		"a field too many":      {[]any{"f", nil, nil, 0, 0, yes, 0}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			got := g.evaluate(asked(t, c.fields...))
			if got >= 0 {
				got &= 1
			}
			if got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
	t.Run("evaluate_batch of one flag", func(t *testing.T) {
		r := asked(t, "f")
		g.put("request", r)
		if got := g.call("evaluate_batch", uint64(len(r)), 0); got != -1 {
			t.Errorf("%d, want -1", got)
		}
	})
	for _, export := range []string{"explain", "needs"} {
		t.Run(export+" of a batch", func(t *testing.T) {
			r := asked(t, []string{"f"})
			g.put("request", r)
			if got := g.call(export, uint64(len(r))); got != -1 {
				t.Errorf("%d, want -1", got)
			}
		})
	}
}

// TestOrderOfCalls has hosts that reserve the request buffer when they like.
func TestOrderOfCalls(t *testing.T) {
	data, question := withRule(t), asked(t, "f", nil, nil, 0, 0, map[string]any{"a": "yes"})
	g := instantiate(t)
	for _, export := range []string{"evaluate", "explain", "needs", "splice", "flag_key"} {
		if code := g.call(export, 0); code != -3 {
			t.Errorf("%s before load: %d, want -3", export, code)
		}
	}
	before := uint32(g.call("request", 100))
	if at := g.call("request", 1<<17); at != 0 {
		t.Errorf("a large request buffer before load: %d, want 0", at)
	}
	if at := uint32(g.call("request", 1<<16)); at != before {
		t.Errorf("the request buffer moves from %d to %d", before, at)
	}
	g.mod.Memory().Write(before, question)
	g.load(data)
	if !g.mod.Memory().Write(before, append(question, make([]byte, 1<<16-len(question))...)) {
		t.Fatal("the buffer left the memory")
	}
	if d := g.call("evaluate", uint64(len(question))); d < 0 || d&1 == 0 {
		t.Errorf("a request at the address from before load: %#x", d)
	}
	if at := g.call("snapshot", 10); at != 0 {
		t.Errorf("a second snapshot: %d, want 0", at)
	}
	if code := g.call("load", 0); code != 1 {
		t.Errorf("a second load: %d, want 1", code)
	}
	grown := uint32(g.call("request", 1<<20))
	if grown == before {
		t.Error("the request buffer didn't grow")
	}
	g.mod.Memory().Write(grown, question)
	if d := g.call("evaluate", uint64(len(question))); d < 0 || d&1 == 0 {
		t.Errorf("a request in the grown buffer: %#x", d)
	}
	if got := binary.LittleEndian.Uint32(g.read(uint32(g.call("result")), 4)); got&1 == 0 {
		t.Errorf("word 0 of the result is %#x", got)
	}
}

// TestFailedLoads has a host that tries several snapshots on one instance.
func TestFailedLoads(t *testing.T) {
	g := instantiate(t)
	data := withRule(t)
	for n := range 20 {
		broken := append([]byte{}, data...)
		broken[n*len(broken)/20] ^= 0x55
		g.put("snapshot", broken)
		if code := g.call("load", uint64(len(broken))); code == 0 {
			t.Fatalf("byte %d is broken, and it loads", n)
		}
	}
	g.load(data)
	if d := g.evaluate(asked(t, "f", nil, nil, 0, 0, map[string]any{"a": "yes"})); d < 0 || d&1 == 0 {
		t.Errorf("after failed loads: %#x", d)
	}
}
