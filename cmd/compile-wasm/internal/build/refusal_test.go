package build_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
)

// write makes a guest of one file, and returns its directory.
func write(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module guest\n\ngo 1.26\n", "main.go": "package main\n" + text + "\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func buildGuest(t *testing.T, text string, optimise bool) error {
	t.Helper()
	_, err := build.Build(t.Context(), build.Config{Load: load.Config{Dir: write(t, text), Pattern: "."}, Optimise: optimise, Default: build.Scratch})
	return err
}

const export = "\n//go:wasmexport run\nfunc run(n int32) int32 "

// TestRefused: what only shows when the initialisers run, or when the frames are
// laid out, is refused with its place too.
func TestRefused(t *testing.T) {
	const traps, steps = ": an initialiser that traps ", ": an initialiser that takes more than 16777216 steps "
	for name, c := range map[string]struct{ source, want string }{
		"an endless initialiser":       {"\nvar a = 1\n\nvar x = loop()\n\nfunc loop() int32 { for {} }\n" + export + "{ return x }", "main.go:5:5" + steps},
		"endless recursion":            {"\nvar x = loop(3)\n\nfunc loop(n int32) int32 { return loop(n+1) + 1 }\n" + export + "{ return x }", "main.go:3:5" + traps},
		"endless copying":              {"\nvar big, other [1 << 20]byte\n\nfunc init() {\n\tfor i := 0; i < 1<<20; i++ {\n\t\tcopy(big[i:], other[:])\n\t}\n}\n" + export + "{ return int32(big[n]) }", "main.go:7:7" + steps},
		"an empty loop":                {"\nfunc init() {\n\tfor {\n\t}\n}\n" + export + "{ return n }", "main.go:3:6" + steps},
		"no end of memory":             {"\nvar x = take()\n\nfunc take() (n int32) {\n\tfor b := []byte(nil); ; n++ {\n\t\tb = append(b, make([]byte, 1<<20+n)...)\n\t}\n}\n" + export + "{ return x }", "main.go:3:5" + traps},
		"an index in a declaration":    {"\nvar y = [2]int32{}\n\nvar z, x = 4, y[three()]\n\nfunc three() int32 { return 3 }\n" + export + "{ return x }", "main.go:5:8" + traps},
		"a nil pointer in a statement": {"\nvar p *int32\n\nfunc init() {\n\tif p == nil {\n\t\t*p = 3\n\t}\n}\n" + export + "{ return *p }", "main.go:7:3" + traps},
		"a panic in a second init":     {"\nfunc init() {}\n\nfunc init() {\n\tcheck(3)\n}\n\nfunc check(n int32) {\n\tif n > 2 {\n\t\tpanic(\"large\")\n\t}\n}\n" + export + "{ return n }", "main.go:6:7" + traps},
		"a variable that nothing uses": {"\nvar _ = 1 / zero\n\nvar zero int32\n" + export + "{ return n }", "main.go:3:11" + traps},
	} {
		t.Run(name, func(t *testing.T) {
			err := buildGuest(t, c.source, true)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s…", err, c.want)
			}
		})
	}
}

// TestStack: large frames, alone and in a chain, are refused with the chain.
func TestStack(t *testing.T) {
	const link = "func f%(n int32) int32 {\n\tvar a [3500]int32\n\tfor i := range a {\n\t\ta[i] = f#(n + int32(i))\n\t}\n\treturn a[n] + a[n/2]\n}\n"
	chain := "\nfunc f0(n int32) int32 { return n }\n\n"
	for i := range 5 {
		chain += strings.NewReplacer("%", string(rune('1'+i)), "#", string(rune('0'+i))).Replace(link)
	}
	copies := "\nvar g [1900]int64\n\nfunc pass(x [1900]int64) int32 {\n\tx[3]++\n\treturn int32(x[7] + x[3])\n}\n" + export + "{\n\tfor g[7] < 9 {\n\t\tn += pass(g)\n"
	for range 5 {
		copies += "\t\tg[7]++\n\t\tn += pass(g)\n"
	}
	copies += "\t}\n\treturn n\n}"
	whole := "" // four frames that leave nothing of the stack
	for i := range 4 {
		whole += fmt.Sprintf("\nfunc w%d(n int32) int32 {\n\tvar t [16384]byte\n\tt[n] = 3\n\tif here(&t) {\n\t\treturn 0\n\t}\n\treturn w%d(n) + int32(t[n/2])\n}\n", i, i+1)
	}
	whole += "\nfunc here(t *[16384]byte) bool { return t == nil || t[5] == 9 }\n\nfunc w4(n int32) int32 { return n }\n"
	for name, c := range map[string]struct {
		source string
		want   string // a regular expression for one line each
	}{
		"the whole stack":    {whole + export + "{ return w0(n) }", `main.go:\d+:\d+: run needs 65536 bytes of stack, there are 65536: .+(\n\tmain.go:\d+:\d+: .+)+`},
		"a chain":            {chain + export + "{ return f4(n) }", ""},
		"one too many":       {chain + export + "{ return f5(n) }", `main.go:\d+:\d+: run needs \d+ bytes of stack, there are 65536: .+(\n\tmain.go:\d+:\d+: (guest\.)?\w+, \d+ bytes(, of them 14000 at main.go:\d+:\d+)?)+`},
		"copies":             {copies, `main.go:\d+:\d+: run needs \d+ bytes of stack, there are 65536: .+(\n\tmain.go:\d+:\d+: (guest\.)?\w+, \d+ bytes, of them 15200 at main.go:\d+:\d+)+`},
		"recursion":          {"\nfunc down(n int32) int32 {\n\tvar a [1000]int32\n\ta[n] = n\n\tif n == 0 {\n\t\treturn 0\n\t}\n\treturn up(n-1) + a[n/2]\n}\n\nfunc up(n int32) int32 { return down(n) + 1 }\n" + export + "{ return down(n) }", ""},
		"a package variable": {"\nvar big [80000]byte\n\nvar full = [20000]int32{1, 2, 19999: 3}\n\nvar names = [3000]struct{ a, b string }{7: {\"x\", \"y\"}}\n" + export + "{ return int32(big[n]) + full[n] + int32(len(names[n].a)) }", ""},
		"an initialiser":     {chain + "\nvar x = f5(3)\n" + export + "{ return x }", `main.go:1:9: init needs \d+ bytes of stack, .+(\n\tmain.go:\d+:\d+: .+)+`},
	} {
		for _, optimise := range []bool{false, true} {
			err := buildGuest(t, c.source, optimise)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("%s, optimised %v: %v", name, optimise, err)
			case c.want != "" && (err == nil || !regexp.MustCompile(`^`+c.want+`$`).MatchString(err.Error())):
				t.Errorf("%s, optimised %v: got %v, want %s", name, optimise, err, c.want)
			}
		}
	}
}
