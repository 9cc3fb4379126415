package programs

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
)

// Way is one way to compile and run programs.
type Way struct {
	Optimise, Claims bool
	Host             Host
}

// Host is what runs a module.
type Host int

// The hosts.
const (
	Compiler    Host = iota // wazero's
	Interpreter             // wazero's
	V8                      // in Node
)

// Ways are all of them.
var Ways = []Way{{false, false, Compiler}, {false, false, Interpreter}, {true, false, Compiler}, {true, false, Interpreter}, {true, false, V8}, {true, true, Compiler}}

func (w Way) String() string {
	text := "unoptimised"
	if w.Optimise {
		text = "optimised"
	}
	if w.Claims {
		text += " with claims"
	}
	return text + ", " + [...]string{"wazero's compiler", "wazero's interpreter", "V8"}[w.Host]
}

// Module compiles the programs.
func (b *Batch) Module(ctx context.Context, w Way) ([]byte, error) {
	res, err := build.Build(ctx, build.Config{Load: load.Config{Dir: b.Dir, Pattern: "."}, Optimise: w.Optimise, Claims: w.Claims, Names: true, Default: build.Scratch})
	if err != nil {
		return nil, err
	}
	return res.Module, nil
}

// endless is the answer of a program that doesn't end in time. It is the last one.
const endless = "no end"

// Run runs a module made of the programs, and returns the answers in order. A
// claim that is wrong is an answer of its own, and so is a program without end.
func (b *Batch) Run(ctx context.Context, bin []byte, w Way) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute) // all together take a second
	defer cancel()
	if w.Host == V8 {
		return b.runV8(ctx, bin)
	}
	cfg := wazero.NewRuntimeConfig()
	if w.Host == Interpreter {
		cfg = wazero.NewRuntimeConfigInterpreter()
	}
	r := wazero.NewRuntimeWithConfig(ctx, cfg.WithCloseOnContextDone(true))
	defer r.Close(ctx)
	mod, err := r.Instantiate(ctx, bin)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, p := range b.Programs {
		f := mod.ExportedFunction(p.Prefix + "run")
		if f == nil {
			return nil, fmt.Errorf("no export %srun", p.Prefix)
		}
		for _, i := range b.Inputs {
			out, err := f.Call(ctx, input(i))
			if ctx.Err() != nil {
				return append(list, endless), nil
			}
			answer := trap
			if err == nil {
				answer = fmt.Sprint(out[0])
			} else if broken := mod.ExportedFunction(build.ClaimsBroken); broken != nil {
				if out, err := broken.Call(ctx); err != nil || out[0] != 0 {
					return append(list, "the optimiser decided a condition wrongly"), nil
				}
			}
			list = append(list, answer)
		}
	}
	return list, nil
}

//go:embed v8.mjs
var script string

// runV8 runs a module in Node.
func (b *Batch) runV8(ctx context.Context, bin []byte) ([]string, error) {
	file := filepath.Join(b.Dir, "programs.wasm")
	if err := os.WriteFile(file, bin, 0o644); err != nil {
		return nil, err
	}
	var names []string
	for _, p := range b.Programs {
		names = append(names, p.Prefix+"run")
	}
	cmd := exec.CommandContext(ctx, "node", "--input-type=module", "-", file, strings.Trim(fmt.Sprint(b.Inputs), "[]"), strings.Join(names, ","))
	cmd.Stdin = strings.NewReader(script)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if ctx.Err() != nil {
		return append(strings.Fields(out.String()), endless), nil
	}
	if err != nil {
		return nil, fmt.Errorf("node: %w\n%s", err, problems.Bytes())
	}
	return b.answers(&out)
}
