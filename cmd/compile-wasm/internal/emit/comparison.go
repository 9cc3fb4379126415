package emit

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// orderComparisons puts comparisons into a form that every machine reads right:
// constants stand on the right, and a mask (x & y) is compared with zero by ==
// and != where those do, since as numbers without a sign x > 0 is x != 0.
//
// wazero's compilers read other forms wrongly. wasm.Inspect refuses a module with
// one of those, and shares no code with this.
// Why: RATIONALE.md "Why does the module compare masks in one form only?"
func orderComparisons(f *ir.Func) {
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			orderComparison(v)
		}
	}
}

func orderComparison(v *ir.Value) {
	mirrored, ok := ir.Mirrored[v.Op]
	if !ok {
		return
	}
	x, y := source(v.Args[0]), source(v.Args[1])
	if x.Op.IsConst() && !y.Op.IsConst() {
		v.Op, v.Args = mirrored, []*ir.Value{v.Args[1], v.Args[0]}
		x, y = y, x
	}
	if !y.IsConst(0) || x.Op != ir.OpI32And && x.Op != ir.OpI64And {
		return
	}
	switch v.Op {
	case ir.OpI32GtU:
		v.Op = ir.OpI32Ne
	case ir.OpI64GtU:
		v.Op = ir.OpI64Ne
	case ir.OpI32LeU:
		v.Op = ir.OpI32Eq
	case ir.OpI64LeU:
		v.Op = ir.OpI64Eq
	case ir.OpI32LtU, ir.OpI64LtU: // never
		v.Op, v.Args, v.Imm = ir.OpI32Const, nil, 0
	case ir.OpI32GeU, ir.OpI64GeU: // always
		v.Op, v.Args, v.Imm = ir.OpI32Const, nil, 1
	}
}

// source is the value that v must be equal to, as far as a machine may see: it
// looks through phis that have one source and through shifts by nothing.
func source(v *ir.Value) *ir.Value {
	seen := map[*ir.Value]bool{}
	var only *ir.Value
	var visit func(v *ir.Value) bool
	visit = func(v *ir.Value) bool {
		if seen[v] {
			return true
		}
		seen[v] = true
		switch {
		case v.Op == ir.OpPhi:
			for _, a := range v.Args {
				if !visit(a) {
					return false
				}
			}
			return true
		case shiftsByNothing(v):
			return visit(v.Args[0])
		}
		if only == nil {
			only = v
		}
		return only == v
	}
	if visit(v) && only != nil {
		return only
	}
	return v
}

func shiftsByNothing(v *ir.Value) bool {
	switch v.Op {
	case ir.OpI32Shl, ir.OpI32ShrS, ir.OpI32ShrU:
		return v.Args[1].Op == ir.OpI32Const && v.Args[1].Imm%32 == 0
	case ir.OpI64Shl, ir.OpI64ShrS, ir.OpI64ShrU:
		return v.Args[1].Op == ir.OpI64Const && v.Args[1].Imm%64 == 0
	}
	return false
}
