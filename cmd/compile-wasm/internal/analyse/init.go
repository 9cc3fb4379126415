package analyse

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// The order of initialisation is Go's since 1.21: of the packages whose imports
// are all done, the first by name is next. Packages without a task, which have
// nothing to do and import nothing but such packages, are no part of that. But
// gc works some initialisers out while it compiles, and then they are no task.
// Which ones is its own business: where that decides about the order of two
// packages of the project, the order is refused.
// Why: RATIONALE.md "Why are some orders of initialisation refused?"

// task says whether gc leaves a package something to do at the start.
type task int

const (
	never task = iota
	perhaps
	surely
)

// orderInits sets the order of the initialisers that g needs.
func (g *Graph) orderInits() {
	list := packagesBelow(append(g.Prog.Runtime.Pkg.Imports(), g.Prog.Guest.Pkg)...)
	tasks := map[*types.Package]task{}
	for _, p := range list {
		tasks[p] = g.task(p)
	}
	order := schedule(list, func(p *types.Package) bool { return tasks[p] >= perhaps })
	for _, p := range append(without(list, order), order...) {
		if pkg := g.Prog.SSA.Package(p); pkg != nil && g.inits[pkg] {
			g.Inits = append(g.Inits, pkg.Func("init"))
		}
	}
	start := starts{tasks: tasks, below: map[*types.Package]map[*types.Package]bool{}}
	for i, p := range order {
		for _, q := range order[i+1:] {
			if g.Prog.Own(p) && g.Prog.Own(q) && tasks[p] != never && tasks[q] != never && !start.fixed(p, q) {
				g.Unordered = append(g.Unordered, [2]*types.Package{q, p})
			}
		}
	}
}

// starts knows what can be said of the order whatever gc works out.
type starts struct {
	tasks map[*types.Package]task
	below map[*types.Package]map[*types.Package]bool
}

// fixed reports whether p comes before q, both with a task, whatever gc works
// out. It does if it comes before q itself, or before a package z that q waits
// for: as long as p is not done, p or something below it is ready. Either z
// waits for that as well, or its name must come before z's; then z isn't taken.
func (s *starts) fixed(p, q *types.Package) bool {
	for z := range s.closure(q) {
		if s.closure(p)[z] || z != q && !s.has(z, surely) {
			continue // comes before p, or may be no task, so that q doesn't wait for it
		}
		first := true
		for x := range s.closure(p) {
			if !s.closure(z)[x] && s.has(x, perhaps) && symbol(x) > symbol(z) {
				first = false
			}
		}
		if first {
			return true
		}
	}
	return false
}

// has reports whether p takes part if the packages with at least such a task do.
func (s *starts) has(p *types.Package, least task) bool {
	for x := range s.closure(p) {
		if s.tasks[x] >= least {
			return true
		}
	}
	return false
}

// closure is p and all that it imports.
func (s *starts) closure(p *types.Package) map[*types.Package]bool {
	if s.below[p] == nil {
		s.below[p] = map[*types.Package]bool{}
		for _, x := range packagesBelow(p) {
			s.below[p][x] = true
		}
	}
	return s.below[p]
}

// packagesBelow is list and all that it imports, each after its own imports.
func packagesBelow(list ...*types.Package) (out []*types.Package) {
	seen := map[*types.Package]bool{}
	var visit func(p *types.Package)
	visit = func(p *types.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, q := range p.Imports() {
			visit(q)
		}
		out = append(out, p)
	}
	for _, p := range list {
		visit(p)
	}
	return out
}

func without(list, drop []*types.Package) (out []*types.Package) {
	for _, p := range list {
		if !slices.Contains(drop, p) {
			out = append(out, p)
		}
	}
	return out
}

// schedule is the order of the packages that have a task, or import one that has.
// list has each package after its imports.
func schedule(list []*types.Package, hasTask func(*types.Package) bool) (out []*types.Package) {
	waits := map[*types.Package]int{}
	var ready []*types.Package
	importers := map[*types.Package][]*types.Package{}
	guest := list[len(list)-1]
	for _, p := range list {
		n := 0
		for _, q := range p.Imports() {
			if _, ok := waits[q]; ok {
				n++
				importers[q] = append(importers[q], p)
			}
		}
		if n > 0 || hasTask(p) || p == guest {
			waits[p] = n
			if n == 0 {
				ready = append(ready, p)
			}
		}
	}
	for len(ready) > 0 {
		p := slices.MinFunc(ready, func(a, b *types.Package) int { return strings.Compare(symbol(a), symbol(b)) })
		ready = without(ready, []*types.Package{p})
		out = append(out, p)
		for _, q := range importers[p] {
			if waits[q]--; waits[q] == 0 {
				ready = append(ready, q)
			}
		}
	}
	return out
}

// symbol is the name of p's task in the linker, which sorts by it: a dot of the
// path's last element, among others, is escaped.
func symbol(p *types.Package) string {
	path := p.Path()
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c == '%' || c == '"' || c >= 0x7f || c == '.' && i > strings.LastIndex(path, "/") {
			fmt.Fprintf(&b, "%%%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String() + "..inittask"
}

// task is what p itself has to do, apart from its imports.
func (g *Graph) task(p *types.Package) (t task) {
	src := g.Prog.Source(p)
	if src == nil { // unsafe
		return never
	}
	if declaresInit(src) {
		t = perhaps
		if worksInInit(src) {
			return surely
		}
	}
	for _, init := range src.TypesInfo.InitOrder {
		t = max(t, g.effort(src, init.Rhs))
	}
	return t
}

func declaresInit(src *packages.Package) bool {
	for _, file := range src.Syntax {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				return true
			}
		}
	}
	return false
}

// worksInInit reports whether an init function of a package has a statement that
// gc keeps. It drops the functions that have none.
func worksInInit(src *packages.Package) bool {
	for _, file := range src.Syntax {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || f.Name.Name != "init" || f.Body == nil {
				continue
			}
			for _, s := range f.Body.List {
				switch s.(type) {
				case *ast.EmptyStmt, *ast.BlockStmt, *ast.DeclStmt, *ast.IfStmt, *ast.ForStmt, *ast.SwitchStmt, *ast.LabeledStmt:
					// gc may decide that nothing is left of it
				default:
					return true
				}
			}
		}
	}
	return false
}

// effort says whether an initialiser is worked out by gc.
func (g *Graph) effort(src *packages.Package, e ast.Expr) task {
	if src.TypesInfo.Types[e].Value != nil {
		return never
	}
	most := func(list ...ast.Expr) (t task) {
		for _, x := range list {
			t = max(t, g.effort(src, x))
		}
		return t
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if src.TypesInfo.Types[e].IsNil() {
			return never
		}
	case *ast.FuncLit:
		return never
	case *ast.KeyValueExpr:
		return g.effort(src, e.Value)
	case *ast.CompositeLit:
		if _, ok := src.TypesInfo.TypeOf(e).Underlying().(*types.Map); ok {
			return surely
		}
		return most(e.Elts...)
	case *ast.UnaryExpr:
		if lit, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
			return g.effort(src, lit)
		}
	case *ast.CallExpr:
		return max(perhaps, most(e.Args...))
	}
	return perhaps
}
