package lower_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
)

// torture is lowered whole; what its functions compute is tested there. The
// initialisers are a program of their own.
func torture(t *testing.T, optimise bool) (p, inits *lower.Program, exports []*ir.Func) {
	t.Helper()
	prog, err := load.Load(t.Context(), load.Config{Dir: "../torture", Pattern: "."})
	if err != nil {
		t.Fatal(err)
	}
	g := analyse.Reach(prog, lower.IsIntrinsic)
	l := layout.New()
	memory, escapes := lower.NewMemory(l), analyse.FindEscapes(g, lower.IsIntrinsic)
	p = lower.NewProgram(g, escapes, l, memory, lower.Options{Optimise: optimise, Keeps: func(export string) bool { return export == "deep" }})
	for _, e := range prog.Exports {
		exports = append(exports, p.Export(e))
	}
	inits = lower.NewProgram(g, escapes, l, memory, lower.Options{})
	inits.Init()
	return p, inits, exports
}

// TestWellFormed: all of the subset lowers to ir that its verifier takes.
func TestWellFormed(t *testing.T) {
	for _, optimise := range []bool{false, true} {
		p, inits, _ := torture(t, optimise)
		for _, f := range slices.Concat(p.Funcs, inits.Funcs) {
			f.Dominators()
			if err := f.Verify(); err != nil {
				t.Errorf("optimised %v: %v", optimise, err)
			}
			if !f.Entry && f.Pos.Line == 0 && !strings.HasSuffix(f.Name, ".init") {
				t.Errorf("%s has no place in the source", f.Name)
			}
		}
	}
}

// TestEntries: each export puts the heap back first, and keeps what it took
// only if it is one that does.
func TestEntries(t *testing.T) {
	_, _, exports := torture(t, true)
	for _, f := range exports {
		sets := map[int64]int{}
		for _, v := range f.Blocks[0].Values {
			if v.Op == ir.OpGlobalSet {
				sets[v.Imm]++
			}
		}
		keeps := 0
		if f.Name == "deep" {
			keeps = 1
		}
		if !f.Entry || sets[lower.GlobalHeap] != 1 || sets[lower.GlobalKeep] != keeps {
			t.Errorf("%s sets globals %v", f.Name, sets)
		}
		if v := f.Blocks[0].Values[1]; v.Op != ir.OpGlobalSet || v.Imm != lower.GlobalHeap {
			t.Errorf("%s does something before it puts the heap back", f.Name)
		}
	}
}

// TestChecksAreExplicit: without optimisation every dereference, index and
// shift that can trap has its check.
func TestChecksAreExplicit(t *testing.T) {
	p, _, _ := torture(t, false)
	want := map[string]int{"deref": 3, "even": 0, "swap": 4, "(*torture.node).sum": 3, "truth": 0}
	for _, f := range p.Funcs {
		name := load.Short(f.Name)
		n, ok := want[strings.TrimPrefix(name, "torture.")]
		if !ok {
			continue
		}
		delete(want, strings.TrimPrefix(name, "torture."))
		got := 0
		for _, b := range f.Blocks {
			for _, v := range b.Values {
				if v.Op == ir.OpCheck {
					got++
				}
			}
		}
		if got != n {
			t.Errorf("%s has %d checks, want %d:\n%s", name, got, n, f)
		}
	}
	for name := range want {
		t.Errorf("there is no function %s", name)
	}
}
