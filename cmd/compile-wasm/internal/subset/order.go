package subset

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"golang.org/x/tools/go/ssa"
)

// Go fixes the order of calls and of && and || within a statement, and leaves
// open when a variable is read. gc makes the calls first; go/ssa, which this
// compiler translates, goes from left to right. So a read that stands before a
// call is refused if the call may write what is read.
// Why: RATIONALE.md "Why are reads before a call refused, and not made after it?"

// evaluation walks the expressions of one function in go/ssa's order.
type evaluation struct {
	*checker
	info   *types.Info
	calls  map[token.Pos]*ssa.Call  // by the opening parenthesis
	allocs map[token.Pos]*ssa.Alloc // local variables in memory, by their declaration
	// early are the reads that were made for an operation that is still to come.
	early []read
}

type read struct {
	analyse.Access
	expr ast.Expr
}

func (c *checker) orderOfEvaluation(f *ssa.Function) {
	src := c.g.Prog.Source(packageOf(f))
	if src == nil {
		return // the runtime
	}
	v := &evaluation{checker: c, info: src.TypesInfo, calls: map[token.Pos]*ssa.Call{}, allocs: map[token.Pos]*ssa.Alloc{}}
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *ssa.Call:
				if in.Pos() != token.NoPos {
					v.calls[in.Pos()] = in
				}
			case *ssa.Alloc:
				// A loop's variable is several: take one that calls may reach.
				if old := v.allocs[in.Pos()]; in.Pos() != token.NoPos && (old == nil || !v.effects.Exposed(old)) {
					v.allocs[in.Pos()] = in
				}
			}
		}
	}
	if analyse.IsInit(f) {
		for _, init := range src.TypesInfo.InitOrder {
			v.expr(init.Rhs)
		}
		return
	}
	if decl, ok := f.Syntax().(*ast.FuncDecl); ok && decl.Body != nil {
		v.statements(decl.Body)
	}
}

// statements evaluates each statement on its own.
func (v *evaluation) statements(body ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		v.early = v.early[:0]
		switch n := n.(type) {
		case *ast.AssignStmt:
			v.assign(n.Lhs, n.Rhs)
		case *ast.IncDecStmt:
			v.place(n.X)
		case *ast.ValueSpec:
			v.list(n.Values...)
		case *ast.ReturnStmt:
			v.list(n.Results...)
		case *ast.RangeStmt:
			v.expr(n.X)
			v.statements(n.Body)
			return false
		case *ast.FuncLit:
			return false
		case ast.Expr: // a statement's, a condition, or a case
			v.expr(n)
		default:
			return true
		}
		return false
	})
}

func (v *evaluation) assign(to, from []ast.Expr) {
	for _, e := range to {
		_, _, on := v.place(e)
		v.early = append(v.early, on...)
	}
	v.list(from...)
}

// list evaluates one expression after the other, and returns the reads that
// what uses them relies on.
func (v *evaluation) list(exprs ...ast.Expr) (all []read) {
	n := len(v.early)
	for _, e := range exprs {
		r := v.expr(e)
		all = append(all, r...)
		v.early = append(v.early, r...)
	}
	v.early = v.early[:n]
	return all
}

// after evaluates exprs with the reads held that were made before them.
func (v *evaluation) after(held []read, exprs ...ast.Expr) []read {
	n := len(v.early)
	v.early = append(v.early, held...)
	held = append(held, v.list(exprs...)...)
	v.early = v.early[:n]
	return held
}

// expr evaluates e. The reads that it returns aren't used by a call yet.
func (v *evaluation) expr(e ast.Expr) []read {
	if e == nil {
		return nil
	}
	tv, ok := v.info.Types[e]
	if ok && (tv.Value != nil || tv.IsType() || tv.IsNil() || tv.IsBuiltin()) {
		return nil
	}
	switch x := e.(type) {
	case *ast.ParenExpr:
		return v.expr(x.X)
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr, *ast.StarExpr:
		a, inMemory, on := v.place(e)
		if inMemory {
			a.Kinds |= analyse.Kinds(v.info.TypeOf(e))
			on = append(on, read{a, e})
		}
		return on
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			_, _, on := v.place(x.X)
			return on
		}
		return v.expr(x.X)
	case *ast.BinaryExpr:
		if x.Op == token.LAND || x.Op == token.LOR {
			v.expr(x.X)
			v.expr(x.Y)
			return nil
		}
		return v.list(x.X, x.Y)
	case *ast.SliceExpr:
		var on []read
		if _, ok := v.info.TypeOf(x.X).Underlying().(*types.Array); ok {
			_, _, on = v.place(x.X)
		} else {
			on = v.expr(x.X)
		}
		return v.after(on, x.Low, x.High, x.Max)
	case *ast.CompositeLit:
		return v.list(x.Elts...)
	case *ast.KeyValueExpr:
		return v.expr(x.Value)
	case *ast.TypeAssertExpr:
		return v.expr(x.X)
	case *ast.CallExpr:
		return v.callExpr(x)
	}
	return nil
}

