package analyse

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// expose marks the variables whose address in takes for more than a read, a
// write, or a way to a part.
func (e *Effects) expose(in ssa.Instruction) {
	switch in := in.(type) {
	case *ssa.UnOp, *ssa.FieldAddr, *ssa.IndexAddr, *ssa.Slice, *ssa.DebugRef:
		return
	case *ssa.Store:
		e.mark(in.Val)
		return
	case *ssa.Call:
		if b, ok := in.Call.Value.(*ssa.Builtin); ok {
			switch b.Name() {
			case "len", "cap", "copy", "clear":
				return
			}
		}
	}
	for _, op := range in.Operands(nil) {
		if *op != nil {
			e.mark(*op)
		}
	}
}

func (e *Effects) mark(v ssa.Value) {
	switch v.Type().Underlying().(type) {
	case *types.Pointer, *types.Slice, *types.Basic:
		if a := resolve(v); a.Root != nil {
			e.exposed[a.Root] = true
		}
	}
}

// exposeNamed marks the package variables whose address the source takes, or
// which it slices. A local variable that holds such an address leaves no trace
// in the SSA form.
func (e *Effects) exposeNamed(g *Graph) {
	for _, p := range packagesBelow(g.Prog.Guest.Pkg) {
		src := g.Prog.Source(p)
		if src == nil {
			continue
		}
		for _, file := range src.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				var of ast.Expr
				switch n := n.(type) {
				case *ast.UnaryExpr:
					if n.Op == token.AND {
						of = n.X
					}
				case *ast.SliceExpr:
					if _, isArray := src.TypesInfo.TypeOf(n.X).Underlying().(*types.Array); isArray {
						of = n.X
					}
				}
				if v := variable(src.TypesInfo, of); v != nil {
					if pkg := g.Prog.SSA.Package(v.Pkg()); pkg != nil && pkg.Var(v.Name()) != nil {
						e.exposed[pkg.Var(v.Name())] = true
					}
				}
				return true
			})
		}
	}
}

// variable returns the package variable that an addressable expression is a part
// of, or nil.
func variable(info *types.Info, x ast.Expr) *types.Var {
	for x != nil {
		switch part := ast.Unparen(x).(type) {
		case *ast.Ident:
			return packageVariable(info.Uses[part])
		case *ast.SelectorExpr:
			if info.Selections[part] == nil {
				return packageVariable(info.Uses[part.Sel])
			}
			x = part.X
		case *ast.IndexExpr:
			x = part.X
		default:
			return nil
		}
	}
	return nil
}

func packageVariable(o types.Object) *types.Var {
	if v, ok := o.(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
		return v
	}
	return nil
}

// Exposed reports whether the address of a variable goes somewhere.
func (e *Effects) Exposed(v ssa.Value) bool { return e.exposed[v] }
