package opt_test

import (
	"os"
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

// TestChecks counts the checks that are left in each export, called functions
// included. Fewer than the source says would be unsound, more a loss.
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
	text, err := os.ReadFile(dir + "/main.go")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^// keeps (\d+)\n//\n//go:wasmexport (\w+)$`).FindAllStringSubmatch(string(text), -1) {
		want[m[2]], _ = strconv.Atoi(m[1])
	}
	if len(want) != len(exports) {
		t.Errorf("%d comments for %d exports", len(want), len(exports))
	}
	for _, f := range exports {
		if got := checks(f, map[*ir.Func]bool{}); got != want[f.Name] {
			t.Errorf("%s keeps %d checks, want %d:\n%s", f.Name, got, want[f.Name], f)
		}
	}
}

func checks(f *ir.Func, seen map[*ir.Func]bool) (n int) {
	if seen[f] {
		return 0
	}
	seen[f] = true
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			switch v.Op {
			case ir.OpCheck:
				n++
			case ir.OpCall:
				n += checks(v.Callee, seen)
			}
		}
	}
	return n
}
