package opt

import (
	"math"
	"math/bits"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// foldConstant computes an integer operation on constants, unless it traps.
func foldConstant(v *ir.Value) (int64, bool) {
	if v.Op < ir.OpI32Eqz || v.Op > ir.OpExtend16 || len(v.Args) == 0 {
		return 0, false
	}
	for _, a := range v.Args {
		if !isConst(a) {
			return 0, false
		}
	}
	x := v.Args[0].Imm
	if len(v.Args) == 1 {
		return foldUnary(v, x)
	}
	y := v.Args[1].Imm
	if v.Args[0].Type == ir.I32 {
		return fold32(v.Op, int32(x), int32(y))
	}
	return fold64(v.Op, x, y)
}

func foldUnary(v *ir.Value, x int64) (int64, bool) {
	switch v.Op {
	case ir.OpI32Eqz, ir.OpI64Eqz:
		return truth(x == 0), true
	case ir.OpI32Clz:
		return int64(bits.LeadingZeros32(uint32(x))), true
	case ir.OpI32Ctz:
		return int64(bits.TrailingZeros32(uint32(x))), true
	case ir.OpI32Popcnt:
		return int64(bits.OnesCount32(uint32(x))), true
	case ir.OpI64Clz:
		return int64(bits.LeadingZeros64(uint64(x))), true
	case ir.OpI64Ctz:
		return int64(bits.TrailingZeros64(uint64(x))), true
	case ir.OpI64Popcnt:
		return int64(bits.OnesCount64(uint64(x))), true
	case ir.OpWrap:
		return int64(int32(x)), true
	case ir.OpExtendS:
		return int64(int32(x)), true
	case ir.OpExtendU:
		return int64(uint32(x)), true
	case ir.OpExtend8:
		return int64(int8(x)), true
	case ir.OpExtend16:
		return int64(int16(x)), true
	}
	return 0, false
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func fold32(op ir.Op, x, y int32) (int64, bool) {
	ux, uy := uint32(x), uint32(y)
	var n int32
	switch op {
	case ir.OpI32Add:
		n = x + y
	case ir.OpI32Sub:
		n = x - y
	case ir.OpI32Mul:
		n = x * y
	case ir.OpI32And:
		n = x & y
	case ir.OpI32Or:
		n = x | y
	case ir.OpI32Xor:
		n = x ^ y
	case ir.OpI32Shl:
		n = x << (uy & 31)
	case ir.OpI32ShrS:
		n = x >> (uy & 31)
	case ir.OpI32ShrU:
		n = int32(ux >> (uy & 31))
	case ir.OpI32Rotl:
		n = int32(bits.RotateLeft32(ux, int(uy&31)))
	case ir.OpI32Rotr:
		n = int32(bits.RotateLeft32(ux, -int(uy&31)))
	case ir.OpI32DivS, ir.OpI32RemS:
		if y == 0 || x == math.MinInt32 && y == -1 {
			return 0, false
		}
		n = x / y
		if op == ir.OpI32RemS {
			n = x % y
		}
	case ir.OpI32DivU, ir.OpI32RemU:
		if y == 0 {
			return 0, false
		}
		n = int32(ux / uy)
		if op == ir.OpI32RemU {
			n = int32(ux % uy)
		}
	default:
		b, ok := compare(op-ir.OpI32Eq, int64(x), int64(y), uint64(ux), uint64(uy))
		return truth(b), ok
	}
	return int64(n), true
}

func fold64(op ir.Op, x, y int64) (int64, bool) {
	ux, uy := uint64(x), uint64(y)
	switch op {
	case ir.OpI64Add:
		return x + y, true
	case ir.OpI64Sub:
		return x - y, true
	case ir.OpI64Mul:
		return x * y, true
	case ir.OpI64And:
		return x & y, true
	case ir.OpI64Or:
		return x | y, true
	case ir.OpI64Xor:
		return x ^ y, true
	case ir.OpI64Shl:
		return x << (uy & 63), true
	case ir.OpI64ShrS:
		return x >> (uy & 63), true
	case ir.OpI64ShrU:
		return int64(ux >> (uy & 63)), true
	case ir.OpI64Rotl:
		return int64(bits.RotateLeft64(ux, int(uy&63))), true
	case ir.OpI64DivU:
		if y != 0 {
			return int64(ux / uy), true
		}
		return 0, false
	case ir.OpI64RemU:
		if y != 0 {
			return int64(ux % uy), true
		}
		return 0, false
	}
	if op < ir.OpI64Eq || op > ir.OpI64GeU {
		return 0, false
	}
	b, ok := compare(op-ir.OpI64Eq, x, y, ux, uy)
	return truth(b), ok
}

// compare is comparison number op, in WebAssembly's order: eq ne lt_s lt_u gt_s …
func compare(op ir.Op, x, y int64, ux, uy uint64) (result, ok bool) {
	switch op {
	case 0:
		return x == y, true
	case 1:
		return x != y, true
	case 2:
		return x < y, true
	case 3:
		return ux < uy, true
	case 4:
		return x > y, true
	case 5:
		return ux > uy, true
	case 6:
		return x <= y, true
	case 7:
		return ux <= uy, true
	case 8:
		return x >= y, true
	case 9:
		return ux >= uy, true
	}
	return false, false
}
