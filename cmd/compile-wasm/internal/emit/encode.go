package emit

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

// encoder turns a function's instructions into bytes.
type encoder struct {
	index map[*ir.Func]int
	open  []*block // outermost first, the function itself apart
	code  wasm.Code
}

// encode encodes code, which leaves values behind if it comes to its end and
// valued is set.
func (e *encoder) encode(code []instr, valued bool) {
	for _, i := range code {
		e.instruction(i)
	}
	// A machine doesn't see that a block without a value never comes to its end.
	if n := len(code); valued && (n == 0 || code[n-1].structured() && code[n-1].block.result == ir.Void) {
		e.code.Op(wasm.OpUnreachable)
	}
}

func (e *encoder) instruction(i instr) {
	switch {
	case i.structured():
		e.code.Op(byte(i.op), byte(i.block.result))
		e.open = append(e.open, i.block)
		valued := i.block.result != ir.Void
		e.encode(i.block.body, valued)
		if len(i.block.other) > 0 {
			e.code.Op(wasm.OpElse)
			e.encode(i.block.other, valued)
		}
		e.open = e.open[:len(e.open)-1]
		e.code.Op(wasm.OpEnd)
	case i.op == opBr, i.op == opBrIf:
		e.code.Op(byte(i.op))
		// What isn't found is the function itself, around all.
		e.code.U(uint64(len(e.open) - 1 - slices.Index(e.open, i.to)))
	case i.op == opCall:
		e.code.Op(byte(i.op))
		e.code.U(uint64(e.index[i.callee]))
	case i.op == ir.OpI32Const:
		e.code.I32(int32(i.n))
	case i.op == ir.OpI64Const:
		e.code.I64(i.n)
	case i.op == ir.OpF32Const:
		e.code.F32(uint32(i.n))
	case i.op == ir.OpF64Const:
		e.code.F64(uint64(i.n))
	case i.op.IsLoad(), i.op.IsStore():
		e.code.Op(byte(i.op), unaligned)
		e.code.U(uint64(i.n))
	case i.op == opGet, i.op == opSet, i.op == opTee, i.op == ir.OpGlobalGet, i.op == ir.OpGlobalSet:
		e.code.Local(byte(i.op), int(i.n))
	case i.op == ir.OpMemSize, i.op == ir.OpMemGrow:
		e.code.Op(byte(i.op), 0)
	case i.op == ir.OpCopy:
		e.code.Op(0xfc, 10, 0, 0)
	case i.op == ir.OpFill:
		e.code.Op(0xfc, 11, 0)
	default:
		e.code.Op(byte(i.op))
	}
}

// unaligned is the hint on loads and stores: nothing beyond bytes is promised,
// since reads of words from strings aren't aligned, and no engine of today cares.
const unaligned = 0
