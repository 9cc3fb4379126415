package analyse

import (
	"go/token"
	"go/types"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"golang.org/x/tools/go/ssa"
)

// Call is a static call of another function.
type Call struct {
	Callee *ssa.Function
	Pos    token.Pos
}

// Graph is what a program reaches.
type Graph struct {
	Prog  *load.Program
	Funcs []*ssa.Function // exports' functions first, then as they are discovered
	Calls map[*ssa.Function][]Call
	// Inits are the packages' initialisers, in the order in which they run.
	Inits []*ssa.Function
	// Unordered are pairs of packages whose order Go's own compiler decides by
	// what it can work out beforehand.
	Unordered [][2]*types.Package
	known     map[*ssa.Function]bool
	inits     map[*ssa.Package]bool
}

// Intrinsic tells which functions lowering replaces by an instruction.
type Intrinsic func(*ssa.Function) bool

// Reach follows static calls from the exports and from the initialisers. All
// packages of the project are initialised; one of the standard library is if
// its variables are used.
func Reach(p *load.Program, intrinsic Intrinsic) *Graph {
	g := &Graph{Prog: p, Calls: map[*ssa.Function][]Call{}, known: map[*ssa.Function]bool{}, inits: map[*ssa.Package]bool{}}
	p.Runtime.Build()
	for _, e := range p.Exports {
		g.add(e.Func)
	}
	var names []string
	for name, m := range p.Runtime.Members {
		if _, ok := m.(*ssa.Function); ok && name != "init" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		g.add(p.Runtime.Func(n))
	}
	for _, q := range packagesBelow(p.Guest.Pkg) {
		if src := p.Source(q); p.Own(q) && (len(src.TypesInfo.InitOrder) > 0 || declaresInit(src)) {
			g.initialise(p.SSA.Package(q))
		}
	}
	for i := 0; i < len(g.Funcs); i++ {
		g.visit(g.Funcs[i], intrinsic)
	}
	g.orderInits()
	return g
}

func (g *Graph) add(f *ssa.Function) {
	if f == nil || g.known[f] {
		return
	}
	g.known[f] = true
	load.PackageOf(f)
	g.Funcs = append(g.Funcs, f)
}

func (g *Graph) visit(f *ssa.Function, intrinsic Intrinsic) {
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			for _, op := range in.Operands(nil) {
				if v, ok := (*op).(*ssa.Global); ok && v.Pkg != nil && !g.inits[v.Pkg] && !isEmpty(v) {
					g.initialise(v.Pkg)
				}
			}
			call, ok := in.(ssa.CallInstruction)
			if !ok {
				continue
			}
			callee := call.Common().StaticCallee()
			if callee == nil || intrinsic(callee) || IsInit(f) && IsInit(callee) {
				continue
			}
			g.add(callee)
			g.Calls[f] = append(g.Calls[f], Call{callee, in.Pos()})
		}
	}
}

// isEmpty reports whether g is of a struct type without fields, such as
// encoding/binary.LittleEndian: there is nothing to initialise.
func isEmpty(g *ssa.Global) bool {
	s, ok := g.Type().Underlying().(*types.Pointer).Elem().Underlying().(*types.Struct)
	return ok && s.NumFields() == 0
}

// IsInit reports whether f is the synthetic initialiser of a package. Those
// call each other along imports; here each is run on its own.
func IsInit(f *ssa.Function) bool { return f.Name() == "init" && f.Synthetic != "" }

func (g *Graph) initialise(p *ssa.Package) {
	g.inits[p] = true
	p.Build()
	g.add(p.Func("init"))
}

// Place is the place of an instruction. One without stands where the one before
// it does, or in front of all others where the next does.
func Place(list []ssa.Instruction, i int, before token.Pos) token.Pos {
	if before != token.NoPos && list[i].Pos() == token.NoPos {
		return before
	}
	for _, in := range list[i:] {
		if in.Pos() != token.NoPos {
			return in.Pos()
		}
	}
	return token.NoPos
}
