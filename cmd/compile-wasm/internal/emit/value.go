package emit

import (
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
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
		w.op(opDrop)
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
			w.op(opDrop)
		} else {
			w.setLocal(w.home(r))
		}
	}
}

func (w *writer) setLocal(i int) { w.with(opSet, i) }

func (w *writer) getLocal(i int) {
	if n := len(w.code); n > 0 && w.opt.Fold && w.code[n-1] == (instr{op: opSet, n: int64(i)}) {
		w.code[n-1].op = opTee
		return
	}
	w.with(opGet, i)
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
			w.op(op)
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
	w.op(ir.OpI32Eqz)
}

// compute leaves v on the operand stack.
func (w *writer) compute(v *ir.Value) {
	args, offset := v.Args, v.Imm
	if (v.Op.IsLoad() || v.Op.IsStore()) && args[0].Op == ir.OpSlot && !w.f.Entry {
		w.with(opGet, w.fp) // the slot's place in the frame is part of the offset
		args, offset = args[1:], offset+int64(args[0].Slot.Offset)
	}
	for _, a := range args {
		w.push(a)
	}
	w.order = append(w.order, v)
	switch {
	case v.Op.IsConst(), v.Op == ir.OpGlobalGet, v.Op == ir.OpGlobalSet:
		w.add(instr{op: v.Op, n: v.Imm})
	case v.Op == ir.OpSlot:
		w.slot(v.Slot)
	case v.Op == ir.OpOffset:
		w.add(instr{op: ir.OpI32Const, n: v.Imm}, instr{op: ir.OpI32Add})
	case v.Op.IsLoad(), v.Op.IsStore():
		w.add(instr{op: v.Op, n: offset})
	case v.Op == ir.OpCall:
		w.add(instr{op: opCall, callee: v.Callee})
	case v.Op == ir.OpCheck:
		w.branchTo(opBrIf, w.trap)
	case v.Op == ir.OpClaim:
		broken := []instr{{op: ir.OpI32Const, n: 1}, {op: ir.OpGlobalSet, n: int64(w.opt.ClaimGlobal)}, {op: opUnreachable}}
		w.add(instr{op: ir.OpI32Eqz}, instr{op: opIf, block: &block{result: ir.Void, body: broken}})
	case v.Op < ir.OpPhi, v.Op == ir.OpCopy, v.Op == ir.OpFill:
		w.op(v.Op)
	default:
		panic(fmt.Sprintf("emit: %s: cannot compute %s", w.f.Name, v.Op))
	}
}

// slot pushes a slot's address.
func (w *writer) slot(s *ir.Slot) {
	if w.f.Entry {
		w.with(ir.OpI32Const, w.opt.StackTop-w.frame+s.Offset)
		return
	}
	w.with(opGet, w.fp)
	if s.Offset != 0 {
		w.with(ir.OpI32Const, s.Offset)
		w.op(ir.OpI32Add)
	}
}
