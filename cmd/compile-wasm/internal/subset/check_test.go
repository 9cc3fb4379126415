package subset_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset"
)

var update = flag.Bool("update", false, "write the golden files anew")

func check(t *testing.T, dir string) error {
	t.Helper()
	prog, err := load.Load(t.Context(), load.Config{Dir: dir, Pattern: "."})
	if err != nil {
		t.Fatal(err)
	}
	g := analyse.Reach(prog, lower.IsIntrinsic)
	return subset.Check(g, analyse.FindEscapes(g, lower.IsIntrinsic))
}

// TestRefused: each construct, in a file of its own, is refused where it stands
// and with advice; all of them come in one error.
func TestRefused(t *testing.T) {
	err := check(t, "testdata/refused")
	if err == nil {
		t.Fatal("nothing refused")
	}
	got := map[string][]string{}
	line := regexp.MustCompile(`^(?:.*/)?(\w+)\.go:\d+:\d+: .+ is outside the engine's Go subset: .+$`)
	for _, l := range strings.Split(err.Error(), "\n") {
		m := line.FindStringSubmatch(l)
		if m == nil {
			t.Errorf("not file:line:col: X is outside the engine's Go subset: do Y:\n%s", l)
			continue
		}
		got[m[1]] = append(got[m[1]], l[strings.LastIndex(l[:strings.Index(l, ".go:")], "/")+1:])
	}
	files, err := filepath.Glob("testdata/refused/*.go")
	if err != nil {
		t.Fatal(err)
	}
	goroot := regexp.MustCompile(` at GOROOT/[^ ]+\)`) // positions there move with Go's version
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".go")
		if name == "main" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			have := goroot.ReplaceAllString(strings.Join(got[name], "\n")+"\n", " at GOROOT)")
			golden := "testdata/" + name + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(have), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if have != string(want) {
				t.Errorf("make golden writes what is got:\n%swant\n%s", have, want)
			}
			if len(got[name]) == 0 {
				t.Error("nothing in this file is refused")
			}
		})
	}
}

// TestUnordered: where Go's own compiler decides about the order of two packages,
// neither order is guessed.
func TestUnordered(t *testing.T) {
	err := check(t, "testdata/unordered")
	const want = "early/early.go:1:9: the order in which packages "
	if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("got %v, want one refusal with %s", err, want)
	}
}
