package emit

import (
	"errors"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// writer writes one function.
type writer struct {
	f       *ir.Func
	opt     Options
	touches touches
	frame   int  // bytes
	moves   bool // the stack pointer must be right for what f calls
	folded  []bool
	uses    []int
	local   []int // index + 1 of each value's local, by ID
	locals  []byte
	fp      int
	code    []instr              // of the block at hand
	trap    *block               // where checks lead
	after   map[*ir.Block]*block // branches out of it lead to a block
	loops   map[*ir.Block]*block // branches to it lead to a block that is a loop's top
	order   []*ir.Value
}

// function writes w.f as instructions.
func (w *writer) function() error {
	for _, b := range w.f.Blocks {
		for _, v := range b.Values {
			if v.Op == ir.OpParam {
				w.local[v.ID] = int(v.Imm) + 1
			}
		}
	}
	w.after, w.loops = map[*ir.Block]*block{}, map[*ir.Block]*block{}
	w.prologue()
	w.trap = &block{result: ir.Void}
	body, err := w.nested(func() error { return w.tree(w.f.Blocks[0], nil) })
	if err != nil {
		return err
	}
	w.trap.body = body
	if branches(body)[w.trap] > 0 {
		w.add(instr{op: opBlock, block: w.trap}, instr{op: opUnreachable})
	} else {
		w.add(body...)
	}
	return nil
}

// add appends instructions to the block at hand.
func (w *writer) add(list ...instr) { w.code = append(w.code, list...) }

func (w *writer) op(op ir.Op)                  { w.add(instr{op: op}) }
func (w *writer) with(op ir.Op, n int)         { w.add(instr{op: op, n: int64(n)}) }
func (w *writer) branchTo(op ir.Op, to *block) { w.add(instr{op: op, to: to}) }

// nested returns what write writes, apart from the block at hand.
func (w *writer) nested(write func() error) ([]instr, error) {
	outer := w.code
	w.code = nil
	err := write()
	inner := w.code
	w.code = outer
	return inner, err
}

// prologue makes the frame. An export's is always at the top of the stack,
// whatever a trapped call before it left in the stack pointer.
func (w *writer) prologue() {
	setStack := func() {
		w.with(ir.OpGlobalSet, w.opt.StackGlobal)
	}
	switch {
	case w.f.Entry && w.moves:
		w.with(ir.OpI32Const, w.opt.StackTop-w.frame)
		setStack()
	case w.f.Entry || w.frame == 0:
	default:
		w.fp = w.newLocal(ir.I32)
		w.with(ir.OpGlobalGet, w.opt.StackGlobal)
		w.with(ir.OpI32Const, w.frame)
		w.op(ir.OpI32Sub)
		if w.moves {
			w.with(opTee, w.fp)
			setStack()
		} else {
			w.with(opSet, w.fp)
		}
		if w.f.Recursive { // other chains fit the stack: the build has seen to that
			w.with(opGet, w.fp)
			w.with(ir.OpI32Const, 1)
			w.op(ir.OpI32LtS)
			w.add(instr{op: opIf, block: &block{result: ir.Void, body: []instr{{op: opUnreachable}}}})
		}
	}
}

func (w *writer) epilogue() {
	if w.frame == 0 || w.f.Entry || !w.moves {
		return
	}
	w.with(opGet, w.fp)
	w.with(ir.OpI32Const, w.frame)
	w.op(ir.OpI32Add)
	w.with(ir.OpGlobalSet, w.opt.StackGlobal)
}

func (w *writer) newLocal(t ir.Type) int {
	w.locals = append(w.locals, byte(t))
	return len(w.f.Params) + len(w.locals) - 1
}

func (w *writer) home(v *ir.Value) int {
	if w.local[v.ID] == 0 {
		w.local[v.ID] = w.newLocal(v.Type) + 1
	}
	return w.local[v.ID] - 1
}

// tree writes the dominator subtree of b; what falls off its end comes to next.
func (w *writer) tree(b, next *ir.Block) error {
	var merges []*ir.Block // several ways lead to them: each gets a label
	for _, c := range b.Children {
		if forwardPreds(c) > 1 {
			merges = append(merges, c)
		}
	}
	slices.SortFunc(merges, func(x, y *ir.Block) int { return y.Order - x.Order })
	if !b.IsLoop() {
		return w.within(b, merges, next)
	}
	loop := &block{result: ir.Void, loop: true}
	w.loops[b] = loop
	var err error
	// Falling off a loop's end leaves the loop.
	loop.body, err = w.nested(func() error { return w.within(b, merges, next) })
	w.add(instr{op: opLoop, block: loop})
	return err
}

func forwardPreds(b *ir.Block) (n int) {
	for _, p := range b.Preds {
		if p.Order < b.Order {
			n++
		}
	}
	return n
}

func (w *writer) within(b *ir.Block, merges []*ir.Block, next *ir.Block) error {
	if len(merges) == 0 {
		return w.block(b, next)
	}
	before := &block{result: ir.Void}
	w.after[merges[0]] = before
	var err error
	before.body, err = w.nested(func() error { return w.within(b, merges[1:], merges[0]) })
	if err != nil {
		return err
	}
	w.add(instr{op: opBlock, block: before})
	return w.tree(merges[0], next)
}

// label is what a branch from one block to another leads to, or nil if the
// other's code belongs right here.
func (w *writer) label(from, to *ir.Block) *block {
	switch {
	case to.Order <= from.Order:
		return w.loops[to]
	case forwardPreds(to) > 1:
		return w.after[to]
	}
	return nil
}

// branch goes on to another block.
func (w *writer) branch(from, to, next *ir.Block) error {
	if to == next && to.Order > from.Order && forwardPreds(to) > 1 {
		return nil
	}
	if l := w.label(from, to); l != nil {
		w.branchTo(opBr, l)
		return nil
	}
	return w.tree(to, next)
}

// block writes a block's own values and how it ends.
func (w *writer) block(b, next *ir.Block) error {
	w.order = w.order[:0]
	for _, v := range b.Values {
		w.value(v)
	}
	switch b.Term {
	case ir.Unreachable:
		w.op(opUnreachable)
		return checkOrder(b, w.order, w.touches)
	case ir.Return:
		for _, v := range b.Ctrl {
			w.push(v)
		}
		w.epilogue()
		w.op(opReturn)
		return checkOrder(b, w.order, w.touches)
	case ir.Jump:
		w.movePhis(b, b.Succs[0])
		if err := checkOrder(b, w.order, w.touches); err != nil {
			return err
		}
		return w.branch(b, b.Succs[0], next)
	}
	return w.conditional(b, next)
}

// conditional writes a two-way branch. Neither way needs moves: edges to phis
// have been split.
func (w *writer) conditional(b, next *ir.Block) error {
	yes, no := b.Succs[0], b.Succs[1]
	for i, to := range []*ir.Block{yes, no} {
		l := w.label(b, to)
		if l == nil {
			continue
		}
		w.pushCondition(b.Ctrl[0], i == 1)
		if err := checkOrder(b, w.order, w.touches); err != nil {
			return err
		}
		w.branchTo(opBrIf, l)
		return w.branch(b, []*ir.Block{no, yes}[i], next)
	}
	w.push(b.Ctrl[0])
	if err := checkOrder(b, w.order, w.touches); err != nil {
		return err
	}
	arms := &block{result: ir.Void}
	var err, err2 error
	arms.body, err = w.nested(func() error { return w.branch(b, yes, next) })
	arms.other, err2 = w.nested(func() error { return w.branch(b, no, next) })
	w.add(instr{op: opIf, block: arms})
	return errors.Join(err, err2)
}

// movePhis gives the phis of to what they get from b, all at once.
func (w *writer) movePhis(b, to *ir.Block) {
	k := slices.Index(to.Preds, b)
	var moved []*ir.Value
	for _, phi := range to.Phis() {
		a := phi.Args[k]
		if w.uses[phi.ID] > 0 && a != phi && !(w.local[a.ID] > 0 && w.local[a.ID] == w.local[phi.ID]) {
			w.push(phi.Args[k])
			moved = append(moved, phi)
		}
	}
	for _, phi := range slices.Backward(moved) {
		w.setLocal(w.home(phi))
	}
}
