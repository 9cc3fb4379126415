package build_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/tetratelabs/wazero"
)

// source is a guest whose package variables take some computing.
const source = `package main

type entry struct {
	name string
	next *entry
	sums [4]int64
}

var (
	last  = &entry{name: "last"}
	head  = &entry{name: "head" + last.name, next: last, sums: [4]int64{1, later, 3, 4}}
	later = double(21)
	bits  = table()
)

func init() { head.sums[3] = int64(len(bits)) }

func double(n int64) int64 { return 2 * n }

func table() []uint8 {
	out := make([]uint8, 256)
	for i := range out {
		for n := i; n > 0; n &= n - 1 {
			out[i]++
		}
	}
	return out
}

//go:wasmexport sum
func sum(n uint32) int64 {
	return head.sums[n%4] + int64(bits[n&255]) + int64(len(head.next.name)+len(head.name))*1000
}

//go:wasmexport take
func take(n uint32) uint32 { return uint32(len(make([]byte, n))) }

func main() {}
`

func guest(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module guest\n\ngo 1.26\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func compile(t *testing.T, dir string, optimise bool) *build.Result {
	t.Helper()
	res, err := build.Build(t.Context(), build.Config{Load: load.Config{Dir: dir, Pattern: "."}, Optimise: optimise, Default: build.Keep})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestSameBytes: neither the folder nor the run makes a difference.
func TestSameBytes(t *testing.T) {
	for _, optimise := range []bool{false, true} {
		want := compile(t, guest(t), optimise).Module
		for range 3 {
			if got := compile(t, guest(t), optimise).Module; !bytes.Equal(got, want) {
				t.Errorf("optimised %v: the same source gave %d and %d bytes", optimise, len(want), len(got))
			}
		}
		if bytes.Contains(want, []byte(os.TempDir())) || bytes.Contains(want, []byte("main.go")) {
			t.Error("the module knows where it was built")
		}
	}
}

// TestInitialisers: package variables are there when an instance begins, and
// what made them is not.
func TestInitialisers(t *testing.T) {
	for _, optimise := range []bool{false, true} {
		res := compile(t, guest(t), optimise)
		for _, f := range res.Functions {
			if strings.HasSuffix(f.Name, ".init") || strings.HasSuffix(f.Name, ".table") {
				t.Errorf("optimised %v: %s is in the module", optimise, f.Name)
			}
		}
		ctx := context.Background()
		r := wazero.NewRuntime(ctx)
		defer r.Close(ctx)
		m, err := r.Instantiate(ctx, res.Module)
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range map[uint64]uint64{0: 12001, 1: 12043, 2: 12004, 3: 12258, 255: 12264} {
			if got, err := m.ExportedFunction("sum").Call(ctx, n); err != nil || got[0] != want {
				t.Errorf("optimised %v: sum(%d) = %v, %v, want %d", optimise, n, got, err, want)
			}
		}
	}
}

// TestMemoryLimit: memory grows to its stated maximum and no further, and a
// call that asks for more leaves the instance usable.
func TestMemoryLimit(t *testing.T) {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(64))
	defer r.Close(ctx)
	m, err := r.Instantiate(ctx, compile(t, guest(t), true).Module)
	if err != nil {
		t.Fatal(err)
	}
	take := m.ExportedFunction("take")
	for _, n := range []uint64{1 << 23, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		if _, err := take.Call(ctx, n); err == nil {
			t.Errorf("took %d bytes of 4 MiB", n)
		}
	}
	for range 30 {
		if out, err := take.Call(ctx, 100_000); err != nil || out[0] != 100_000 {
			t.Fatalf("after refusals: %v, %v", out, err)
		}
	}
}

func TestAllocationRefused(t *testing.T) {
	dir := guest(t)
	_, err := build.Build(t.Context(), build.Config{Load: load.Config{Dir: dir, Pattern: "."}, Default: build.None})
	const want = "main.go:36:6: export take may not allocate, but does:\n\tmain.go:36:52: make"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = build.Build(t.Context(), build.Config{Load: load.Config{Dir: dir, Pattern: "."}, Default: build.None, Allocation: map[string]build.Allocation{"take": build.Scratch}})
	if err != nil {
		t.Error(err)
	}
}

// TestRecursionEndsWithTheStack goes as deep as the stack lets it. A frame never
// reaches address 0, where a variable would be nil; it traps, and a call that
// fits is answered.
func TestRecursionEndsWithTheStack(t *testing.T) {
	const text = `
//go:noinline
func isNil(t *[8]int64) int32 {
	if t == nil {
		return 1 << 20
	}
	return 1
}

func down(n int32) int32 {
	var t [8]int64
	here := isNil(&t)
	if n > 0 {
		return here + down(n-1)
	}
	return here
}
` + export + "{ return down(n) }"
	ctx := t.Context()
	for _, optimise := range []bool{false, true} {
		res, err := build.Build(ctx, build.Config{Load: load.Config{Dir: write(t, text), Pattern: "."}, Optimise: optimise, Default: build.Scratch})
		if err != nil {
			t.Fatal(err)
		}
		r := wazero.NewRuntime(ctx)
		defer r.Close(ctx)
		m, err := r.Instantiate(ctx, res.Module)
		if err != nil {
			t.Fatal(err)
		}
		trapped := false
		for n := uint64(1000); n < 1040; n++ {
			got, err := m.ExportedFunction("run").Call(ctx, n)
			if trapped = trapped || err != nil; trapped != (err != nil) || err == nil && got[0] != n+1 {
				t.Errorf("optimised %v: %d deep: %v, %v", optimise, n, got, err)
			}
		}
		if !trapped && !optimise { // the optimiser needs no frame
			t.Error("1,040 frames of 64 bytes fit into 64 KiB")
		}
	}
}
