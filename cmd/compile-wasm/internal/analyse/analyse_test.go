package analyse_test

import (
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"golang.org/x/tools/go/ssa"
)

func reach(t *testing.T, dir string) (*analyse.Graph, *analyse.Escapes) {
	t.Helper()
	prog, err := load.Load(t.Context(), load.Config{Dir: dir, Pattern: "."})
	if err != nil {
		t.Fatal(err)
	}
	g := analyse.Reach(prog, lower.IsIntrinsic)
	return g, analyse.FindEscapes(g, lower.IsIntrinsic)
}

// TestEscapes compares with the comments in the source. In the recursive
// functions of it an answer "stays" would be wrong.
func TestEscapes(t *testing.T) {
	escapes(t, "testdata/escape", "main.go", "ways.go")
	escapes(t, "testdata/held", "main.go")
}

func escapes(t *testing.T, dir string, files ...string) {
	t.Helper()
	g, e := reach(t, dir)
	lines := map[string][]string{}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lines[name] = strings.Split(string(text), "\n")
	}
	seen := map[string]bool{} // by file and line
	for _, f := range g.Funcs {
		for _, b := range f.Blocks {
			for _, in := range b.Instrs {
				a, ok := in.(*ssa.Alloc)
				if !ok {
					continue
				}
				at := g.Prog.SSA.Fset.Position(a.Pos())
				name := filepath.Base(at.Filename)
				if !strings.HasSuffix(filepath.Dir(at.Filename), dir) {
					continue
				}
				_, comment, ok := strings.Cut(lines[name][at.Line-1], "// ")
				if !ok {
					continue
				}
				place := fmt.Sprintf("%s:%d", name, at.Line)
				seen[place] = true
				if want := strings.HasPrefix(comment, "escapes"); e.Of(a) != want {
					t.Errorf("%s: %s: escapes is %v, the comment says %q", place, a.Comment, e.Of(a), comment)
				}
			}
		}
	}
	for name, list := range lines {
		for i, l := range list {
			if (strings.Contains(l, "// escapes") || strings.Contains(l, "// stays")) && !seen[fmt.Sprintf("%s:%d", name, i+1)] {
				t.Errorf("%s:%d: %q: no variable of the program", name, i+1, strings.TrimSpace(l))
			}
		}
	}
}

func TestAllocationPath(t *testing.T) {
	g, e := reach(t, "testdata/allocs")
	for name, want := range map[string][]string{
		"makes":    {"main.go:7:42: calls allocs.inner", "main.go:9:51: make"},
		"appends":  {"main.go:12:54: append"},
		"joins":    {"main.go:15:57: string concatenation"},
		"compares": nil,
		"copies":   {"main.go:30:13: string of bytes"},
		"leaks":    {"main.go:39:41: calls allocs.leak", "main.go:41:11: variable n outlives its function"},
	} {
		var f *ssa.Function
		for _, x := range g.Prog.Exports {
			if x.Name == name {
				f = x.Func
			}
		}
		got := g.AllocationPath(f, e)
		if len(got) != len(want) {
			t.Errorf("%s: %q, want %q", name, got, want)
			continue
		}
		for i := range want {
			if !strings.HasSuffix(got[i], want[i]) {
				t.Errorf("%s: step %d is %q, want …%q", name, i, got[i], want[i])
			}
		}
	}
}

// TestInits: initialisers come after those of what they import, each once.
func TestInits(t *testing.T) {
	g, _ := reach(t, "testdata/allocs")
	var names []string
	for _, f := range g.Inits {
		names = append(names, f.Pkg.Pkg.Name())
	}
	if got := strings.Join(names, " "); got != "utf8 main" { // the runtime decodes text
		t.Errorf("initialisers of %s, want utf8's and main's", got)
	}
	for _, f := range g.Funcs {
		if f.Pos() == token.NoPos && !analyse.IsInit(f) {
			t.Errorf("%s comes from nowhere", f)
		}
	}
}