// place says which memory e is, if it is in memory, and what is read on the way.
func (v *evaluation) place(e ast.Expr) (a analyse.Access, inMemory bool, on []read) {
	switch x := e.(type) {
	case *ast.ParenExpr:
		return v.place(x.X)
	case *ast.Ident:
		obj, ok := v.info.ObjectOf(x).(*types.Var)
		if !ok {
			return a, false, nil
		}
		return v.variable(obj)
	case *ast.StarExpr:
		if addr, ok := ast.Unparen(x.X).(*ast.UnaryExpr); ok && addr.Op == token.AND {
			return v.place(addr.X)
		}
		return analyse.Access{Unsafe: v.madeOfAny(x.X)}, true, v.expr(x.X)
	case *ast.IndexExpr:
		switch t := v.info.TypeOf(x.X).Underlying().(type) {
		case *types.Array:
			a, inMemory, on = v.place(x.X)
		case *types.Slice:
			_, isStruct := t.Elem().Underlying().(*types.Struct)
			a, inMemory, on = analyse.Access{Element: !isStruct}, true, v.expr(x.X)
		case *types.Pointer:
			inMemory, on = true, v.expr(x.X)
		case *types.Interface: // a type parameter
			inMemory, on = true, v.expr(x.X)
		case *types.Signature: // an instance
			return a, false, nil
		default:
			on = v.expr(x.X)
		}
		return a, inMemory, v.after(on, x.Index)
	case *ast.SelectorExpr:
		return v.selector(x)
	}
	return a, false, v.expr(e)
}

func (v *evaluation) variable(obj *types.Var) (a analyse.Access, inMemory bool, on []read) {
	if pkg := v.g.Prog.SSA.Package(obj.Pkg()); pkg != nil && obj.Parent() == obj.Pkg().Scope() {
		g := pkg.Var(obj.Name())
		return analyse.Access{Root: g}, g != nil, nil
	}
	if alloc := v.allocs[obj.Pos()]; alloc != nil {
		return analyse.Access{Root: alloc}, true, nil
	}
	return a, false, nil
}

// selector is a field, through embedded structs and pointers, or another
// package's variable.
func (v *evaluation) selector(x *ast.SelectorExpr) (a analyse.Access, inMemory bool, on []read) {
	sel := v.info.Selections[x]
	if sel == nil {
		if obj, ok := v.info.Uses[x.Sel].(*types.Var); ok {
			return v.variable(obj)
		}
		return a, false, nil
	}
	if sel.Kind() != types.FieldVal {
		return a, false, v.expr(x.X)
	}
	a, inMemory, on, _ = v.path(x.X, sel.Recv(), sel.Index())
	return a, inMemory, on
}

// path goes from e, of type t, through fields and the pointers between them.
func (v *evaluation) path(e ast.Expr, t types.Type, fields []int) (a analyse.Access, inMemory bool, on []read, end types.Type) {
	if isPointer(t) {
		on = v.expr(e)
	} else {
		a, inMemory, on = v.place(e)
	}
	for _, n := range fields {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			if inMemory { // an embedded pointer
				a.Kinds = analyse.Kinds(t)
				on = append(on, read{a, e})
			}
			a, inMemory, t = analyse.Access{}, true, p.Elem()
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok { // of a type parameter
			return analyse.Access{}, true, on, t
		}
		a.Field, a.Element = s.Field(n).Origin(), false
		t = s.Field(n).Type()
	}
	return a, inMemory, on, t
}

func isPointer(t types.Type) bool { _, ok := t.Underlying().(*types.Pointer); return ok }

// madeOfAny reports whether a pointer was converted from another type's.
func (v *evaluation) madeOfAny(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && v.info.Types[call.Fun].IsType()
}

func (v *evaluation) callExpr(x *ast.CallExpr) []read {
	if v.info.Types[x.Fun].IsType() {
		on := v.list(x.Args...)
		if s, ok := v.info.TypeOf(x.Args[0]).Underlying().(*types.Slice); ok { // the bytes of a string
			on = append(on, read{analyse.Access{Element: true, Kinds: analyse.Kinds(s.Elem())}, x})
		}
		return on
	}
	if v.info.Types[x.Fun].IsBuiltin() {
		on := v.list(x.Args...)
		if call := v.calls[x.Lparen]; call != nil && len(v.effects.Writes(call)) > 0 {
			v.touch(x, call)
			return nil
		}
		return on
	}
	v.after(v.receiver(x.Fun), x.Args...)
	if call := v.calls[x.Lparen]; call != nil {
		v.touch(x, call)
	}
	return nil
}

// receiver evaluates what stands before a method's name.
func (v *evaluation) receiver(fun ast.Expr) []read {
	x, ok := ast.Unparen(fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	sel := v.info.Selections[x]
	if sel == nil || sel.Kind() != types.MethodVal {
		return v.expr(fun)
	}
	n := len(sel.Index()) - 1
	a, inMemory, on, t := v.path(x.X, sel.Recv(), sel.Index()[:n])
	recv := sel.Obj().(*types.Func).Signature().Recv().Type()
	if isPointer(recv) && !isPointer(t) {
		return on // the address is taken
	}
	if inMemory {
		a.Kinds |= analyse.Kinds(t)
		on = append(on, read{a, x.X})
	}
	if isPointer(t) && !isPointer(recv) {
		value := ast.Unparen(x.X)
		if addr, ok := value.(*ast.UnaryExpr); ok { // (&t).method() reads t
			value = addr.X
		}
		on = append(on, read{analyse.Access{Kinds: analyse.Kinds(recv)}, value})
	}
	return on
}

// touch refuses the early reads that the call may invalidate.
func (v *evaluation) touch(x *ast.CallExpr, call *ssa.Call) {
	for _, w := range v.effects.Writes(call) {
		for _, r := range v.early {
			if v.effects.MayTouch(r.Access, w) {
				v.at(r.expr.Pos(), useVariable, "a read of %s before a call in the same statement that may write it (%s)", types.ExprString(r.expr), load.Short(types.ExprString(x.Fun)))
			}
		}
	}
}
