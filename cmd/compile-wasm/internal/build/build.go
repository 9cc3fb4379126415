package build

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/emit"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/opt"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

// MaxPages is the memory's stated maximum: 1 GiB. The largest snapshot that the
// control plane writes takes a small part of it; what matters is that a hostile
// one can't take more.
const MaxPages = 1 << 14

// Allocation says what an export may take from the heap.
type Allocation string

// The three kinds of export.
const (
	None    Allocation = "none"    // it takes nothing: anything that would is refused
	Scratch Allocation = "scratch" // what it takes is given back when the next call begins
	Keep    Allocation = "keep"    // what it takes stays, unless it traps
)

// ClaimsBroken is an export of modules that keep claims: it answers 1 once a
// claim was wrong.
const ClaimsBroken = "claims_broken"

// Config says what to build and how.
type Config struct {
	Load       load.Config
	Optimise   bool
	Claims     bool                  // keep what the optimiser proved as claims: the export ClaimsBroken tells if one was wrong
	Names      bool                  // write function names into the module
	Allocation map[string]Allocation // by export; Default for those not named
	Default    Allocation
}

// Function is the report on one function of the module.
type Function struct {
	Name string
	Pos  string // file:line:col, relative to its module
	Size int    // in the code section; 0 if all its calls were inlined
}

// Result is a module and what is to be said of it.
type Result struct {
	Module    []byte
	Functions []Function
	DataSize  int
}

// Build compiles a guest. The error lists all refusals, one a line.
func Build(ctx context.Context, cfg Config) (res *Result, err error) {
	defer func() {
		if e := recover(); e != nil {
			res, err = nil, internal(e)
		}
	}()
	return compile(ctx, cfg)
}

// internal is the error for what only a fault of the compiler can cause.
func internal(cause any) error {
	if f, ok := cause.(lower.Failure); ok {
		return fmt.Errorf("internal error at %s (in %s: %v): please report it with the program", f.Pos, load.Short(f.Func), f.Cause)
	}
	return fmt.Errorf("internal error (%v): please report it with the program", cause)
}

func compile(ctx context.Context, cfg Config) (*Result, error) {
	prog, err := load.Load(ctx, cfg.Load)
	if err != nil {
		return nil, err
	}
	if names := lower.Unresolved(prog); len(names) > 0 {
		return nil, internal(fmt.Errorf("Go's library has no %s any more", strings.Join(names, ", ")))
	}
	graph := analyse.Reach(prog, lower.IsIntrinsic)
	escapes := analyse.FindEscapes(graph, lower.IsIntrinsic)
	if err := subset.Check(graph, escapes); err != nil {
		return nil, err
	}
	kind := func(export string) Allocation {
		if a, ok := cfg.Allocation[export]; ok {
			return a
		}
		return cfg.Default
	}
	if err := checkAllocations(graph, escapes, kind); err != nil {
		return nil, err
	}

	types := layout.New()
	memory := lower.NewMemory(types)
	options := lower.Options{Optimise: cfg.Optimise, Keeps: func(export string) bool { return kind(export) == Keep }}

	// Lower everything twice into the same memory: all addresses must be given
	// out before the initialisers run.
	guest := lower.NewProgram(graph, escapes, types, memory, options)
	var exports, often []*ir.Func
	for _, e := range prog.Exports {
		f := guest.Export(e)
		exports = append(exports, f)
		if kind(e.Name) == None { // what takes no memory is what hosts call all the time
			often = append(often, f)
		}
	}
	if len(often) == 0 {
		often = exports
	}
	if cfg.Claims {
		exports = append(exports, guest.ReadGlobal(ClaimsBroken, lower.GlobalClaim))
	}
	image, err := runInits(ctx, prog, lower.NewProgram(graph, escapes, types, memory, options), memory)
	if err != nil {
		return nil, err
	}
	funcs, err := opt.Program(guest.Funcs, exports, opt.Options{Optimise: cfg.Optimise, Claims: cfg.Claims, Often: often})
	if err != nil {
		return nil, err
	}
	if err := checkStack(exports); err != nil {
		return nil, err
	}
	code, err := emit.Functions(funcs, emit.Options{Fold: cfg.Optimise, StackTop: lower.StackSize, StackGlobal: lower.GlobalStack, ClaimGlobal: lower.GlobalClaim})
	if err != nil {
		return nil, err
	}
	m := &wasm.Module{Funcs: code, Names: cfg.Names, Segments: image.segments}
	image.setMemory(m, cfg.Claims)
	for i, e := range prog.Exports {
		m.Exports = append(m.Exports, wasm.Export{Name: e.Name, Index: slices.Index(funcs, exports[i])})
	}
	if cfg.Claims {
		m.Exports = append(m.Exports, wasm.Export{Name: ClaimsBroken, Index: slices.Index(funcs, exports[len(exports)-1])})
	}
	res := &Result{Module: m.Encode()}
	if err := usable(ctx, res.Module); err != nil {
		return nil, internal(err)
	}
	for i := range code {
		res.Functions = append(res.Functions, Function{code[i].Name, funcs[i].Pos.String(), code[i].Size()})
	}
	for _, f := range guest.Funcs {
		if !slices.Contains(funcs, f) {
			res.Functions = append(res.Functions, Function{Name: f.Name, Pos: f.Pos.String()})
		}
	}
	for _, s := range image.segments {
		res.DataSize += len(s.Data)
	}
	return res, nil
}

func checkAllocations(g *analyse.Graph, e *analyse.Escapes, kind func(string) Allocation) error {
	var lines []string
	for _, x := range g.Prog.Exports {
		if kind(x.Name) != None {
			continue
		}
		if path := g.AllocationPath(x.Func, e); path != nil {
			lines = append(lines, fmt.Sprintf("%s: export %s may not allocate, but does:\n\t%s", g.Prog.Position(x.Func.Pos()), x.Name, strings.Join(path, "\n\t")))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}
