package lower

import (
	"go/token"
	"go/types"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"golang.org/x/tools/go/ssa"
)

func (l *function) call(v *ssa.Call) []*ir.Value {
	if b, ok := v.Call.Value.(*ssa.Builtin); ok {
		return l.builtin(v, b.Name(), v.Call.Args)
	}
	callee := v.Call.StaticCallee()
	if IsIntrinsic(callee) {
		return l.intrinsic(callee.String(), v.Call.Args)
	}
	if analyse.IsInit(l.src) && analyse.IsInit(callee) { // each is run on its own
		return nil
	}
	var args []*ir.Value
	for _, a := range v.Call.Args {
		args = append(args, l.get(a)...)
	}
	out := emitCall(l.b, l.function(callee), args)
	// What came as an address lies in the callee's frame: save it first of all.
	res := callee.Signature.Results()
	n := 0
	for i := range res.Len() {
		t := res.At(i).Type()
		leaves := l.layout.Scalars(t)
		if l.layout.InMemory(t) {
			to := l.newSlot(l.layout.Size(t))
			l.copyBytes(to, out[n], l.layout.Size(t))
			out[n] = to
		} else {
			for j, leaf := range leaves {
				out[n+j].NonNeg = leaf.Length
			}
		}
		n += len(leaves)
	}
	return out
}

func (l *function) function(f *ssa.Function) *ir.Func { return l.Program.function(f) }

func (l *function) builtin(v *ssa.Call, name string, args []ssa.Value) []*ir.Value {
	switch name {
	case "len", "cap":
		t := args[0].Type().Underlying()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem().Underlying()
		}
		if a, ok := t.(*types.Array); ok {
			return []*ir.Value{l.i32(a.Len())}
		}
		x := l.get(args[0])
		if name == "cap" {
			return x[2:3]
		}
		return x[1:2]
	case "min", "max":
		return []*ir.Value{l.extremum(v, name, args)}
	case "copy":
		return []*ir.Value{l.copySlice(args[0], args[1])}
	case "clear":
		s := l.get(args[0])
		size := l.layout.Size(args[0].Type().Underlying().(*types.Slice).Elem())
		l.add(ir.OpFill, s[0], l.i32(0), l.scale(s[1], size))
		return nil
	case "append":
		return l.appendSlice(args[0], args[1])
	case "ssa:wrapnilchk":
		return []*ir.Value{l.pointer(args[0])}
	case "Slice", "String":
		n := l.length(args[1])
		l.check(l.add(ir.OpI32LtS, n, l.i32(0)))
		if name == "String" {
			return []*ir.Value{l.one(args[0]), n}
		}
		return []*ir.Value{l.one(args[0]), n, n}
	case "SliceData", "StringData":
		return l.get(args[0])[:1]
	case "Add":
		n := l.one(args[1])
		if n.Type == ir.I64 {
			n = l.add(ir.OpWrap, n)
		}
		return []*ir.Value{l.add(ir.OpI32Add, l.one(args[0]), n)}
	case "Sizeof":
		return []*ir.Value{l.i32(int64(l.layout.Size(args[0].Type())))}
	case "Alignof":
		return []*ir.Value{l.i32(int64(l.layout.Align(args[0].Type())))}
	case "print", "println":
		return nil
	}
	panic("builtin " + name)
}

func (l *function) extremum(v *ssa.Call, name string, args []ssa.Value) *ir.Value {
	k, _ := layout.KindOf(v.Type())
	acc := l.one(args[0])
	for _, a := range args[1:] {
		y := l.one(a)
		if k.Float() {
			op := map[string]ir.Op{"min": 0xa4, "max": 0xa5}[name]
			if k == layout.F32 {
				op -= 0x0e
			}
			acc = l.add(op, acc, y)
			continue
		}
		better := l.arith(map[string]token.Token{"min": token.LSS, "max": token.GTR}[name], k, acc, y)
		acc = l.b.Add(ir.OpSelect, acc.Type, acc, y, better)
	}
	return acc
}

func (l *function) copySlice(to, from ssa.Value) *ir.Value {
	size := l.layout.Size(to.Type().Underlying().(*types.Slice).Elem())
	a, b := l.get(to), l.get(from)
	n := l.add(ir.OpSelect, a[1], b[1], l.add(ir.OpI32LtS, a[1], b[1]))
	n.NonNeg = true
	l.add(ir.OpCopy, a[0], b[0], l.scale(n, size))
	return n
}

func (l *function) appendSlice(to, from ssa.Value) []*ir.Value {
	size := l.layout.Size(to.Type().Underlying().(*types.Slice).Elem())
	a, b := l.get(to), l.get(from)
	out := l.callRuntime("grow", a[0], a[1], a[2], b[1], l.i32(int64(size)))
	out[1].NonNeg, out[2].NonNeg = true, true
	end := l.add(ir.OpI32Add, out[0], l.scale(a[1], size))
	l.add(ir.OpCopy, end, b[0], l.scale(b[1], size))
	return out
}
