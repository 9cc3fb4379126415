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
	of := sources(f)
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if mirrored, ok := ir.Mirrored[v.Op]; ok {
				orderComparison(v, mirrored, of)
			}
		}
	}
}

func orderComparison(v *ir.Value, mirrored ir.Op, of []*ir.Value) {
	x, y := of[v.Args[0].ID], of[v.Args[1].ID]
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

// sources finds for each value, by ID, the one that it always equals as far as a
// machine may see: through phis that have one source, and shifts by nothing. A
// phi's sources around a loop are taken for the same until they turn out others.
func sources(f *ir.Func) []*ir.Value {
	of := make([]*ir.Value, f.NumValues())
	for changed := true; changed; {
		changed = false
		for _, b := range f.Blocks {
			for _, v := range b.Values {
				if of[v.ID] == v {
					continue
				}
				if s := source(v, of); s != of[v.ID] {
					of[v.ID], changed = s, true
				}
			}
		}
	}
	return of
}

func source(v *ir.Value, of []*ir.Value) *ir.Value {
	if shiftsByNothing(v) {
		return of[v.Args[0].ID]
	}
	if v.Op != ir.OpPhi {
		return v
	}
	var only *ir.Value
	for _, a := range v.Args {
		switch s := of[a.ID]; {
		case s == nil, s == only:
		case only == nil:
			only = s
		default:
			return v
		}
	}
	return only
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
