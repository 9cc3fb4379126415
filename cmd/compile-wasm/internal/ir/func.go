package ir

import (
	"go/token"
	"slices"
)

// Slot is storage in a function's frame.
type Slot struct {
	Size   int // bytes
	Offset int // from the frame pointer; the emitter sets it
	Pos    token.Position
}

// Value is one operation and its result.
type Value struct {
	ID     int
	Op     Op
	Type   Type
	Imm    int64 // constant bits, offset of a load or store, index: see the Op
	Args   []*Value
	Callee *Func
	Slot   *Slot
	Block  *Block
	// NonNeg marks a length or a capacity: as a signed number never below 0.
	NonNeg bool
	// Claimed marks a condition that a claim checks: it stays as it is.
	Claimed bool
}

// Effect is what executing v may do.
func (v *Value) Effect() Effect {
	switch {
	case v.Op == OpCall:
		return v.Op.Effect() &^ v.Callee.Without
	case v.Op.IsLoad() && v.Args[0].returned(), v.Op == OpCopy && v.Args[1].returned():
		return v.Op.Effect() | ReadsDead
	}
	return v.Op.Effect()
}

// returned reports whether v, an address, is or was made from what a call
// returned: it may be that of an aggregate in the callee's frame. Such an address
// is only used to copy the aggregate to the caller's frame, so that it never
// meets another in a phi.
func (v *Value) returned() bool {
	switch v.Op {
	case OpCall, OpResult:
		return true
	case OpOffset:
		return v.Args[0].returned()
	case OpI32Add:
		return v.Args[0].returned() || v.Args[1].returned()
	}
	return false
}

// IsConst reports whether v is the integer constant n.
func (v *Value) IsConst(n int64) bool {
	return (v.Op == OpI32Const || v.Op == OpI64Const) && v.Imm == n
}

// Term is how a block ends.
type Term uint8

// The terminators.
const (
	Jump        Term = iota // to Succs[0]
	If                      // on Ctrl[0]: not zero to Succs[0], zero to Succs[1]
	Return                  // with Ctrl
	Unreachable             // traps
)

// Block is a run of values that is entered at its top and left at its end.
type Block struct {
	ID     int
	Func   *Func
	Values []*Value // phis first
	Term   Term
	Ctrl   []*Value
	Preds  []*Block
	Succs  []*Block

	// The dominator tree, after Func.Dominators.
	Idom     *Block
	Children []*Block // in reverse postorder
	Order    int      // place in reverse postorder, from 0
	first    int      // the subtree is [first, last) in the tree's preorder
	last     int
}

// Func is a function.
type Func struct {
	Name    string // as Go names it
	Pos     token.Position
	Params  []Type
	Results []Type
	Blocks  []*Block // Blocks[0] is the entry; empty for a declaration
	Slots   []*Slot
	// Without are the effects that calling it is known not to have.
	Without Effect
	// Entry marks an export: it is never inlined and its parameters come from outside.
	Entry bool
	// Recursive: it may call itself, also through others. Its frame must not reach
	// address 0, which is nil.
	Recursive bool
	// NonNil[i]: parameter i is a pointer that no caller passes as nil.
	NonNil []bool
	// Claims says to keep what the optimiser decides as claims.
	Claims bool
	nextID int
	nextB  int
}

// NewBlock appends an empty block.
func (f *Func) NewBlock() *Block {
	b := &Block{ID: f.nextB, Func: f}
	f.nextB++
	f.Blocks = append(f.Blocks, b)
	return b
}

// NewValue makes a value that is in no block yet.
func (f *Func) NewValue(op Op, t Type, args ...*Value) *Value {
	f.nextID++
	return &Value{ID: f.nextID - 1, Op: op, Type: t, Args: args}
}

// NumValues bounds the IDs handed out.
func (f *Func) NumValues() int { return f.nextID }

// NumBlocks bounds the block IDs handed out.
func (f *Func) NumBlocks() int { return f.nextB }

// Add appends a new value to b.
func (b *Block) Add(op Op, t Type, args ...*Value) *Value {
	v := b.Func.NewValue(op, t, args...)
	v.Block = b
	b.Values = append(b.Values, v)
	return v
}

// Const appends an integer constant to b.
func (b *Block) Const(t Type, n int64) *Value {
	op := OpI32Const
	if t == I64 {
		op = OpI64Const
	} else {
		n = int64(int32(n))
	}
	v := b.Add(op, t)
	v.Imm = n
	return v
}

// Goto ends b with a jump.
func (b *Block) Goto(to *Block) {
	b.Term = Jump
	b.edge(to)
}

// Branch ends b with a two-way branch.
func (b *Block) Branch(cond *Value, yes, no *Block) {
	b.Term, b.Ctrl = If, []*Value{cond}
	b.edge(yes)
	b.edge(no)
}

func (b *Block) edge(to *Block) {
	b.Succs = append(b.Succs, to)
	to.Preds = append(to.Preds, b)
}

// Phis are the phis at the top of b.
func (b *Block) Phis() []*Value {
	n := 0
	for n < len(b.Values) && b.Values[n].Op == OpPhi {
		n++
	}
	return b.Values[:n]
}

// RemoveEdge takes the edge from b's successor number i away, and the phi
// arguments that came along it.
func (b *Block) RemoveEdge(i int) {
	to := b.Succs[i]
	// Two edges between the same blocks are in the same order on both ends.
	nth := 0
	for _, s := range b.Succs[:i] {
		if s == to {
			nth++
		}
	}
	b.Succs = slices.Delete(b.Succs, i, i+1)
	for k, p := range to.Preds {
		if p != b {
			continue
		}
		if nth > 0 {
			nth--
			continue
		}
		to.Preds = slices.Delete(to.Preds, k, k+1)
		for _, phi := range to.Phis() {
			phi.Args = slices.Delete(phi.Args, k, k+1)
		}
		return
	}
	panic("ir: edge without its other end")
}

// SplitEdges puts an empty block on each edge from a block with several
// successors to one with several predecessors and phis, so that the moves of
// the phis have a place.
func (f *Func) SplitEdges() {
	for _, b := range slices.Clone(f.Blocks) {
		if len(b.Succs) < 2 {
			continue
		}
		for i, to := range b.Succs {
			if len(to.Preds) < 2 || len(to.Phis()) == 0 {
				continue
			}
			mid := f.NewBlock()
			mid.Term, mid.Preds, mid.Succs = Jump, []*Block{b}, []*Block{to}
			b.Succs[i] = mid
			to.Preds[slices.Index(to.Preds, b)] = mid
		}
	}
}

// Uses counts how often each value, by ID, is an argument.
func (f *Func) Uses() []int {
	n := make([]int, f.nextID)
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			for _, a := range v.Args {
				n[a.ID]++
			}
		}
		for _, a := range b.Ctrl {
			n[a.ID]++
		}
	}
	return n
}

// Replace rewrites every use by to, following chains of replacements.
func (f *Func) Replace(to map[*Value]*Value) {
	if len(to) == 0 {
		return
	}
	find := func(v *Value) *Value {
		for {
			w, ok := to[v]
			if !ok {
				return v
			}
			v = w
		}
	}
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			for i, a := range v.Args {
				v.Args[i] = find(a)
			}
		}
		for i, a := range b.Ctrl {
			b.Ctrl[i] = find(a)
		}
	}
}
