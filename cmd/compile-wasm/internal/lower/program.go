package lower

import (
	"go/token"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"golang.org/x/tools/go/ssa"
)

// StackSize is the shadow stack at the bottom of memory. It grows down towards
// address 0, and past it to addresses that no memory has: overflow traps.
// A chain of 256 prerequisites, the deepest recursion of the engine, takes less
// than half.
const StackSize = 64 << 10

// The module's global variables.
const (
	GlobalStack = iota // the stack pointer
	GlobalHeap         // where the next allocation goes
	GlobalKeep         // the heap's top after the last completed call that keeps what it allocates
	GlobalHigh         // all memory from here on is still zero
	GlobalClaim        // 1 once a claim of the optimiser was wrong; only in modules that keep claims
)

// Memory is the static part of the module's memory. Several programs may share
// one, so that the addresses in the build-time run are those of the module.
type Memory struct {
	layout  *layout.Layout
	top     int
	globals map[*ssa.Global]int
	strings map[string]int
	zero    int // the address of zeroLen bytes that nothing writes
	zeroLen int
}

// NewMemory is a static memory that begins above the stack.
func NewMemory(l *layout.Layout) *Memory {
	return &Memory{layout: l, top: StackSize, globals: map[*ssa.Global]int{}, strings: map[string]int{}}
}

// Top is where the heap may begin.
func (m *Memory) Top() int { return (m.top + 15) &^ 15 }

// Strings calls yield with the address of each string constant.
func (m *Memory) Strings(yield func(addr int, s string)) {
	all := make([]string, 0, len(m.strings))
	for s := range m.strings {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b string) int { return m.strings[a] - m.strings[b] })
	for _, s := range all {
		yield(m.strings[s], s)
	}
}

func (m *Memory) room(n, align int) int {
	m.top = (m.top + align - 1) &^ (align - 1)
	m.top += n
	return m.top - n
}

func (m *Memory) global(g *ssa.Global) int {
	a, ok := m.globals[g]
	if !ok {
		a = m.room(m.layout.Size(layout.Pointee(g.Type())), 8)
		m.globals[g] = a
	}
	return a
}

func (m *Memory) str(s string) int {
	if s == "" {
		return 0
	}
	a, ok := m.strings[s]
	if !ok {
		a = m.room(len(s), 1)
		m.strings[s] = a
	}
	return a
}

func (m *Memory) zeros(n int) int {
	if n > m.zeroLen {
		m.zero, m.zeroLen = m.room(n, 8), n
	}
	return m.zero
}

// Options are what lowering may do besides translating.
type Options struct {
	// Optimise avoids copies and clearing that can be seen to be needless.
	Optimise bool
	// Keeps says whether what an export allocates outlives the call.
	Keeps func(export string) bool
}

// Program is the ir of everything that was asked for so far.
type Program struct {
	Funcs []*ir.Func

	graph  *analyse.Graph
	escape *analyse.Escapes
	layout *layout.Layout
	memory *Memory
	opt    Options
	funcs  map[*ssa.Function]*ir.Func
	todo   []*ssa.Function
	places []token.Pos // of what the initialisers do
}

// NewProgram is an empty program over what g reaches.
func NewProgram(g *analyse.Graph, e *analyse.Escapes, l *layout.Layout, m *Memory, opt Options) *Program {
	return &Program{graph: g, escape: e, layout: l, memory: m, opt: opt, funcs: map[*ssa.Function]*ir.Func{}}
}

// Export adds the entry function of an export, and all that it calls.
func (p *Program) Export(e load.Export) *ir.Func {
	target := p.function(e.Func)
	f := &ir.Func{Name: e.Name, Pos: target.Pos, Params: target.Params, Results: target.Results, Entry: true}
	b := f.NewBlock()
	set := func(global int64, v *ir.Value) { b.Add(ir.OpGlobalSet, ir.Void, v).Imm = global }
	get := func(global int64) *ir.Value {
		v := b.Add(ir.OpGlobalGet, ir.I32)
		v.Imm = global
		return v
	}
	set(GlobalHeap, get(GlobalKeep))
	var args []*ir.Value
	for i, t := range f.Params {
		v := b.Add(ir.OpParam, t)
		v.Imm = int64(i)
		if k, _ := layout.KindOf(e.Func.Params[i].Type()); k == layout.U8 { // a bool: any number but 0 is true
			v = b.Add(ir.OpI32Ne, ir.I32, v, b.Const(ir.I32, 0))
		}
		args = append(args, v)
	}
	out := emitCall(b, target, args)
	if p.opt.Keeps != nil && p.opt.Keeps(e.Name) {
		set(GlobalKeep, get(GlobalHeap))
	}
	b.Term, b.Ctrl = ir.Return, out
	p.Funcs = append(p.Funcs, f)
	p.drain()
	return f
}

