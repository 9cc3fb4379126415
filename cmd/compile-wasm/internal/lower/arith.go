package lower

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"golang.org/x/tools/go/ssa"
)

// opcodes of Go's operators: signed and unsigned i32, signed and unsigned i64, f32, f64.
var opcodes = map[token.Token][6]ir.Op{
	token.ADD: {0x6a, 0x6a, 0x7c, 0x7c, 0x92, 0xa0},
	token.SUB: {0x6b, 0x6b, 0x7d, 0x7d, 0x93, 0xa1},
	token.MUL: {0x6c, 0x6c, 0x7e, 0x7e, 0x94, 0xa2},
	token.QUO: {0x6d, 0x6e, 0x7f, 0x80, 0x95, 0xa3},
	token.REM: {0x6f, 0x70, 0x81, 0x82},
	token.AND: {0x71, 0x71, 0x83, 0x83},
	token.OR:  {0x72, 0x72, 0x84, 0x84},
	token.XOR: {0x73, 0x73, 0x85, 0x85},
	token.SHL: {0x74, 0x74, 0x86, 0x86},
	token.SHR: {0x75, 0x76, 0x87, 0x88},
	token.EQL: {0x46, 0x46, 0x51, 0x51, 0x5b, 0x61},
	token.NEQ: {0x47, 0x47, 0x52, 0x52, 0x5c, 0x62},
	token.LSS: {0x48, 0x49, 0x53, 0x54, 0x5d, 0x63},
	token.GTR: {0x4a, 0x4b, 0x55, 0x56, 0x5e, 0x64},
	token.LEQ: {0x4c, 0x4d, 0x57, 0x58, 0x5f, 0x65},
	token.GEQ: {0x4e, 0x4f, 0x59, 0x5a, 0x60, 0x66},
}

func opcode(t token.Token, k layout.Kind) ir.Op {
	i := 0
	switch {
	case k == layout.F32:
		i = 4
	case k == layout.F64:
		i = 5
	case k.Type() == ir.I64:
		i = 2
	}
	if i < 4 && !k.Signed() {
		i++
	}
	op := opcodes[t][i]
	if op == 0 {
		panic(fmt.Sprintf("operator %s", t))
	}
	return op
}

func (l *function) arith(t token.Token, k layout.Kind, x, y *ir.Value) *ir.Value {
	return l.add(opcode(t, k), x, y)
}

// narrow brings an i32 back into the range of a small type.
func (l *function) narrow(v *ir.Value, k layout.Kind) *ir.Value {
	switch k {
	case layout.I8:
		return l.add(ir.OpExtend8, v)
	case layout.I16:
		return l.add(ir.OpExtend16, v)
	case layout.U8:
		return l.add(ir.OpI32And, v, l.i32(0xff))
	case layout.U16:
		return l.add(ir.OpI32And, v, l.i32(0xffff))
	}
	return v
}

func (l *function) binop(v *ssa.BinOp) *ir.Value {
	t := v.X.Type()
	switch {
	case v.Op == token.SHL || v.Op == token.SHR:
		return l.shift(v)
	case layout.IsString(t):
		return l.stringOp(v)
	}
	k, scalar := layout.KindOf(t)
	if !scalar {
		return l.compareAggregate(v)
	}
	x, y := l.one(v.X), l.one(v.Y)
	switch v.Op {
	case token.QUO:
		if k.Signed() {
			return l.signedQuotient(k, x, y)
		}
		return l.arith(token.QUO, k, x, y)
	case token.AND_NOT:
		return l.arith(token.AND, k, x, l.arith(token.XOR, k, y, l.constOf(y.Type, -1)))
	case token.ADD, token.SUB, token.MUL:
		return l.narrow(l.arith(v.Op, k, x, y), k)
	}
	return l.arith(v.Op, k, x, y)
}

// signedQuotient: Go wraps around at the least number divided by -1, where
// WebAssembly traps.
func (l *function) signedQuotient(k layout.Kind, x, y *ir.Value) *ir.Value {
	if y.Op.IsConst() && y.Imm != -1 {
		return l.arith(token.QUO, k, x, y)
	}
	minus := l.arith(token.EQL, k, y, l.constOf(y.Type, -1))
	divisor := l.b.Add(ir.OpSelect, y.Type, l.constOf(y.Type, 1), y, minus)
	q := l.arith(token.QUO, k, x, divisor)
	neg := l.arith(token.SUB, k, l.constOf(x.Type, 0), x)
	return l.narrow(l.b.Add(ir.OpSelect, y.Type, neg, q, minus), k)
}

