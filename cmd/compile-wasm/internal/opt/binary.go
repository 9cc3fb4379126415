package opt

import (
	"math/bits"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// binary simplifies operations on two arguments; a constant is on the right.
func (s *simplifier) binary(v *ir.Value) *ir.Value {
	x, y := v.Args[0], v.Args[1]
	if x == y {
		switch v.Op {
		case ir.OpI32Sub, ir.OpI32Xor, ir.OpI64Sub, ir.OpI64Xor, ir.OpI32Ne, ir.OpI32LtS, ir.OpI32LtU, ir.OpI32GtS, ir.OpI32GtU,
			ir.OpI64Ne, ir.OpI64LtS, ir.OpI64LtU, ir.OpI64GtS, ir.OpI64GtU:
			return s.constant(v.Type, 0)
		case ir.OpI32Eq, ir.OpI32LeS, ir.OpI32LeU, ir.OpI32GeS, ir.OpI32GeU, ir.OpI64Eq, ir.OpI64LeS, ir.OpI64LeU, ir.OpI64GeS, ir.OpI64GeU:
			return s.constant(ir.I32, 1)
		case ir.OpI32And, ir.OpI32Or, ir.OpI64And, ir.OpI64Or:
			return x
		}
	}
	if !isConst(y) {
		return s.extended(v)
	}
	n := y.Imm
	switch v.Op {
	case ir.OpI32Add, ir.OpI64Add:
		if n == 0 {
			return x
		}
		if x.Op == v.Op && isConst(x.Args[1]) {
			return s.become(v, v.Op, x.Args[0], s.constant(v.Type, n+x.Args[1].Imm))
		}
	case ir.OpI32Sub:
		return s.become(v, ir.OpI32Add, x, s.constant(v.Type, -n))
	case ir.OpI64Sub:
		return s.become(v, ir.OpI64Add, x, s.constant(v.Type, -n))
	case ir.OpI32Mul, ir.OpI64Mul:
		return s.multiply(v, x, n)
	case ir.OpI32And, ir.OpI64And:
		return s.mask(v, x, n)
	case ir.OpI32Or, ir.OpI32Xor, ir.OpI64Or, ir.OpI64Xor:
		if n == 0 {
			return x
		}
	case ir.OpI32Shl, ir.OpI32ShrS, ir.OpI32ShrU:
		if n&31 == 0 {
			return x
		}
	case ir.OpI64Shl, ir.OpI64ShrS, ir.OpI64ShrU:
		if n&63 == 0 {
			return x
		}
	case ir.OpI32DivU, ir.OpI32RemU:
		if k := uint32(n); bits.OnesCount32(k) == 1 {
			if v.Op == ir.OpI32RemU {
				return s.become(v, ir.OpI32And, x, s.constant(ir.I32, n-1))
			}
			return s.become(v, ir.OpI32ShrU, x, s.constant(ir.I32, int64(bits.TrailingZeros32(k))))
		}
	case ir.OpI64DivU, ir.OpI64RemU:
		if k := uint64(n); bits.OnesCount64(k) == 1 {
			if v.Op == ir.OpI64RemU {
				return s.become(v, ir.OpI64And, x, s.constant(ir.I64, n-1))
			}
			return s.become(v, ir.OpI64ShrU, x, s.constant(ir.I64, int64(bits.TrailingZeros64(k))))
		}
	case ir.OpI32Eq:
		if n == 0 {
			return s.become(v, ir.OpI32Eqz, x)
		}
	case ir.OpI64Eq:
		if n == 0 {
			return s.become(v, ir.OpI64Eqz, x)
		}
	case ir.OpI32Ne:
		if n == 0 && unsignedBits(x) <= 1 {
			return x
		}
	case ir.OpI32GeU, ir.OpI32LtU:
		if n == 0 {
			return s.constant(ir.I32, map[ir.Op]int64{ir.OpI32GeU: 1}[v.Op])
		}
		if n == 1 { // x < 1 is x == 0
			if v.Op == ir.OpI32LtU {
				return s.become(v, ir.OpI32Eqz, x)
			}
			return s.become(v, ir.OpI32Ne, x, s.constant(ir.I32, 0))
		}
	case ir.OpI32GtU:
		if n == 0 {
			return s.become(v, ir.OpI32Ne, x, s.constant(ir.I32, 0))
		}
	case ir.OpI32LeU:
		if n == 0 {
			return s.become(v, ir.OpI32Eqz, x)
		}
	}
	return v
}

func (s *simplifier) multiply(v, x *ir.Value, n int64) *ir.Value {
	switch {
	case n == 0:
		return s.constant(v.Type, 0)
	case n == 1:
		return x
	case n > 0 && n&(n-1) == 0:
		op := ir.OpI32Shl
		if v.Type == ir.I64 {
			op = ir.OpI64Shl
		}
		return s.become(v, op, x, s.constant(v.Type, int64(bits.TrailingZeros64(uint64(n)))))
	}
	return v
}

func (s *simplifier) mask(v, x *ir.Value, n int64) *ir.Value {
	switch {
	case n == 0:
		return s.constant(v.Type, 0)
	case n == -1:
		return x
	case n > 0 && n&(n+1) == 0 && unsignedBits(x) <= bits.Len64(uint64(n)):
		return x
	case x.Op == v.Op && isConst(x.Args[1]):
		return s.become(v, v.Op, x.Args[0], s.constant(v.Type, n&x.Args[1].Imm))
	}
	return v
}

// extended compares 32-bit numbers that were widened to 64 as what they were.
func (s *simplifier) extended(v *ir.Value) *ir.Value {
	if v.Op < ir.OpI64Eq || v.Op > ir.OpI64GeU {
		return v
	}
	x, y := v.Args[0], v.Args[1]
	narrow := v.Op - ir.OpI64Eq + ir.OpI32Eq
	signed := v.Op == ir.OpI64LtS || v.Op == ir.OpI64GtS || v.Op == ir.OpI64LeS || v.Op == ir.OpI64GeS
	switch {
	case x.Op == ir.OpExtendU && y.Op == ir.OpExtendU && !signed, x.Op == ir.OpExtendS && y.Op == ir.OpExtendS:
		return s.become(v, narrow, x.Args[0], y.Args[0])
	case x.Op == ir.OpExtendS && y.Op == ir.OpExtendU && !signed && y.Args[0].NonNeg:
		// Sign extension keeps the order of unsigned numbers, and y is the same either way.
		return s.become(v, narrow, x.Args[0], y.Args[0])
	}
	return v
}