// Init adds a function that runs the package initialisers, and three that tell
// of it afterwards: where the heap ends, at which place the initialisers are, and
// how many steps are left.
func (p *Program) Init() (run, heapEnd, place, steps *ir.Func) {
	run = &ir.Func{Name: "init", Entry: true, Pos: p.graph.Prog.Position(p.graph.Prog.Clause(p.graph.Prog.Guest.Pkg))}
	b := run.NewBlock()
	for _, f := range p.graph.Inits {
		emitCall(b, p.function(f), nil)
	}
	b.Term = ir.Return
	p.Funcs = append(p.Funcs, run)
	p.drain()
	for _, f := range p.Funcs {
		budget(f)
	}
	return run, p.ReadGlobal("heap end", GlobalHeap), p.ReadGlobal("place", GlobalPlace), p.ReadGlobal("steps", GlobalSteps)
}

// ReadGlobal adds a function that returns a global variable of the module.
func (p *Program) ReadGlobal(name string, global int64) *ir.Func {
	f := &ir.Func{Name: name, Results: []ir.Type{ir.I32}, Entry: true}
	b := f.NewBlock()
	v := b.Add(ir.OpGlobalGet, ir.I32)
	v.Imm = global
	b.Term, b.Ctrl = ir.Return, []*ir.Value{v}
	f.Dominators()
	p.Funcs = append(p.Funcs, f)
	return f
}

// function is the declaration of f, to be filled in by drain.
func (p *Program) function(f *ssa.Function) *ir.Func {
	if g, ok := p.funcs[f]; ok {
		return g
	}
	g := &ir.Func{Name: f.String(), Pos: p.graph.Prog.Position(p.graph.Prog.Place(f))}
	for _, param := range f.Params {
		for _, l := range p.layout.Scalars(param.Type()) {
			g.Params = append(g.Params, l.Kind.Type())
		}
	}
	for _, l := range p.layout.Scalars(f.Signature.Results()) {
		g.Results = append(g.Results, l.Kind.Type())
	}
	p.funcs[f] = g
	p.todo = append(p.todo, f)
	return g
}

func (p *Program) runtime(name string) *ir.Func {
	f := p.graph.Prog.Runtime.Func(name)
	if f == nil {
		panic("lower: the runtime has no " + name)
	}
	return p.function(f)
}

func (p *Program) drain() {
	for len(p.todo) > 0 {
		f := p.todo[0]
		p.todo = p.todo[1:]
		p.lower(f)
		p.Funcs = append(p.Funcs, p.funcs[f])
	}
}

// Failure is what lowering panics with: a fault of the compiler's own.
type Failure struct {
	Pos   token.Position
	Func  string
	Cause any
}

// lower fills one function in. A panic names the place in the source.
func (p *Program) lower(src *ssa.Function) {
	l := &function{Program: p, src: src, f: p.funcs[src], values: map[ssa.Value][]*ir.Value{}, slots: map[ssa.Value]*ir.Slot{},
		first: map[*ssa.BasicBlock]*ir.Block{}, last: map[*ssa.BasicBlock]*ir.Block{}, pos: src.Pos()}
	defer func() {
		if e := recover(); e != nil {
			panic(Failure{p.graph.Prog.Position(l.pos), src.String(), e})
		}
	}()
	l.run()
}

func emitCall(b *ir.Block, callee *ir.Func, args []*ir.Value) []*ir.Value {
	t := ir.Void
	if len(callee.Results) == 1 {
		t = callee.Results[0]
	}
	call := b.Add(ir.OpCall, t, args...)
	call.Callee = callee
	if len(callee.Results) < 2 {
		return []*ir.Value{call}[:len(callee.Results)]
	}
	out := make([]*ir.Value, len(callee.Results))
	for i, t := range callee.Results {
		out[i] = b.Add(ir.OpResult, t, call)
		out[i].Imm = int64(i)
	}
	return out
}