// shift: WebAssembly takes the amount modulo the width, Go doesn't, and traps
// if it is negative.
func (l *function) shift(v *ssa.BinOp) *ir.Value {
	k, _ := layout.KindOf(v.X.Type())
	ky, _ := layout.KindOf(v.Y.Type())
	x, y := l.one(v.X), l.one(v.Y)
	width := int64(32)
	if x.Type == ir.I64 {
		width = 64
	}
	op := opcode(v.Op, k)
	if c, ok := v.Y.(*ssa.Const); ok {
		n := c.Uint64()
		if n >= uint64(width) {
			if v.Op != token.SHR || !k.Signed() {
				return l.constOf(x.Type, 0)
			}
			n = uint64(width - 1)
		}
		return l.narrowLeft(v.Op, l.add(op, x, l.constOf(x.Type, int64(n))), k)
	}
	if ky.Signed() {
		l.check(l.arith(token.LSS, ky, y, l.constOf(y.Type, 0)))
	}
	small := l.add(map[ir.Type]ir.Op{ir.I32: ir.OpI32LtU, ir.I64: ir.OpI64LtU}[y.Type], y, l.constOf(y.Type, width))
	amount := y
	switch {
	case y.Type == ir.I64 && x.Type == ir.I32:
		amount = l.add(ir.OpWrap, y)
	case y.Type == ir.I32 && x.Type == ir.I64:
		amount = l.add(ir.OpExtendU, y)
	}
	if v.Op == token.SHR && k.Signed() {
		amount = l.b.Add(ir.OpSelect, x.Type, amount, l.constOf(x.Type, width-1), small)
		return l.add(op, x, amount)
	}
	shifted := l.narrowLeft(v.Op, l.add(op, x, amount), k)
	return l.b.Add(ir.OpSelect, x.Type, shifted, l.constOf(x.Type, 0), small)
}

func (l *function) narrowLeft(op token.Token, v *ir.Value, k layout.Kind) *ir.Value {
	if op == token.SHL {
		return l.narrow(v, k)
	}
	return v
}

func (l *function) stringOp(v *ssa.BinOp) *ir.Value {
	x, y := l.get(v.X), l.get(v.Y)
	args := []*ir.Value{x[0], x[1], y[0], y[1]}
	switch v.Op {
	case token.EQL, token.NEQ:
		return l.negateIf(v.Op == token.NEQ, l.stringsEqual(v.X, v.Y, x, y))
	}
	return l.arith(v.Op, layout.I32, l.callRuntime("strCompare", args...)[0], l.i32(0))
}

func (l *function) stringsEqual(vx, vy ssa.Value, x, y []*ir.Value) *ir.Value {
	switch {
	case isEmpty(vx):
		return l.add(ir.OpI32Eqz, y[1])
	case isEmpty(vy):
		return l.add(ir.OpI32Eqz, x[1])
	}
	return l.callRuntime("strEqual", x[0], x[1], y[0], y[1])[0]
}

func isEmpty(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && (c.Value == nil || c.Value.Kind() == constant.String && constant.StringVal(c.Value) == "")
}

func (l *function) negateIf(yes bool, v *ir.Value) *ir.Value {
	if yes {
		return l.add(ir.OpI32Eqz, v)
	}
	return v
}

// compareAggregate is == or != of structs, arrays, and slices with nil.
func (l *function) compareAggregate(v *ssa.BinOp) *ir.Value {
	t := v.X.Type()
	var eq *ir.Value
	switch {
	case isSlice(t):
		x := v.X
		if isEmpty(x) {
			x = v.Y
		}
		eq = l.add(ir.OpI32Eqz, l.one(x))
	case l.layout.InMemory(t):
		eq = l.equalInMemory(t, l.one(v.X), l.one(v.Y), 0)
	default:
		eq, _, _ = l.equalScalars(t, l.get(v.X), l.get(v.Y))
	}
	return l.negateIf(v.Op == token.NEQ, eq)
}

func isSlice(t types.Type) bool { _, ok := t.Underlying().(*types.Slice); return ok }

