package lower

import (
	"go/token"
	"go/types"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"golang.org/x/tools/go/ssa"
)

// pointer is v after a check that it is not nil, where that isn't plain.
func (l *function) pointer(v ssa.Value) *ir.Value {
	p := l.one(v)
	switch v.(type) {
	case *ssa.Alloc, *ssa.Global, *ssa.FieldAddr, *ssa.IndexAddr:
		return p
	}
	l.check(l.add(ir.OpI32Eqz, p))
	return p
}

// load reads the scalars of a t at address p, or copies it to a slot.
func (l *function) load(t types.Type, p *ir.Value, off int) []*ir.Value {
	if l.layout.InMemory(t) {
		to := l.newSlot(l.layout.Size(t))
		l.copyBytes(to, l.offset(p, off), l.layout.Size(t))
		return []*ir.Value{to}
	}
	var out []*ir.Value
	for _, leaf := range l.layout.Leaves(t) {
		v := l.add(leaf.Kind.Load(), p)
		v.Imm, v.NonNeg = int64(off+leaf.Offset), leaf.Length
		out = append(out, v)
	}
	return out
}

func (l *function) store(in *ssa.Store) {
	t := in.Val.Type()
	p := l.pointer(in.Addr)
	if l.layout.InMemory(t) {
		l.copyBytes(p, l.one(in.Val), l.layout.Size(t))
		return
	}
	values := l.get(in.Val)
	for i, leaf := range l.layout.Leaves(t) {
		l.add(leaf.Kind.Store(), p, values[i]).Imm = int64(leaf.Offset)
	}
}

func (l *function) copyBytes(to, from *ir.Value, n int) { l.add(ir.OpCopy, to, from, l.i32(int64(n))) }

// deref is the value at pointer v.X.
func (l *function) deref(v *ssa.UnOp) []*ir.Value {
	p := l.pointer(v.X)
	if a, ok := v.X.(*ssa.Alloc); ok && analyse.InPlace(a) != nil && l.layout.InMemory(v.Type()) {
		return []*ir.Value{p} // to be stored where it is
	}
	if l.layout.InMemory(v.Type()) && (l.opt.Optimise && usedBeforeWrite(v) || len(*v.Referrers()) == 0) {
		return []*ir.Value{p}
	}
	return l.load(v.Type(), p, 0)
}

// usedBeforeWrite reports whether every use of a loaded aggregate is a plain
// read in its block, with nothing that may write in between. Then the original
// can stand for the copy. A store of it may be the last use.
func usedBeforeWrite(v *ssa.UnOp) bool {
	instrs := v.Block().Instrs
	last := 0
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef:
			continue
		case *ssa.Store:
			if r.Val != v {
				return false
			}
		case *ssa.Index, *ssa.Field, *ssa.BinOp:
		default:
			return false
		}
		if r.Block() != v.Block() {
			return false
		}
		last = max(last, slices.Index(instrs, r))
	}
	for i := slices.Index(instrs, ssa.Instruction(v)) + 1; i < last; i++ {
		if analyse.MayWrite(instrs[i]) {
			return false
		}
	}
	return true
}

func (l *function) alloc(v *ssa.Alloc) *ir.Value {
	t := layout.Pointee(v.Type())
	n := l.layout.Size(t)
	if g := analyse.InPlace(v); g != nil {
		return l.i32(int64(l.memory.global(g)))
	}
	if l.escape.Of(v) {
		return l.callRuntime("Alloc", l.i32(int64(n)))[0]
	}
	p := l.newSlot(n)
	if n > 0 && !(l.opt.Optimise && overwritten(v)) {
		l.add(ir.OpFill, p, l.i32(0), l.i32(int64(n)))
	}
	return p
}

// overwritten reports whether the first thing done with the variable is to
// store all of it.
func overwritten(v *ssa.Alloc) bool {
	instrs := v.Block().Instrs
	for _, in := range instrs[slices.Index(instrs, ssa.Instruction(v))+1:] {
		if st, ok := in.(*ssa.Store); ok && st.Addr == v {
			return st.Val != v
		}
		for _, op := range in.Operands(nil) {
			if *op == v {
				return false
			}
		}
	}
	return false
}

// field reads a field of a struct value.
func (l *function) field(v *ssa.Field) []*ir.Value {
	s := v.X.Type().Underlying().(*types.Struct)
	if l.layout.InMemory(v.X.Type()) {
		return l.load(v.Type(), l.one(v.X), l.layout.Offsets(s)[v.Field])
	}
	n := l.layout.FieldLeaf(s, v.Field)
	return l.get(v.X)[n : n+len(l.layout.Leaves(v.Type()))]
}

// index reads an element of a string or an array value.
func (l *function) index(v *ssa.Index) []*ir.Value {
	x := l.get(v.X)
	if layout.IsString(v.X.Type()) {
		i := l.boundsCheck(v.Index, x[1])
		return []*ir.Value{l.add(ir.OpLoad8U, l.add(ir.OpI32Add, x[0], i))}
	}
	a := v.X.Type().Underlying().(*types.Array)
	i := l.boundsCheck(v.Index, l.i32(a.Len()))
	if a.Len() == 0 { // always out of bounds, and without an address
		return l.constant(ssa.NewConst(nil, v.Type()))
	}
	return l.load(v.Type(), l.element(x[0], i, l.layout.Size(a.Elem())), 0)
}

