package emit

import (
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

// value writes v in its own place, if that is where it belongs.
func (w *writer) value(v *ir.Value) {
	if w.folded[v.ID] || rematerialised(v) || v.Op == ir.OpPhi || v.Op == ir.OpParam {
		return
	}
	if v.Op == ir.OpResult {
		w.order = append(w.order, v) // its call has set the local
		return
	}
	if w.uses[v.ID] == 0 && v.Type != ir.Void && v.Effect()&^ir.Clobbers == 0 {
		return
	}
	w.compute(v)
	switch {
	case v.Op == ir.OpCall && len(v.Callee.Results) > 1:
		w.takeResults(v)
	case v.Type == ir.Void:
	case w.uses[v.ID] == 0:
		w.code.Op(wasm.OpDrop)
	default:
		w.setLocal(w.home(v))
	}
}

// takeResults stores the several results of a call; the last is on top.
func (w *writer) takeResults(call *ir.Value) {
	results := make([]*ir.Value, len(call.Callee.Results))
	b := call.Block
	for _, v := range b.Values[slices.Index(b.Values, call)+1:] {
		if v.Op == ir.OpResult && v.Args[0] == call {
			results[v.Imm] = v
		}
	}
	for _, r := range slices.Backward(results) {
		if r == nil || w.uses[r.ID] == 0 {
			w.code.Op(wasm.OpDrop)
		} else {
			w.setLocal(w.home(r))
		}
	}
}

func (w *writer) setLocal(i int) {
	w.setAt = len(w.code)
	w.code.Local(wasm.OpLocalSet, i)
	w.set = len(w.code)
}

func (w *writer) getLocal(i int) {
	if w.set == len(w.code) && w.opt.Fold {
		var same wasm.Code
		same.Local(wasm.OpLocalSet, i)
		if slices.Equal(w.code[w.setAt:], same) {
			w.code[w.setAt] = wasm.OpLocalTee
			w.set = -1
			return
		}
	}
	w.code.Local(wasm.OpLocalGet, i)
}

// push puts v on the operand stack.
func (w *writer) push(v *ir.Value) {
	switch {
	case rematerialised(v), w.folded[v.ID]:
		w.compute(v)
	default:
		w.getLocal(w.home(v))
	}
}

// opposite comparisons, for conditions that are wanted the other way round.
var opposite = map[ir.Op]ir.Op{
	ir.OpI32Eq: ir.OpI32Ne, ir.OpI32Ne: ir.OpI32Eq, ir.OpI64Eq: ir.OpI64Ne, ir.OpI64Ne: ir.OpI64Eq,
	ir.OpI32LtS: ir.OpI32GeS, ir.OpI32GeS: ir.OpI32LtS, ir.OpI32LtU: ir.OpI32GeU, ir.OpI32GeU: ir.OpI32LtU,
	ir.OpI32GtS: ir.OpI32LeS, ir.OpI32LeS: ir.OpI32GtS, ir.OpI32GtU: ir.OpI32LeU, ir.OpI32LeU: ir.OpI32GtU,
	ir.OpI64LtS: ir.OpI64GeS, ir.OpI64GeS: ir.OpI64LtS, ir.OpI64LtU: ir.OpI64GeU, ir.OpI64GeU: ir.OpI64LtU,
	ir.OpI64GtS: ir.OpI64LeS, ir.OpI64LeS: ir.OpI64GtS, ir.OpI64GtU: ir.OpI64LeU, ir.OpI64LeU: ir.OpI64GtU,
}

// pushCondition pushes v, or whether it is zero.
func (w *writer) pushCondition(v *ir.Value, not bool) {
	if !not {
		w.push(v)
		return
	}
	if w.folded[v.ID] {
		if op, ok := opposite[v.Op]; ok {
			w.push(v.Args[0])
			w.push(v.Args[1])
			w.code.Op(byte(op))
			w.order = append(w.order, v)
			return
		}
		if v.Op == ir.OpI32Eqz {
			w.push(v.Args[0])
			w.order = append(w.order, v)
			return
		}
	}
	w.push(v)
	w.code.Op(wasm.OpI32Eqz)
}

// compute leaves v on the operand stack.
func (w *writer) compute(v *ir.Value) {
	args, offset := v.Args, v.Imm
	if (v.Op.IsLoad() || v.Op.IsStore()) && args[0].Op == ir.OpSlot && !w.f.Entry {
		w.code.Local(wasm.OpLocalGet, w.fp) // the slot's place in the frame is part of the offset
		args, offset = args[1:], offset+int64(args[0].Slot.Offset)
	}
	for _, a := range args {
		w.push(a)
	}
	w.order = append(w.order, v)
	switch {
	case v.Op == ir.OpI32Const:
		w.code.I32(int32(v.Imm))
	case v.Op == ir.OpI64Const:
		w.code.I64(v.Imm)
	case v.Op == ir.OpF32Const:
		w.code.F32(uint32(v.Imm))
	case v.Op == ir.OpF64Const:
		w.code.F64(uint64(v.Imm))
	case v.Op == ir.OpSlot:
		w.slot(v.Slot)
	case v.Op == ir.OpOffset:
		w.code.I32(int32(v.Imm))
		w.code.Op(wasm.OpI32Add)
	case v.Op.IsLoad(), v.Op.IsStore():
		w.code.Op(byte(v.Op), unaligned)
		w.code.U(uint64(offset))
	case v.Op == ir.OpGlobalGet, v.Op == ir.OpGlobalSet:
		w.code.Local(byte(v.Op), int(v.Imm))
	case v.Op == ir.OpMemSize, v.Op == ir.OpMemGrow:
		w.code.Op(byte(v.Op), 0)
	case v.Op == ir.OpCall:
		w.code.Op(wasm.OpCall)
		w.code.U(uint64(w.index[v.Callee]))
	case v.Op == ir.OpCheck:
		w.code.Op(wasm.OpBrIf)
		w.code.U(uint64(w.trapLabel()))
	case v.Op == ir.OpClaim:
		w.code.Op(wasm.OpI32Eqz, wasm.OpIf, wasm.BlockVoid)
		w.code.I32(1)
		w.code.Local(wasm.OpGlobalSet, w.opt.ClaimGlobal)
		w.code.Op(wasm.OpUnreachable, wasm.OpEnd)
	case v.Op == ir.OpCopy:
		w.code.Op(0xfc, 10, 0, 0)
	case v.Op == ir.OpFill:
		w.code.Op(0xfc, 11, 0)
	case v.Op < ir.OpPhi:
		w.code.Op(byte(v.Op))
	default:
		panic(fmt.Sprintf("emit: %s: cannot compute %s", w.f.Name, v.Op))
	}
}

// unaligned is the hint on loads and stores: nothing beyond bytes is promised,
// since reads of words from strings aren't aligned, and no engine of today cares.
const unaligned = 0

// slot pushes a slot's address.
func (w *writer) slot(s *ir.Slot) {
	if w.f.Entry {
		w.code.I32(int32(w.opt.StackTop - w.frame + s.Offset))
		return
	}
	w.code.Local(wasm.OpLocalGet, w.fp)
	if s.Offset != 0 {
		w.code.I32(int32(s.Offset))
		w.code.Op(wasm.OpI32Add)
	}
}
