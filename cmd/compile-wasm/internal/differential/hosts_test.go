//go:build hosts

package differential_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/differential"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

// The tag hosts is for the hosts of other languages: their packages have to be built and installed first, as make test does.

var (
	pairs = flag.Int("pairs", 100_000, "how many (snapshot, request) pairs to put to every host")
	every = flag.Bool("every", false, "ask slow hosts too")
)

// root is the repository, from here.
const root = "../../../.."

// TestHostsAgree writes random pairs of snapshot and request to a file, has every host decide them, and compares what they wrote,
// byte for byte. It names the hosts that can't be asked here.
func TestHostsAgree(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pairs")
	native, module := newWriter(t, filepath.Join(dir, "native")), newWriter(t, filepath.Join(dir, "wazero"))
	hosted := newGuest(t)
	written := newWriter(t, file)
	decided := 0
	for n := uint64(0); decided < *pairs; n++ {
		round, err := differential.NewRound(*seed, n, callsPerRound)
		if err != nil {
			t.Fatalf("round %d: %v", n, err)
		}
		s, loadErr := engine.Load(round.Snapshot)
		hosted.load(round.Snapshot)
		first := true
		for _, c := range round.Calls {
			if c.Export != differential.Evaluate || decided == *pairs {
				continue
			}
			decided++
			if first {
				written.blob(round.Snapshot)
			} else {
				written.blob(nil)
			}
			first = false
			written.blob(c.Data)
			native.decision(nativeDecision(s, loadErr, c.Data))
			module.decision(hosted.decide(c.Data))
		}
	}
	written.close()
	native.close()
	module.close()
	want := read(t, filepath.Join(dir, "native"))
	agreed := []string{"wazero"}
	for _, h := range hosts {
		if h.long && !*every {
			continue
		}
		command, why := h.command(t)
		if why != "" {
			t.Logf("%s isn't asked: %s", h.name, why)
			continue
		}
		out := filepath.Join(dir, h.name)
		run := exec.CommandContext(t.Context(), command[0], append(command[1:], file, out)...)
		if h.engine != "" {
			run.Env = append(os.Environ(), "GONFALON_ENGINE="+h.engine)
		}
		if text, err := run.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", h.name, err, text)
			continue
		}
		same(t, h.name, read(t, out), want)
		agreed = append(agreed, h.name)
	}
	same(t, "wazero", read(t, filepath.Join(dir, "wazero")), want)
	t.Logf("%d pairs, %d bytes of decisions, the same natively and in %s", decided, len(want), strings.Join(agreed, ", "))
}

// host decides the pairs of a file.
type host struct {
	name   string
	folder string   // of hostsdk
	run    []string // the command; absent: differential.sh of the folder
	engine string   // of the SDKs that have two
	long   bool     // it is slow, and its sibling is asked anyway
}

var (
	python = []string{root + "/hostsdk/python/.venv/bin/python", "-m", "gonfalon.differential"}
	hosts  = []host{
		{name: "V8", folder: "js", run: []string{"node", root + "/hostsdk/js/dist/esm/bin/differential.js"}},
		{name: "Python by wasmtime", folder: "python", run: python, engine: "wasmtime"},
		{name: "Python by C", folder: "python", run: python, engine: "c"},
		{name: "C", folder: "c"},
		{name: "Elixir", folder: "elixir"},
		{name: "Java", folder: "java"},
		{name: "Rust", folder: "rust", engine: "c"},
		{name: "Rust by wasmi", folder: "rust", engine: "wasmi", long: true},
		{name: "Ruby", folder: "ruby"},
		{name: "PHP", folder: "php"},
		{name: ".NET", folder: "dotnet"},
	}
)

