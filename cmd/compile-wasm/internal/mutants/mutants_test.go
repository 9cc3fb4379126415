//go:build mutants && unix

package mutants

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/shards"
)

var (
	shard = &shards.Shard{Index: 1, Of: 1}
	only  = flag.String("only", "", "a regular expression for the faults to plant, by name or file; nothing is kept then")
)

func init() { flag.Var(shard, "shard", "which part of the faults to plant: 2/8") }

// suites have to notice, quickest first. The suite of a fault's own package is
// asked before all others.
var suites = [][]string{
	{"./opt"}, {"./emit"}, {"./analyse"}, {"./rt"}, {"./wasm"}, {"./layout"}, {"./ir"}, {"./lower"}, {"./torture"},
	{"./programs", "-programs", "40"},
	{"./subset"}, {"./build"},
}

// suitesFor are the suites in the order in which they are asked about m.
func suitesFor(m Mutant) [][]string {
	own := "./" + filepath.Dir(m.File)
	list := slices.Clone(suites)
	slices.SortStableFunc(list, func(a, b []string) int {
		rank := func(s []string) int {
			switch s[0] {
			case own:
				return 0
			case "./torture":
				return 1
			case "./programs":
				return 2
			}
			return 3
		}
		return rank(a) - rank(b)
	})
	return list
}

// patience is for one suite: a fault may make a program that never ends.
const patience = 5 * time.Minute

// missed is what is kept of a fault that nothing notices.
const missed = "missed"

// TestMutants wants every fault noticed. A compiler that doesn't compile is no
// fault but a mistake in the list.
func TestMutants(t *testing.T) {
	var log *shards.Log
	if *only == "" {
		var err error
		if log, err = shards.Open("mutants", "cmd/compile-wasm"); err != nil {
			t.Fatal(err)
		}
	}
	wanted := regexp.MustCompile(*only)
	all := All()
	for i, m := range all {
		if !shard.Takes(i) || !wanted.MatchString(m.Name) && !wanted.MatchString(m.File) {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			if log != nil {
				if e, ok := log.Of(m.Name); ok && e.Found != missed {
					t.Logf("noticed before: %s", e.Found)
					return
				}
			}
			found := plant(t, m)
			if found == missed {
				t.Errorf("%s: nothing notices that %s", m.File, m.Name)
			} else {
				t.Logf("noticed by %s", found)
			}
			if log != nil {
				if err := log.Add(m.Name, found, 1); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if log != nil {
		sum(t, log, all)
	}
}

// sum tells what all shards have found so far.
func sum(t *testing.T, log *shards.Log, all []Mutant) {
	noticed, open := 0, 0
	by := map[string]int{}
	for _, m := range all {
		switch e, ok := log.Of(m.Name); {
		case !ok:
			open++
		case e.Found != missed:
			noticed++
			suite, _, _ := strings.Cut(e.Found, " ")
			by[suite]++
		}
	}
	t.Logf("%d of %d faults are noticed, %d weren't planted yet: %v; %s", noticed, len(all), open, by, log.Path)
}

// plant returns which test notices a fault, and how.
func plant(t *testing.T, m Mutant) string {
	overlay := write(t, m)
	if out, err := run(patience, overlay, "build", "./build"); err != nil {
		t.Fatalf("doesn't compile: %v\n%s", err, out)
	}
	for _, args := range suitesFor(m) {
		out, err := run(patience, overlay, append([]string{"test", "-vet=off", "-failfast"}, args...)...)
		if err != nil {
			if found := first(out); !strings.Contains(found, "go build: ") {
				return strings.TrimPrefix(args[0], "./") + " " + found
			}
			t.Fatalf("Go's own compiler failed, which no fault in this one makes it do:\n%s", out)
		}
	}
	return missed
}

// write makes an overlay in which the fault is there.
func write(t *testing.T, m Mutant) string {
	file, err := filepath.Abs("../" + m.File)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), m.From); n != 1 {
		t.Fatalf("%s: %q is %d times in it", m.File, m.From, n)
	}
	dir := t.TempDir()
	faulty := filepath.Join(dir, "faulty.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {file: faulty}})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{faulty: []byte(strings.Replace(string(text), m.From, m.To, 1)), filepath.Join(dir, "overlay.json"): overlay} {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "overlay.json")
}

func run(limit time.Duration, overlay string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	args = append([]string{args[0], "-overlay", overlay}, args[1:]...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = ".."
	// The go command's death alone would leave the test that it runs going on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// first names the innermost test that failed, and its first line.
func first(out string) string {
	name := ""
	for _, m := range failed.FindAllStringSubmatch(out, -1) {
		if strings.HasPrefix(m[1], name) {
			name = m[1]
		}
	}
	for _, l := range strings.Split(out, "\n") {
		if l = strings.TrimSpace(l); strings.Contains(l, "_test.go:") || strings.HasPrefix(l, "panic:") {
			return name + ": " + strings.ToValidUTF8(l[:min(len(l), 200)], "")
		}
	}
	return name + ": timeout"
}

// TestReduced: a program that shows a fault comes out small, whether the compiler
// fails, or what it makes answers otherwise. It belongs to the first part.
func TestReduced(t *testing.T) {
	if !shard.Takes(0) {
		return
	}
	for name, seed := range map[string]string{"what is dropped has one type": "47", "a loop's writes are forgotten": "1"} {
		t.Run(name, func(t *testing.T) {
			all := All()
			m := all[slices.IndexFunc(all, func(m Mutant) bool { return m.Name == name })]
			out, err := run(4*patience, write(t, m), "test", "-vet=off", "-timeout", "0", "./programs", "-run", "TestPrograms", "-programs", "1", "-from", seed, "-patience", "4m")
			if err == nil {
				t.Fatal("random programs don't notice it")
			}
			_, program, found := strings.Cut(out, "package main")
			if n := strings.Count(program, "\n"); !found || n > 60 {
				t.Errorf("%d lines:\n%s", n, out)
			} else {
				t.Logf("%d lines:\n%s", n, out)
			}
		})
	}
}
