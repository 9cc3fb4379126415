// Package harness builds guests for tests and runs them in wazero, by its
// compiler and its interpreter, unoptimised and optimised: four ways that have
// to agree with Go.
package harness

import (
	"context"
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Way is one way to run a guest.
type Way struct {
	Optimised   bool
	Interpreter bool
}

// Ways are all four.
var Ways = []Way{{false, false}, {false, true}, {true, false}, {true, true}}

func (w Way) String() string {
	name := "O0"
	if w.Optimised {
		name = "optimised"
	}
	if w.Interpreter {
		return name + ", interpreter"
	}
	return name + ", compiler"
}

// Build compiles the guest package in dir.
func Build(t testing.TB, dir string, optimise bool) []byte {
	t.Helper()
	res, err := build.Build(t.Context(), build.Config{Load: load.Config{Dir: dir, Pattern: "."}, Optimise: optimise, Names: true, Default: build.Scratch})
	if err != nil {
		t.Fatal(err)
	}
	return res.Module
}

// Instance is a running module. It isn't safe for concurrent use.
type Instance struct {
	mod api.Module
	fns map[string]api.Function
}

// Start instantiates a module. It is closed with the test.
func Start(t testing.TB, bin []byte, interpreter bool) *Instance {
	t.Helper()
	cfg := wazero.NewRuntimeConfig()
	if interpreter {
		cfg = wazero.NewRuntimeConfigInterpreter()
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, cfg)
	t.Cleanup(func() { r.Close(ctx) })
	mod, err := r.Instantiate(ctx, bin)
	if err != nil {
		t.Fatal(err)
	}
	return &Instance{mod, map[string]api.Function{}}
}

// Call calls an export; an error is a trap.
func (i *Instance) Call(name string, args ...uint64) (uint64, error) {
	f := i.fns[name]
	if f == nil {
		if f = i.mod.ExportedFunction(name); f == nil {
			panic(fmt.Sprintf("no export %s", name))
		}
		i.fns[name] = f
	}
	out, err := f.Call(context.Background(), args...)
	if err != nil || len(out) == 0 {
		return 0, err
	}
	return out[0], nil
}

// Memory is the module's.
func (i *Instance) Memory() api.Memory { return i.mod.Memory() }

// Native calls f and reports whether it panicked.
func Native[T any](f func() T) (out T, trapped bool) {
	defer func() { trapped = recover() != nil }()
	return f(), false
}
