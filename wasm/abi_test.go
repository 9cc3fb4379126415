package wasm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

var update = flag.Bool("update", false, "rewrite the examples of ABI.md")

// guest is one instance of the module, called through its exports.
type guest struct {
	t   testing.TB
	mod api.Module
}

func instantiate(t testing.TB) *guest {
	t.Helper()
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	t.Cleanup(func() { runtime.Close(ctx) })
	mod, err := runtime.Instantiate(ctx, wasm.Module())
	if err != nil {
		t.Fatal(err)
	}
	return &guest{t, mod}
}

func (g *guest) call(name string, args ...uint64) int32 {
	g.t.Helper()
	out, err := g.mod.ExportedFunction(name).Call(context.Background(), args...)
	if err != nil {
		g.t.Fatalf("%s: %v", name, err)
	}
	return int32(uint32(out[0]))
}

func (g *guest) put(export string, data []byte) {
	g.t.Helper()
	at := uint32(g.call(export, uint64(len(data))))
	if at == 0 || !g.mod.Memory().Write(at, data) {
		g.t.Fatalf("%s(%d) = %d", export, len(data), at)
	}
}

func (g *guest) read(at, n uint32) []byte {
	g.t.Helper()
	b, ok := g.mod.Memory().Read(at, n)
	if !ok {
		g.t.Fatalf("%d bytes at %d are out of memory", n, at)
	}
	return bytes.Clone(b)
}

// words are the result record.
func (g *guest) words() (w [8]uint32) {
	b := g.read(uint32(g.call("result")), 32)
	for i := range w {
		w[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return w
}

func (g *guest) load(data []byte) {
	g.t.Helper()
	g.put("snapshot", data)
	if code := g.call("load", uint64(len(data))); code != 0 {
		g.t.Fatalf("load: %v", engine.Code(code))
	}
}

func compile(t testing.TB, path string, change func(*flagset.Set)) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set, problems := flagset.ParseYAML(text)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&set)
	}
	data, problems := snapshot.Compile(snapshot.Header{Environment: "default", Revision: 41}, &set, snapshot.Strict)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return data
}

