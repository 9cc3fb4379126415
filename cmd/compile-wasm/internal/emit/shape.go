package emit

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// shape is what an instruction takes from the stack and puts on it.
type shape struct {
	takes  int
	puts   []ir.Type
	opaque bool // it may put back what it took, or its types aren't known
}

// shaper tells the shapes of a function's instructions.
type shaper struct {
	locals []ir.Type // parameters first
}

var i32s = []ir.Type{ir.I32}

func (s *shaper) shape(i instr) shape {
	one := func(t ir.Type) []ir.Type { return []ir.Type{t} }
	switch op := i.op; {
	case op == opIf:
		return shape{takes: 1, puts: resultOf(i.block)}
	case i.structured():
		return shape{puts: resultOf(i.block)}
	case op == opBrIf:
		return shape{takes: 1, opaque: i.to.carries() != ir.Void}
	case op == opSet, op == opDrop, op == ir.OpGlobalSet:
		return shape{takes: 1}
	case op == opTee:
		return shape{takes: 1, puts: one(s.locals[i.n])}
	case op == opGet:
		return shape{puts: one(s.locals[i.n])}
	case op == ir.OpGlobalGet, op == ir.OpMemSize:
		return shape{puts: i32s}
	case op == ir.OpMemGrow:
		return shape{takes: 1, puts: i32s}
	case op == opCall:
		return shape{takes: len(i.callee.Params), puts: i.callee.Results}
	case op == ir.OpCopy, op == ir.OpFill:
		return shape{takes: 3}
	case op.IsStore():
		return shape{takes: 2}
	case op.IsLoad():
		return shape{takes: 1, puts: one(op.ResultType())}
	case op.IsConst():
		return shape{puts: one(op.ResultType())}
	case unary(op):
		return shape{takes: 1, puts: one(op.ResultType())}
	case op >= ir.OpI32Eqz && op <= ir.OpExtend16:
		return shape{takes: 2, puts: one(op.ResultType())}
	}
	return shape{opaque: true}
}

func resultOf(b *block) []ir.Type {
	if b.result == ir.Void {
		return nil
	}
	return []ir.Type{b.result}
}

// unary reports whether a numeric operation has one operand.
func unary(op ir.Op) bool {
	switch {
	case op == ir.OpI32Eqz, op == ir.OpI64Eqz:
		return true
	case op >= ir.OpI32Clz && op <= ir.OpI32Popcnt, op >= ir.OpI64Clz && op <= ir.OpI64Popcnt:
		return true
	case op >= 0x8b && op <= 0x91, op >= ir.OpF64Abs && op <= ir.OpF64Sqrt: // abs neg ceil floor trunc nearest sqrt
		return true
	}
	return op >= ir.OpWrap && op <= ir.OpExtend16
}

// operand is where the instructions begin that make what code[k] finds on top of
// the stack; ok is false if that can't be told.
func (s *shaper) operand(code []instr, k int) (at int, ok bool) {
	need := 1
	for at = k - 1; at >= 0; at-- {
		sh := s.shape(code[at])
		if sh.opaque || len(sh.puts) > need {
			return 0, false
		}
		need += sh.takes - len(sh.puts)
		if need == 0 {
			return at, true
		}
	}
	return 0, false
}
