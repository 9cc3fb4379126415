package load_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod":   "module example.org/guest\n\ngo 1.26\n",
		"main.go":  "package main\n\n//go:wasmexport zeta\nfunc z() int32 { return b() }\n\n//go:wasmexport alpha\nfunc a() {}\n\nfunc main() {}\n",
		"yes.go":   "//go:build gonfalon_module && extra\n\npackage main\n\nfunc b() int32 { return 1 }\n",
		"no.go":    "//go:build !gonfalon_module || !extra\n\npackage main\n\nfunc b() int32 { return undefined }\n",
		"wide.go":  "//go:build amd64\n\npackage main\n\nfunc b() int32 { return 64 }\n",
		"x_386.go": "package main\n\nconst size = ^uint(0)>>31 - 1 // 0 on 32 bits only\n\nvar _ [size]int\n",
	})
	p, err := load.Load(t.Context(), load.Config{Dir: dir, Pattern: ".", Tags: []string{"extra"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Exports) != 2 || p.Exports[0].Name != "alpha" || p.Exports[1].Name != "zeta" {
		t.Errorf("exports %v, want alpha and zeta, in this order", p.Exports)
	}
	if at := p.Position(p.Exports[1].Func.Pos()).String(); at != "main.go:4:6" {
		t.Errorf("zeta is at %s", at)
	}
	if !p.Own(p.Guest.Pkg) || p.Own(p.Runtime.Pkg) {
		t.Error("the guest is the project's own, the runtime isn't")
	}
}

func TestLoadErrors(t *testing.T) {
	const mod = "module example.org/guest\n\ngo 1.26\n"
	for name, c := range map[string]struct {
		main, want string
	}{
		"type error": {"package main\n\nfunc main() { undefined() }\n", "main.go:3:15: undefined: undefined"},
		"no exports": {"package main\n\nfunc main() {}\n", "exports nothing"},
		"syntax":     {"package main\n\nfunc main( {}\n", "main.go:3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"go.mod": mod, "main.go": c.main})
			_, err := load.Load(t.Context(), load.Config{Dir: dir, Pattern: "."})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
}

func TestShort(t *testing.T) {
	for long, want := range map[string]string{
		"(*github.com/a-b/c.d/engine.Snapshot).Load": "(*engine.Snapshot).Load", "unicode/utf8.ValidString": "utf8.ValidString",
		"map[string]example.org/x.T": "map[string]x.T", "plain": "plain",
	} {
		if got := load.Short(long); got != want {
			t.Errorf("%s becomes %s, want %s", long, got, want)
		}
	}
}
