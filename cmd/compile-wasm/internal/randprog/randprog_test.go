package randprog_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/harness"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/randprog"
)

var (
	programs = flag.Int("programs", 8, "how many programs to try")
	from     = flag.Uint64("from", 1, "the first program's seed")
)

const (
	batch = 20 // programs in one package
	seeds = 12 // runs of each
)

// TestPrograms compares random programs with Go, which runs them on 386: there
// int has the module's width.
func TestPrograms(t *testing.T) {
	runs, traps := 0, 0
	for first := *from; first < *from+uint64(*programs); first += batch {
		n := min(batch, *from+uint64(*programs)-first)
		// A test of its own, so that its instances are closed before the next.
		passed := t.Run(fmt.Sprintf("from %d", first), func(t *testing.T) {
			r, s := runBatch(t, first, n)
			runs += r
			traps += s
		})
		if !passed {
			return
		}
	}
	t.Logf("%d programs, %d runs, %d of them trap", *programs, runs, traps)
	if traps*2 > runs {
		t.Errorf("%d of %d runs trap: too few get to their end", traps, runs)
	}
}

// FuzzPrograms tries a program for each seed that the fuzzer comes up with.
func FuzzPrograms(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(1_000_000 + seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { runBatch(t, seed, 1) })
}

func runBatch(t *testing.T, first, n uint64) (runs, traps int) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	prefixes := make([]string, n)
	for i := range prefixes {
		prefixes[i] = fmt.Sprintf("p%d", first+uint64(i))
		write(prefixes[i]+".go", "package main\n\n"+randprog.Write(first+uint64(i), prefixes[i]))
	}
	shared, native := randprog.Common(prefixes, seeds)
	write("go.mod", "module random\n\ngo 1.26\n")
	write("shared.go", shared)
	write("native.go", native)
	write("module.go", "//go:build gonfalon_module\n\npackage main\n\nfunc main() {}\n")
	want := oracle(t, dir)
	guest := harness.Builder{Dir: dir}
	for _, way := range harness.Ways {
		inst := guest.Start(t, way)
		for i, p := range prefixes {
			for s := range uint64(seeds) {
				got, err := inst.Call(p+"run", s*0x9e3779b97f4a7c15)
				have := fmt.Sprint(got)
				if err != nil {
					have = "trap"
				}
				if w := want[fmt.Sprint(i, s)]; w != have {
					t.Errorf("%s: program %d, seed %d: %s (%v), Go says %s", way, first+uint64(i), s, have, err, w)
				}
				runs++
				if have == "trap" {
					traps++
				}
			}
		}
	}
	if t.Failed() && os.Getenv("KEEP") != "" {
		if err := os.CopyFS(os.Getenv("KEEP"), os.DirFS(dir)); err != nil {
			t.Error(err)
		}
	}
	return runs, traps
}

// oracle runs the programs natively and gives the answers by "program seed".
func oracle(t *testing.T, dir string) map[string]string {
	t.Helper()
	bin := filepath.Join(dir, "native")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		i := strings.LastIndexByte(sc.Text(), ' ')
		answers[sc.Text()[:i]] = sc.Text()[i+1:]
	}
	return answers
}