// equalScalars compares the scalars of a t and gives back those that follow.
func (l *function) equalScalars(t types.Type, x, y []*ir.Value) (eq *ir.Value, restX, restY []*ir.Value) {
	if s, ok := t.Underlying().(*types.Struct); ok {
		eq = l.i32(1)
		for i := range s.NumFields() {
			var e *ir.Value
			e, x, y = l.equalScalars(s.Field(i).Type(), x, y)
			if s.Field(i).Name() != "_" {
				eq = l.add(ir.OpI32And, eq, e)
			}
		}
		return eq, x, y
	}
	if layout.IsString(t) {
		return l.callRuntime("strEqual", x[0], x[1], y[0], y[1])[0], x[2:], y[2:]
	}
	if a, ok := t.Underlying().(*types.Array); ok && a.Len() == 0 {
		return l.i32(1), x, y
	}
	k, _ := layout.KindOf(t)
	return l.arith(token.EQL, k, x[0], y[0]), x[1:], y[1:]
}

func (l *function) equalInMemory(t types.Type, x, y *ir.Value, off int) *ir.Value {
	if l.layout.AsBytes(t) {
		return l.callRuntime("memequal", l.offset(x, off), l.offset(y, off), l.i32(int64(l.layout.Size(t))))[0]
	}
	if !l.layout.InMemory(t) {
		eq, _, _ := l.equalScalars(t, l.load(t, x, off), l.load(t, y, off))
		return eq
	}
	eq := l.i32(1)
	switch u := t.Underlying().(type) {
	case *types.Struct:
		offsets := l.layout.Offsets(u)
		for i := range u.NumFields() {
			if u.Field(i).Name() != "_" {
				eq = l.add(ir.OpI32And, eq, l.equalInMemory(u.Field(i).Type(), x, y, off+offsets[i]))
			}
		}
	case *types.Array:
		n := l.layout.Size(u.Elem())
		for i := range int(u.Len()) {
			eq = l.add(ir.OpI32And, eq, l.equalInMemory(u.Elem(), x, y, off+i*n))
		}
	}
	return eq
}

// convert is a conversion of numbers, strings and byte slices.
func (l *function) convert(v *ssa.Convert) []*ir.Value {
	from, to := v.X.Type(), v.Type()
	x := l.get(v.X)
	switch {
	case layout.IsString(to) && layout.IsString(from), layout.IsBytes(to) && layout.IsBytes(from):
		return x
	case layout.IsString(to) && layout.IsBytes(from):
		if l.opt.Optimise && analyse.ComparedOnly(v) {
			return x[:2]
		}
		return l.callRuntime("strFromBytes", x...)
	case layout.IsBytes(to) && layout.IsString(from):
		return l.callRuntime("bytesFromStr", x...)
	case layout.IsString(to):
		return l.callRuntime("runeStr", x...)
	}
	a, _ := layout.KindOf(from)
	b, _ := layout.KindOf(to)
	return []*ir.Value{l.convertNumber(x[0], a, b)}
}

func (l *function) convertNumber(x *ir.Value, a, b layout.Kind) *ir.Value {
	switch {
	case a == b || a.Float() && a.Type() == b.Type():
		return x
	case !a.Float() && !b.Float():
		switch {
		case a.Type() == ir.I32 && b.Type() == ir.I64:
			if a.Signed() {
				return l.add(ir.OpExtendS, x)
			}
			return l.add(ir.OpExtendU, x)
		case a.Type() == ir.I64 && b.Type() == ir.I32:
			return l.narrow(l.add(ir.OpWrap, x), b)
		}
		return l.narrow(x, b)
	case !a.Float():
		op := ir.OpF64FromI32S
		if b == layout.F32 {
			op = ir.OpF32FromI32S
		}
		if a.Type() == ir.I64 {
			op += 2
		}
		if !a.Signed() {
			op++
		}
		return l.add(op, x)
	case a == layout.F32 && b == layout.F64:
		return l.add(ir.OpPromote, x)
	case a == layout.F64 && b == layout.F32:
		return l.add(ir.OpDemote, x)
	}
	// To an integer: through int64, as on amd64; outside its range it traps.
	op := ir.OpTruncF64I64S
	if a == layout.F32 {
		op = ir.OpTruncF32I64S
	}
	if b == layout.U64 {
		op++
	}
	n := l.add(op, x)
	if b.Type() == ir.I32 {
		n = l.narrow(l.add(ir.OpWrap, n), b)
	}
	return n
}
