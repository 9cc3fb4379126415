package analyse

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

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
	// Inits are the initialisers to run, each package after those it imports.
	Inits []*ssa.Function
	known map[*ssa.Function]bool
	inits map[*ssa.Package]bool
}

// Intrinsic tells which functions lowering replaces by an instruction.
type Intrinsic func(*ssa.Function) bool

// Reach follows static calls from the exports, and from the initialisers of
// every package whose variables are used.
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
					g.inits[v.Pkg] = true
					v.Pkg.Build()
					g.add(v.Pkg.Func("init"))
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

func (g *Graph) orderInits() {
	seen := map[*ssa.Package]bool{}
	var visit func(p *ssa.Package)
	visit = func(p *ssa.Package) {
		if p == nil || seen[p] {
			return
		}
		seen[p] = true
		imports := slices.Clone(p.Pkg.Imports())
		slices.SortFunc(imports, func(a, b *types.Package) int { return strings.Compare(a.Path(), b.Path()) })
		for _, q := range imports {
			visit(g.Prog.SSA.Package(q))
		}
		if g.inits[p] {
			g.Inits = append(g.Inits, p.Func("init"))
		}
	}
	visit(g.Prog.Guest)
	visit(g.Prog.Runtime)
}
