package opt_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/opt"
)

// left is what traps in a function: checks, and operations that trap by
// themselves (a division by zero, a float that fits no integer).
type left struct{ checks, traps int }

// TestChecks counts what is left of that in each export, called functions
// included. Less than the source says would be unsound, more a loss.
func TestChecks(t *testing.T) {
	const dir = "testdata/checks"
	prog, err := load.Load(t.Context(), load.Config{Dir: dir, Pattern: "."})
	if err != nil {
		t.Fatal(err)
	}
	g := analyse.Reach(prog, lower.IsIntrinsic)
	e := analyse.FindEscapes(g, lower.IsIntrinsic)
	l := layout.New()
	p := lower.NewProgram(g, e, l, lower.NewMemory(l), lower.Options{Optimise: true})
	var exports []*ir.Func
	for _, x := range prog.Exports {
		exports = append(exports, p.Export(x))
	}
	if _, err := opt.Program(p.Funcs, exports, opt.Options{Optimise: true, Often: exports}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]left{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range comments.FindAllStringSubmatch(string(text), -1) {
			checks, _ := strconv.Atoi(m[1])
			traps, _ := strconv.Atoi(m[2])
			want[m[3]] = left{checks, traps}
		}
	}
	if len(want) != len(exports) {
		t.Errorf("%d comments for %d exports", len(want), len(exports))
	}
	for _, f := range exports {
		if got := count(f, map[*ir.Func]bool{}); got != want[f.Name] {
			t.Errorf("%s keeps %d, want %d:\n%s", f.Name, got, want[f.Name], f)
		}
	}
}

var comments = regexp.MustCompile(`(?m)^// keeps (\d+)(?: and (\d+) that trap by themselves)?\n//\n//go:wasmexport (\w+)$`)

func count(f *ir.Func, seen map[*ir.Func]bool) (n left) {
	if seen[f] {
		return n
	}
	seen[f] = true
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			switch {
			case v.Op == ir.OpCheck:
				n.checks++
			case v.Op == ir.OpCall:
				inner := count(v.Callee, seen)
				n.checks += inner.checks
				n.traps += inner.traps
			case v.Op < ir.OpPhi && v.Op.Effect()&ir.Traps != 0 && !(len(v.Args) == 2 && v.Args[1].Op.IsConst() && v.Args[1].Imm != 0):
				n.traps++
			}
		}
	}
	return n
}
