package load

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"

	"golang.org/x/tools/go/packages"
)

// fixRanges replaces the array in a range that Go doesn't evaluate by its length.
// A range with one variable or none takes only the length of an array, or of the
// array behind a pointer. If that is a constant, Go doesn't evaluate the operand,
// so `for i := range p.table` is right for a nil p. go/ssa evaluates it, and traps.
func fixRanges(p *packages.Package) {
	for _, file := range p.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			if r, ok := n.(*ast.RangeStmt); ok && r.Value == nil {
				if n, ok := constantLength(p.TypesInfo, r.X); ok {
					at := r.X.Pos()
					r.X = &ast.BasicLit{ValuePos: at, Kind: token.INT, Value: strconv.FormatInt(n, 10)}
					p.TypesInfo.Types[r.X] = types.TypeAndValue{Type: types.Typ[types.Int], Value: constant.MakeInt64(n)}
				}
			}
			return true
		})
	}
}

// constantLength returns the length of x if len(x) is a constant and x is more
// than a variable's name, whose evaluation nobody sees.
func constantLength(info *types.Info, x ast.Expr) (n int64, ok bool) {
	if _, name := ast.Unparen(x).(*ast.Ident); name {
		return 0, false
	}
	t := info.TypeOf(x)
	if _, param := types.Unalias(t).(*types.TypeParam); param || t == nil {
		return 0, false
	}
	u := t.Underlying()
	if p, isPointer := u.(*types.Pointer); isPointer {
		u = p.Elem().Underlying()
	}
	a, isArray := u.(*types.Array)
	if !isArray || calls(info, x) {
		return 0, false
	}
	return a.Len(), true
}

// calls reports whether x has a call or a receive: then len(x) is no constant.
func calls(info *types.Info, x ast.Expr) (found bool) {
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || !info.Types[n.Fun].IsType() && info.Types[n].Value == nil
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		case *ast.FuncLit:
			return false
		}
		return !found
	})
	return found
}
