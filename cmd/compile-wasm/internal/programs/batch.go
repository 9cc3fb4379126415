package programs

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/randflow"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/randprog"
)

// Program is one random program, a file of package main. Its export is named
// Prefix+"run".
type Program struct {
	Seed   uint64
	Prefix string
	Source string
	// Known are the answers that the generator knows, by input; nil if it knows none.
	Known []string
}

// inputs is how many inputs each program is run with.
const inputs = 12

// all are the numbers of the inputs.
func all() (list []int) {
	for i := range inputs {
		list = append(list, i)
	}
	return list
}

// input is input number i.
func input(i int) uint64 { return uint64(i) * 0x9e3779b97f4a7c15 }

// trap is the answer of a program that traps.
const trap = "trap"

// New returns the program of a seed: randprog's for an odd one, randflow's for an
// even one.
func New(seed uint64) Program {
	p := Program{Seed: seed, Prefix: fmt.Sprintf("p%d", seed)}
	if seed%2 == 1 {
		p.Source = "package main\n\n" + randprog.Write(seed, p.Prefix)
		return p
	}
	flow := startable(seed, p.Prefix)
	p.Source = "package main\n\n" + randflow.Imports + flow.Source()
	for i := range inputs {
		h, trapped := flow.Run(input(i))
		if trapped {
			p.Known = append(p.Known, trap)
		} else {
			p.Known = append(p.Known, fmt.Sprint(h))
		}
	}
	return p
}

// startable is the first of a row of programs whose initialiser doesn't trap.
func startable(seed uint64, prefix string) *randflow.Program {
	for n := uint64(0); ; n++ {
		if p := randflow.New(seed+n<<40, prefix); p.Starts() {
			return p
		}
	}
}

// Batch is a package of programs in a directory of its own, and the numbers of
// the inputs that each is run with, one after the other.
type Batch struct {
	Dir      string
	Programs []Program
	Inputs   []int
}

const shared = `package main

import "math"

func mixBool(h uint64, b bool) uint64 {
	if b {
		return mix(h, 1)
	}
	return mix(h, 2)
}

func mixFloat(h uint64, f float64) uint64 {
	if f != f {
		return mix(h, 3)
	}
	return mix(h, math.Float64bits(f))
}

func mixText(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = mix(h, uint64(s[i]))
	}
	return mix(h, uint64(len(s)))
}
`

// Write writes a batch to dir.
func Write(dir string, list []Program, numbers []int) (*Batch, error) {
	files := map[string]string{
		"go.mod":    "module random\n\ngo 1.26\n",
		"mix.go":    randflow.Shared,
		"shared.go": shared,
		"native.go": native(list, numbers),
		"module.go": "//go:build gonfalon_module\n\npackage main\n\nfunc main() {}\n",
	}
	for _, p := range list {
		files[p.Prefix+".go"] = p.Source
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	return &Batch{dir, list, numbers}, nil
}

// native is a main function that prints the answer to each input, a line each.
// It imports nothing, so that it is linked fast.
func native(list []Program, numbers []int) string {
	var b strings.Builder
	b.WriteString("//go:build !gonfalon_module\n\npackage main\n\nfunc main() {\n")
	for _, p := range list {
		for _, i := range numbers {
			fmt.Fprintf(&b, "\ttry(%d, %srun)\n", i, p.Prefix)
		}
	}
	b.WriteString(`}

func try(i uint64, run func(uint64) uint64) {
	defer func() {
		if recover() != nil {
			println("trap")
		}
	}()
	println(run(i * 0x9e3779b97f4a7c15))
}
`)
	return b.String()
}

// Native runs the programs as Go compiles them, and returns the answers in order.
func (b *Batch) Native(ctx context.Context) ([]string, error) {
	bin := filepath.Join(b.Dir, "native")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", bin, ".")
	cmd.Dir = b.Dir
	cmd.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	var out bytes.Buffer
	cmd = exec.CommandContext(ctx, bin)
	cmd.Stderr = &out // where println writes to
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	return b.answers(&out)
}

// answers reads a line for each program and input.
func (b *Batch) answers(out *bytes.Buffer) (list []string, err error) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		list = append(list, lines.Text())
	}
	if want := len(b.Programs) * len(b.Inputs); len(list) != want {
		return nil, fmt.Errorf("%d answers, want %d", len(list), want)
	}
	return list, nil
}
