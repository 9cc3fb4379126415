package opt

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// inPieces is the most bytes that are copied or cleared by loads and stores of
// their own; above that memory.copy and memory.fill are smaller, and faster too.
const inPieces = 64

// expand spells out short copies and fills of a constant length.
func expand(f *ir.Func) {
	for _, b := range f.Blocks {
		var out []*ir.Value
		add := func(op ir.Op, imm int64, args ...*ir.Value) *ir.Value {
			v := f.NewValue(op, op.ResultType(), args...)
			v.Imm, v.Block = imm, b
			out = append(out, v)
			return v
		}
		for _, v := range b.Values {
			short := (v.Op == ir.OpCopy || v.Op == ir.OpFill) && v.Args[2].Op == ir.OpI32Const && v.Args[2].Imm >= 0 && v.Args[2].Imm <= inPieces
			switch {
			case short && v.Op == ir.OpCopy:
				// All loads come before all stores: the two may overlap.
				var loaded []*ir.Value
				pieces(v.Args[2].Imm, func(at int64, load, _ ir.Op) { loaded = append(loaded, add(load, at, v.Args[1])) })
				pieces(v.Args[2].Imm, func(at int64, _, store ir.Op) {
					add(store, at, v.Args[0], loaded[0])
					loaded = loaded[1:]
				})
			case short && v.Args[1].IsConst(0):
				wide, word := add(ir.OpI64Const, 0), add(ir.OpI32Const, 0)
				pieces(v.Args[2].Imm, func(at int64, _, store ir.Op) {
					if store == ir.OpStore64 {
						add(store, at, v.Args[0], wide)
					} else {
						add(store, at, v.Args[0], word)
					}
				})
			default:
				out = append(out, v)
			}
		}
		b.Values = out
	}
}

// pieces cuts n bytes into as few loads or stores as there can be.
func pieces(n int64, do func(at int64, load, store ir.Op)) {
	for at := int64(0); at < n; {
		switch rest := n - at; {
		case rest >= 8:
			do(at, ir.OpLoad64, ir.OpStore64)
			at += 8
		case rest >= 4:
			do(at, ir.OpLoad32, ir.OpStore32)
			at += 4
		case rest >= 2:
			do(at, ir.OpLoad16U, ir.OpStore16)
			at += 2
		default:
			do(at, ir.OpLoad8U, ir.OpStore8)
			at++
		}
	}
}
