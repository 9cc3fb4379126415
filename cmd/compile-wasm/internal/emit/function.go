package emit

import (
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

// scope is a label that code may branch to.
type scope struct {
	to   *ir.Block // nil: nothing branches here
	loop bool
	trap bool
}

// writer writes one function.
type writer struct {
	f       *ir.Func
	opt     Options
	index   map[*ir.Func]int
	touches touches
	frame   int  // bytes
	moves   bool // the stack pointer must be right for what f calls
	folded  []bool
	uses    []int
	local   []int // index + 1 of each value's local, by ID
	locals  []byte
	fp      int
	code    wasm.Code
	set     int // where code ends if it ends in a local.set, which starts at setAt
	setAt   int
	scopes  []scope
	order   []*ir.Value
}

func (w *writer) function() (*wasm.Func, error) {
	for _, b := range w.f.Blocks {
		for _, v := range b.Values {
			if v.Op == ir.OpParam {
				w.local[v.ID] = int(v.Imm) + 1
			}
		}
	}
	w.prologue()
	checks := hasChecks(w.f)
	if checks {
		w.code.Op(wasm.OpBlock, wasm.BlockVoid)
		w.scopes = append(w.scopes, scope{trap: true})
	}
	if err := w.tree(w.f.Blocks[0], nil); err != nil {
		return nil, err
	}
	if checks {
		w.code.Op(wasm.OpEnd)
	}
	w.code.Op(wasm.OpUnreachable)
	sig := wasm.Signature{}
	for _, t := range w.f.Params {
		sig.Params = append(sig.Params, byte(t))
	}
	for _, t := range w.f.Results {
		sig.Results = append(sig.Results, byte(t))
	}
	return &wasm.Func{Name: w.f.Name, Sig: sig, Locals: w.locals, Code: w.code}, nil
}

func hasChecks(f *ir.Func) bool {
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if v.Op == ir.OpCheck {
				return true
			}
		}
	}
	return false
}

// prologue makes the frame. An export's is always at the top of the stack,
// whatever a trapped call before it left in the stack pointer.
func (w *writer) prologue() {
	setStack := func() {
		w.code.Local(wasm.OpGlobalSet, w.opt.StackGlobal)
	}
	switch {
	case w.f.Entry && w.moves:
		w.code.I32(int32(w.opt.StackTop - w.frame))
		setStack()
	case w.f.Entry || w.frame == 0:
	default:
		w.fp = w.newLocal(ir.I32)
		w.code.Local(wasm.OpGlobalGet, w.opt.StackGlobal)
		w.code.I32(int32(w.frame))
		w.code.Op(wasm.OpI32Sub)
		if w.moves {
			w.code.Local(wasm.OpLocalTee, w.fp)
			setStack()
		} else {
			w.code.Local(wasm.OpLocalSet, w.fp)
		}
		if w.f.Recursive { // other chains fit the stack: the build has seen to that
			w.code.Local(wasm.OpLocalGet, w.fp)
			w.code.I32(1)
			w.code.Op(wasm.OpI32LtS, wasm.OpIf, wasm.BlockVoid, wasm.OpUnreachable, wasm.OpEnd)
		}
	}
}

func (w *writer) epilogue() {
	if w.frame == 0 || w.f.Entry || !w.moves {
		return
	}
	w.code.Local(wasm.OpLocalGet, w.fp)
	w.code.I32(int32(w.frame))
	w.code.Op(wasm.OpI32Add)
	w.code.Local(wasm.OpGlobalSet, w.opt.StackGlobal)
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
	if b.IsLoop() {
		w.code.Op(wasm.OpLoop, wasm.BlockVoid)
		w.scopes = append(w.scopes, scope{to: b, loop: true})
		// Falling off a loop's end leaves the loop.
		if err := w.within(b, merges, next); err != nil {
			return err
		}
		w.scopes = w.scopes[:len(w.scopes)-1]
		w.code.Op(wasm.OpEnd)
		return nil
	}
	return w.within(b, merges, next)
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
	w.code.Op(wasm.OpBlock, wasm.BlockVoid)
	w.scopes = append(w.scopes, scope{to: merges[0]})
	if err := w.within(b, merges[1:], merges[0]); err != nil {
		return err
	}
	w.scopes = w.scopes[:len(w.scopes)-1]
	w.code.Op(wasm.OpEnd)
	return w.tree(merges[0], next)
}

// label is the depth of the label that leads from one block to another, or -1
// if the other's code belongs right here.
func (w *writer) label(from, to *ir.Block) int {
	back := to.Order <= from.Order
	if !back && forwardPreds(to) < 2 {
		return -1
	}
	for i := len(w.scopes) - 1; i >= 0; i-- {
		if s := w.scopes[i]; s.to == to && s.loop == back {
			return len(w.scopes) - 1 - i
		}
	}
	panic(fmt.Sprintf("emit: %s: no label for b%d", w.f.Name, to.ID))
}

func (w *writer) trapLabel() int { return len(w.scopes) - 1 }

// branch goes on to another block.
func (w *writer) branch(from, to, next *ir.Block) error {
	if to == next && to.Order > from.Order && forwardPreds(to) > 1 {
		return nil
	}
	if d := w.label(from, to); d >= 0 {
		w.code.Op(wasm.OpBr)
		w.code.U(uint64(d))
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
		w.code.Op(wasm.OpUnreachable)
		return checkOrder(b, w.order, w.touches)
	case ir.Return:
		for _, v := range b.Ctrl {
			w.push(v)
		}
		w.epilogue()
		w.code.Op(wasm.OpReturn)
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
		d := w.label(b, to)
		if d < 0 {
			continue
		}
		w.pushCondition(b.Ctrl[0], i == 1)
		if err := checkOrder(b, w.order, w.touches); err != nil {
			return err
		}
		w.code.Op(wasm.OpBrIf)
		w.code.U(uint64(d))
		return w.branch(b, []*ir.Block{no, yes}[i], next)
	}
	// Write both arms first: an empty one may be left out.
	outer, set, setAt := w.code, w.set, w.setAt
	arm := func(to *ir.Block) (wasm.Code, error) {
		w.code, w.set = nil, -1
		w.scopes = append(w.scopes, scope{})
		order := w.order
		w.order = nil
		err := w.branch(b, to, next)
		w.order = order
		w.scopes = w.scopes[:len(w.scopes)-1]
		return w.code, err
	}
	then, err := arm(yes)
	if err != nil {
		return err
	}
	other, err := arm(no)
	if err != nil {
		return err
	}
	w.code, w.set, w.setAt = outer, set, setAt
	w.pushCondition(b.Ctrl[0], len(then) == 0)
	if err := checkOrder(b, w.order, w.touches); err != nil {
		return err
	}
	if len(then) == 0 {
		then, other = other, nil
	}
	if len(then) == 0 {
		w.code.Op(wasm.OpDrop)
		return nil
	}
	w.code.Op(wasm.OpIf, wasm.BlockVoid)
	w.code.Op(then...)
	if len(other) > 0 {
		w.code.Op(wasm.OpElse)
		w.code.Op(other...)
	}
	w.code.Op(wasm.OpEnd)
	return nil
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
