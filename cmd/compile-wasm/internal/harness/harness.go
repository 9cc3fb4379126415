// Package harness builds guests for tests and runs them in wazero: unoptimised,
// optimised, and optimised with what the optimiser proved kept as claims; by its
// compiler and its interpreter. All of these ways have to agree with Go.
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
	Claims      bool
	Interpreter bool
}

// Ways are all of them.
var Ways = []Way{{}, {Interpreter: true}, {Optimised: true}, {Optimised: true, Interpreter: true}, {Optimised: true, Claims: true}}

func (w Way) String() string {
	name := "O0"
	if w.Optimised {
		name = "optimised"
	}
	if w.Claims {
		name += " with claims"
	}
	if w.Interpreter {
		return name + ", interpreter"
	}
	return name + ", compiler"
}

// Builder builds one guest, in each way once.
type Builder struct {
	Dir    string
	Config func(*build.Config) // what to change of the configuration; may be nil
	built  map[Way][]byte
}

// Build compiles the guest package for a way to run it.
func (b *Builder) Build(t testing.TB, w Way) []byte {
	t.Helper()
	w.Interpreter = false
	if bin := b.built[w]; bin != nil {
		return bin
	}
	cfg := build.Config{Load: load.Config{Dir: b.Dir, Pattern: "."}, Optimise: w.Optimised, Claims: w.Claims, Names: true, Default: build.Scratch}
	if b.Config != nil {
		b.Config(&cfg)
	}
	res, err := build.Build(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if b.built == nil {
		b.built = map[Way][]byte{}
	}
	b.built[w] = res.Module
	return res.Module
}

// Start instantiates the guest. It is closed with the test.
func (b *Builder) Start(t testing.TB, w Way) *Instance {
	t.Helper()
	bin := b.Build(t, w)
	cfg := wazero.NewRuntimeConfig()
	if w.Interpreter {
		cfg = wazero.NewRuntimeConfigInterpreter()
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, cfg)
	t.Cleanup(func() { r.Close(ctx) })
	mod, err := r.Instantiate(ctx, bin)
	if err != nil {
		t.Fatal(err)
	}
	return &Instance{t, mod, map[string]api.Function{}}
}

// Instance is a running module. It isn't safe for concurrent use.
type Instance struct {
	t   testing.TB
	mod api.Module
	fns map[string]api.Function
}

// Call calls an export; an error is a trap. A wrong claim fails the test.
func (i *Instance) Call(name string, args ...uint64) (uint64, error) {
	i.t.Helper()
	out, err := i.function(name).Call(context.Background(), args...)
	if err != nil && i.mod.ExportedFunction(build.ClaimsBroken) != nil {
		if broken, _ := i.function(build.ClaimsBroken).Call(context.Background()); len(broken) != 1 || broken[0] != 0 {
			i.t.Fatalf("%s%#x: the optimiser decided a condition wrongly: %v", name, args, err)
		}
	}
	if err != nil || len(out) == 0 {
		return 0, err
	}
	return out[0], nil
}

func (i *Instance) function(name string) api.Function {
	f := i.fns[name]
	if f == nil {
		if f = i.mod.ExportedFunction(name); f == nil {
			panic(fmt.Sprintf("no export %s", name))
		}
		i.fns[name] = f
	}
	return f
}

// Memory is the module's.
func (i *Instance) Memory() api.Memory { return i.mod.Memory() }

// Native calls f and reports whether it panicked.
func Native[T any](f func() T) (out T, trapped bool) {
	defer func() { trapped = recover() != nil }()
	return f(), false
}