// command is what runs the host; why says that it can't be run here.
func (h *host) command(t *testing.T) (command []string, why string) {
	t.Helper()
	if h.run != nil {
		for _, part := range h.run {
			if _, err := os.Stat(part); strings.HasPrefix(part, root) && err != nil {
				return nil, "its package isn't built and installed, as make test does"
			}
		}
		return h.run, ""
	}
	script := filepath.Join(root, "hostsdk", h.folder, "differential.sh")
	if _, err := os.Stat(script); err != nil {
		return nil, "it has no differential.sh"
	}
	runs := exec.CommandContext(t.Context(), "bash", "-c", ". scripts/languages; language_runs "+h.folder)
	runs.Dir = root
	if said, err := runs.Output(); err != nil {
		return nil, string(bytes.TrimSpace(said))
	}
	return []string{script}, ""
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func same(t *testing.T, host string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	t.Errorf("%s wrote %d bytes, native %d; they differ at byte %d", host, len(got), len(want), at)
}

// outcome is what a host says of one pair; refused for a snapshot or a request that it doesn't take.
type outcome struct {
	packed                   uint32
	variant, payload, target string
}

var refused = outcome{packed: 0xffffffff} // as the hosts write it

func nativeDecision(s *engine.Snapshot, loadErr error, request []byte) outcome {
	var r engine.Request
	if loadErr != nil || !r.Parse(string(request)) || !r.One() {
		return refused
	}
	var sc engine.Scratch
	var d engine.Decision
	r.Evaluate(s, &sc, &d)
	return outcome{d.Pack(), d.Variant, d.Payload, d.Target}
}

// writer writes the files that hosts exchange.
type writer struct {
	t *testing.T
	f *os.File
	b *bufio.Writer
}

func newWriter(t *testing.T, file string) *writer {
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	return &writer{t, f, bufio.NewWriter(f)}
}

func (w *writer) word(n uint32) {
	if err := binary.Write(w.b, binary.LittleEndian, n); err != nil {
		w.t.Fatal(err)
	}
}

func (w *writer) blob(b []byte) {
	w.word(uint32(len(b)))
	if _, err := w.b.Write(b); err != nil {
		w.t.Fatal(err)
	}
}

func (w *writer) decision(o outcome) {
	w.word(o.packed)
	for _, s := range []string{o.variant, o.payload, o.target} {
		w.blob([]byte(s))
	}
}

func (w *writer) close() {
	if err := w.b.Flush(); err != nil {
		w.t.Fatal(err)
	}
	if err := w.f.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// instance is the checked-in module in wazero, a new instance for each snapshot.
type instance struct {
	t        *testing.T
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	mod      api.Module
	loaded   bool
}

func newGuest(t *testing.T) *instance {
	ctx := context.Background()
	g := &instance{t: t, runtime: wazero.NewRuntime(ctx)}
	t.Cleanup(func() { g.runtime.Close(ctx) })
	var err error
	if g.compiled, err = g.runtime.CompileModule(ctx, wasm.Module()); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *instance) call(name string, args ...uint64) uint32 {
	out, err := g.mod.ExportedFunction(name).Call(context.Background(), args...)
	if err != nil {
		g.t.Fatalf("%s: %v", name, err)
	}
	return uint32(out[0])
}

func (g *instance) load(data []byte) {
	ctx := context.Background()
	if g.mod != nil {
		g.mod.Close(ctx)
	}
	var err error
	if g.mod, err = g.runtime.InstantiateModule(ctx, g.compiled, wazero.NewModuleConfig().WithName("")); err != nil {
		g.t.Fatal(err)
	}
	g.mod.Memory().Write(g.call("snapshot", uint64(len(data))), data)
	g.loaded = g.call("load", uint64(len(data))) == 0
}

func (g *instance) decide(request []byte) outcome {
	if !g.loaded {
		return refused
	}
	g.mod.Memory().Write(g.call("request", uint64(len(request))), request)
	o := outcome{packed: g.call("evaluate", uint64(len(request)))}
	if int32(o.packed) < 0 {
		return refused
	}
	record, _ := g.mod.Memory().Read(g.call("result"), 32)
	text := func(word int) string {
		at, n := binary.LittleEndian.Uint32(record[4*word:]), binary.LittleEndian.Uint32(record[4*word+4:])
		b, ok := g.mod.Memory().Read(at, n)
		if !ok {
			g.t.Fatal(fmt.Errorf("%d bytes at %d are out of memory", n, at))
		}
		return string(b)
	}
	o.variant, o.payload, o.target = text(2), text(4), text(6)
	return o
}