func written(t testing.TB, r request.Request) []byte {
	t.Helper()
	b, err := r.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestExamples makes every call of ABI.md's examples and compares what they say, byte for byte.
func TestExamples(t *testing.T) {
	user := "user:3"
	one := request.Request{Flags: []string{"new_checkout"}, Actor: &user, Groups: []string{"staff"}, Now: 1795737600_000_000, Roll: 7}
	hero := request.Request{Flags: []string{"hero"}, Actor: &user}
	all := request.Request{Batch: true, Actor: &user}
	why := request.Request{Flags: []string{"new_checkout"}, Actor: &user, Attributes: map[string]any{"plan": "pro"}}
	data := compile(t, "testdata/example.yaml", nil)
	next := compile(t, "testdata/example.yaml", func(set *flagset.Set) { set.Flags[1].Killed = true })
	delta, err := snapshot.Delta(data, next)
	if err != nil {
		t.Fatal(err)
	}
	g := instantiate(t)
	g.load(data)
	var b strings.Builder
	dump := func(data []byte) string {
		var lines []string
		for n := range (len(data) + 31) / 32 {
			lines = append(lines, "  "+fmt.Sprintf("% x", data[n*32:min(n*32+32, len(data))]))
		}
		return strings.Join(lines, "\n")
	}
	example := func(title, export string, bytes []byte, args ...uint64) int32 {
		g.put("request", bytes)
		answer := g.call(export, append([]uint64{uint64(len(bytes))}, args...)...)
		fmt.Fprintf(&b, "%s\n%s\n", title, dump(bytes))
		return answer
	}
	fmt.Fprintf(&b, "abi() = %d\nsnapshot(%d), write testdata/example.yaml compiled, load(%d) = 0\n\n", g.call("abi"), len(data), len(data))
	packed := example("evaluate new_checkout for user:3 of staff at 2026-11-27, roll 7", "evaluate", written(t, one))
	w := g.words()
	fmt.Fprintf(&b, "  = 0x%08x   enabled, targeting match, group, a target: %q\n\n", packed, g.read(w[6], w[7]))
	packed = example("evaluate hero for user:3", "evaluate", written(t, hero))
	w = g.words()
	fmt.Fprintf(&b, "  = 0x%08x   enabled, static, boolean, score %d, variant %d: %q, payload %s\n\n", packed, packed>>9&0x1ffff-1, w[1], g.read(w[2], w[3]), g.read(w[4], w[5]))
	packed = example("evaluate flag number 0, which is hero, for user:3", "evaluate", written(t, request.Request{Numbers: []int64{0}, Actor: &user}))
	fmt.Fprintf(&b, "  = 0x%08x\n\n", packed)
	n := example("evaluate_batch of all flags for user:3, from 0", "evaluate_batch", written(t, all), 0)
	records := g.read(g.words()[0], uint32(n)*32)
	fmt.Fprintf(&b, "  = %d   packed 0x%08x and 0x%08x\n\n", n, binary.LittleEndian.Uint32(records), binary.LittleEndian.Uint32(records[32:]))
	n = example("explain new_checkout for user:3 with plan pro", "explain", written(t, why))
	fmt.Fprintf(&b, "  = %d bytes\n%s\n\n", n, dump(g.read(g.words()[0], uint32(n))))
	n = example("needs of new_checkout", "needs", written(t, request.Request{Flags: []string{"new_checkout"}}))
	fmt.Fprintf(&b, "  = %d bytes\n%s\n\n", n, dump(g.read(g.words()[0], uint32(n))))
	code := example("splice a delta that kills new_checkout", "splice", delta)
	w = g.words()
	fmt.Fprintf(&b, "  = %d   the new snapshot: %d bytes with the id %s\n", code, w[1], hex.EncodeToString(next[len(next)-32:]))
	if got := g.read(w[0], w[1]); !bytes.Equal(got, next) {
		t.Error("the spliced snapshot differs from the compiled one")
	}
	between(t, "## Examples\n\nEach call in bytes, in this order on one instance; the bytes written to the request buffer come first.\n\n```\n", b.String(), "```\n")
}

// TestDraws makes the table of draws.
func TestDraws(t *testing.T) {
	var b strings.Builder
	b.WriteString("| roll | key | n |\n|---|---|---|\n")
	for _, c := range []struct {
		roll uint64
		key  string
	}{{0, "f"}, {1, "f"}, {2, "f"}, {0, "parent"}, {12345, "new_checkout"}, {1<<63 - 1, "new_checkout"}, {1<<64 - 1, "флаг"}, {7, ""}} {
		fmt.Fprintf(&b, "| %d | `%s` | %d |\n", c.roll, c.key, drawn(t, c.roll, c.key))
	}
	between(t, "Some draws:\n\n", b.String(), "\n")
}

// drawn asks the engine, whose explanation shows the draw.
func drawn(t *testing.T, roll uint64, key string) int64 {
	ratio := 0.5
	data, _ := snapshot.Compile(snapshot.Header{Environment: "default"}, &flagset.Set{Flags: []flagset.Flag{
		{Key: key, Gates: []flagset.Gate{{Type: flagset.PercentageOfTime, Ratio: &ratio}}}}}, snapshot.Tolerant)
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	steps := make([]engine.Step, 4)
	var d engine.Decision
	return steps[s.Explain(0, &engine.Input{Roll: roll}, nil, &d, steps)-1].A
}

// between checks that ABI.md has this text between start and end, or puts it there.
func between(t *testing.T, start, text, end string) {
	t.Helper()
	page, err := os.ReadFile("ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), start)
	had, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("ABI.md has no part that starts with %q", start)
	}
	if end == "\n" { // a table ends with an empty line
		had, after, _ = strings.Cut(rest, "\n\n")
		had, after = had+"\n", "\n"+after
		end = ""
	}
	if had == text {
		return
	}
	if !*update {
		t.Fatalf("ABI.md differs from what the module does; make golden rewrites it. It should read:\n%s", text)
	}
	if err := os.WriteFile("ABI.md", []byte(before+start+text+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// An instance that refused a snapshot can load another; one that has loaded a snapshot keeps it.
func TestLoadAgain(t *testing.T) {
	data := compile(t, "testdata/example.yaml", nil)
	broken := bytes.Clone(data)
	broken[50] ^= 1
	g := instantiate(t)
	for range 3 {
		g.put("snapshot", broken)
		if code := g.call("load", uint64(len(broken))); engine.Code(code) != engine.CodeID {
			t.Fatalf("load: %v", engine.Code(code))
		}
		if code := g.call("evaluate", 0); code != -3 {
			t.Fatalf("evaluate without a snapshot: %d", code)
		}
	}
	g.load(data)
	if at := g.call("snapshot", 10); at != 0 {
		t.Errorf("a second snapshot was given room at %d", at)
	}
	if at := g.call("snapshot", engine.MaxSnapshotBytes+1); at != 0 {
		t.Errorf("too large a snapshot was given room at %d", at)
	}
	if code := g.call("evaluate", 0); code != -1 {
		t.Errorf("an empty request: %d", code)
	}
}

// After a first round of all calls, with requests that grow, further rounds need no more memory.
func TestMemoryStaysFlat(t *testing.T) {
	data := compile(t, "testdata/example.yaml", nil)
	delta, err := snapshot.Delta(data, compile(t, "testdata/example.yaml", func(set *flagset.Set) { set.Flags[0].Killed = true }))
	if err != nil {
		t.Fatal(err)
	}
	g := instantiate(t)
	g.load(data)
	user := "user:3"
	large := written(t, request.Request{Flags: []string{"new_checkout"}, Actor: &user, Attributes: map[string]any{"text": strings.Repeat("x", 300_000)}})
	small := written(t, request.Request{Flags: []string{"new_checkout"}, Actor: &user})
	var size uint32
	for round := range 200 {
		for _, export := range []string{"evaluate", "explain", "needs"} {
			for _, r := range [][]byte{small, large} {
				g.put("request", r)
				if n := g.call(export, uint64(len(r))); n < 0 {
					t.Fatalf("%s: %d", export, n)
				}
			}
		}
		g.put("request", delta)
		if code := g.call("splice", uint64(len(delta))); code != 0 {
			t.Fatalf("splice: %v", engine.Code(code))
		}
		switch now := g.mod.Memory().Size(); {
		case round == 0:
			size = now
		case now != size:
			t.Fatalf("round %d: %d bytes, at first %d", round, now, size)
		}
	}
}