func (l *function) indexAddr(v *ssa.IndexAddr) *ir.Value {
	if _, ok := v.X.Type().Underlying().(*types.Pointer); ok {
		a := layout.Pointee(v.X.Type()).Underlying().(*types.Array)
		i := l.boundsCheck(v.Index, l.i32(a.Len()))
		return l.element(l.pointer(v.X), i, l.layout.Size(a.Elem()))
	}
	s := l.get(v.X)
	i := l.boundsCheck(v.Index, s[1])
	return l.element(s[0], i, l.layout.Size(v.X.Type().Underlying().(*types.Slice).Elem()))
}

// boundsCheck traps unless 0 <= idx < n, and gives idx as an i32.
func (l *function) boundsCheck(idx ssa.Value, n *ir.Value) *ir.Value {
	i := l.one(idx)
	if i.Type == ir.I64 {
		l.check(l.add(ir.OpI64GeU, i, l.add(ir.OpExtendU, n)))
		return l.add(ir.OpWrap, i)
	}
	l.check(l.add(ir.OpI32GeU, i, n))
	return i
}

// element is the address of element i, which is within bounds.
func (l *function) element(base, i *ir.Value, size int) *ir.Value {
	if i.Op == ir.OpI32Const {
		return l.offset(base, int(i.Imm)*size)
	}
	return l.add(ir.OpI32Add, base, l.scale(i, size))
}

func (l *function) scale(n *ir.Value, size int) *ir.Value {
	if size == 1 {
		return n
	}
	return l.add(ir.OpI32Mul, n, l.i32(int64(size)))
}

// length gives an integer of any type as an i32; what does not fit is -1.
func (l *function) length(v ssa.Value) *ir.Value {
	n := l.one(v)
	if n.Type == ir.I32 {
		return n
	}
	fits := l.add(ir.OpI64LtU, n, l.constOf(ir.I64, 1<<31))
	return l.add(ir.OpSelect, l.add(ir.OpWrap, n), l.i32(-1), fits)
}

func (l *function) slice(v *ssa.Slice) []*ir.Value {
	var ptr, n, c *ir.Value
	size := 1
	switch t := v.X.Type().Underlying().(type) {
	case *types.Pointer:
		a := t.Elem().Underlying().(*types.Array)
		size = l.layout.Size(a.Elem())
		ptr = l.pointer(v.X)
		n = l.i32(a.Len())
		c = n
	case *types.Slice:
		size = l.layout.Size(t.Elem())
		s := l.get(v.X)
		ptr, n, c = s[0], s[1], s[2]
	default:
		s := l.get(v.X)
		ptr, n, c = s[0], s[1], s[1]
	}
	top, hi := c, n
	if v.Max != nil {
		top = l.length(v.Max)
		l.check(l.add(ir.OpI32GtU, top, c))
	}
	if v.High != nil {
		hi = l.length(v.High)
	}
	if v.High != nil || v.Max != nil {
		l.check(l.add(ir.OpI32GtU, hi, top))
	}
	if lo, ok := v.Low.(*ssa.Const); v.Low != nil && !(ok && lo.Uint64() == 0) {
		low := l.length(v.Low)
		l.check(l.add(ir.OpI32GtU, low, hi))
		ptr = l.add(ir.OpI32Add, ptr, l.scale(low, size))
		hi = l.add(ir.OpI32Sub, hi, low)
		top = l.add(ir.OpI32Sub, top, low)
		hi.NonNeg, top.NonNeg = true, true
	}
	if layout.IsString(v.Type()) {
		return []*ir.Value{ptr, hi}
	}
	return []*ir.Value{ptr, hi, top}
}

func (l *function) makeSlice(v *ssa.MakeSlice) []*ir.Value {
	n, c := l.length(v.Len), l.length(v.Cap)
	size := l.layout.Size(v.Type().Underlying().(*types.Slice).Elem())
	return []*ir.Value{l.callRuntime("makeSlice", n, c, l.i32(int64(size)))[0], n, c}
}

// stringRange sets up the position of a range over a string, in a slot.
func (l *function) stringRange(v *ssa.Range) []*ir.Value {
	s := l.get(v.X)
	at := l.newSlot(4)
	l.add(ir.OpStore32, at, l.i32(0))
	return []*ir.Value{s[0], s[1], at}
}

// next is whether there is one more rune, where it is, and the rune.
func (l *function) next(v *ssa.Next) []*ir.Value {
	it := l.get(v.Iter)
	at := l.add(ir.OpLoad32, it[2])
	out := l.callRuntime("nextRune", it[0], it[1], at)
	l.add(ir.OpStore32, it[2], out[1])
	return []*ir.Value{l.add(ir.OpI32LtS, at, it[1]), at, out[0]}
}

func (l *function) callRuntime(name string, args ...*ir.Value) []*ir.Value {
	return emitCall(l.b, l.runtime(name), args)
}

func (l *function) unop(v *ssa.UnOp) []*ir.Value {
	if v.Op == token.MUL {
		return l.deref(v)
	}
	x := l.one(v.X)
	k, _ := layout.KindOf(v.Type())
	var out *ir.Value
	switch {
	case v.Op == token.NOT:
		out = l.add(ir.OpI32Eqz, x)
	case v.Op == token.SUB && k == layout.F32:
		out = l.add(ir.OpF32Neg, x)
	case v.Op == token.SUB && k == layout.F64:
		out = l.add(ir.OpF64Neg, x)
	case v.Op == token.SUB:
		out = l.narrow(l.arith(token.SUB, k, l.constOf(x.Type, 0), x), k)
	case v.Op == token.XOR:
		out = l.narrow(l.arith(token.XOR, k, x, l.constOf(x.Type, -1)), k)
	default:
		panic("operator " + v.Op.String())
	}
	return []*ir.Value{out}
}
