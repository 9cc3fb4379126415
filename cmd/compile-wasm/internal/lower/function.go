package lower

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"math/big"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"golang.org/x/tools/go/ssa"
)

// function is the state of lowering one function.
type function struct {
	*Program
	src    *ssa.Function
	f      *ir.Func
	b      *ir.Block // where instructions go
	values map[ssa.Value][]*ir.Value
	slots  map[ssa.Value]*ir.Slot
	first  map[*ssa.BasicBlock]*ir.Block
	last   map[*ssa.BasicBlock]*ir.Block
	pos    token.Pos
	marked token.Pos // the place that was noted last
	sets   struct {  // the package variable that a block of an initialiser sets next
		of  *ssa.Instruction // the block's first instruction
		at  int
		pos token.Pos
	}
}

func (l *function) run() {
	order := reversePostorder(l.src)
	for _, b := range order {
		l.first[b] = l.f.NewBlock()
	}
	l.b = l.first[order[0]]
	n := int64(0)
	for _, p := range l.src.Params {
		l.values[p] = nil // there, even if it has no scalars
		for _, leaf := range l.layout.Scalars(p.Type()) {
			v := l.b.Add(ir.OpParam, leaf.Kind.Type())
			v.Imm, v.NonNeg = n, leaf.Length
			n++
			l.values[p] = append(l.values[p], v)
		}
	}
	for _, b := range order {
		l.b = l.first[b]
		l.marked = token.NoPos
		for i, in := range b.Instrs {
			if in.Pos() != token.NoPos {
				l.pos = in.Pos()
			}
			if runsOnce(l.src) {
				l.mark(b.Instrs, i)
			}
			l.instr(in)
		}
		l.last[b] = l.b
	}
	for _, b := range order {
		l.finishPhis(b)
	}
	l.f.Dominators()
}

func reversePostorder(f *ssa.Function) []*ssa.BasicBlock {
	var post []*ssa.BasicBlock
	seen := make([]bool, len(f.Blocks))
	var walk func(b *ssa.BasicBlock)
	walk = func(b *ssa.BasicBlock) {
		seen[b.Index] = true
		for i := len(b.Succs) - 1; i >= 0; i-- {
			if s := b.Succs[i]; !seen[s.Index] {
				walk(s)
			}
		}
		post = append(post, b)
	}
	walk(f.Blocks[0])
	slices.Reverse(post)
	return post
}

func (l *function) add(op ir.Op, args ...*ir.Value) *ir.Value {
	return l.b.Add(op, op.ResultType(), args...)
}
func (l *function) i32(n int64) *ir.Value { return l.b.Const(ir.I32, n) }
func (l *function) check(cond *ir.Value)  { l.add(ir.OpCheck, cond) }

func (l *function) constOf(t ir.Type, n int64) *ir.Value { return l.b.Const(t, n) }

func (l *function) offset(p *ir.Value, n int) *ir.Value {
	if n == 0 {
		return p
	}
	v := l.b.Add(ir.OpOffset, ir.I32, p)
	v.Imm = int64(n)
	return v
}

func (l *function) newSlot(size int) *ir.Value {
	s := &ir.Slot{Size: max(size, 1), Pos: l.graph.Prog.Position(l.pos)}
	l.f.Slots = append(l.f.Slots, s)
	return l.slotAddr(s)
}

func (l *function) slotAddr(s *ir.Slot) *ir.Value {
	v := l.b.Add(ir.OpSlot, ir.I32)
	v.Slot = s
	return v
}

// instr lowers one instruction.
func (l *function) instr(in ssa.Instruction) {
	switch in := in.(type) {
	case *ssa.DebugRef:
	case *ssa.Phi:
		l.phi(in)
	case *ssa.Jump:
		l.b.Goto(l.first[in.Block().Succs[0]])
	case *ssa.If:
		s := in.Block().Succs
		l.b.Branch(l.one(in.Cond), l.first[s[0]], l.first[s[1]])
	case *ssa.Return:
		l.b.Term = ir.Return
		for _, r := range in.Results {
			l.b.Ctrl = append(l.b.Ctrl, l.get(r)...)
		}
	case *ssa.Panic:
		l.b.Term = ir.Unreachable
	case *ssa.Store:
		l.store(in)
	case *ssa.MakeInterface, *ssa.ChangeInterface: // only ever the argument of a panic
	case ssa.Value:
		if u, ok := in.(*ssa.UnOp); ok && types.IsInterface(u.Type()) && analyse.ForPanic(u) {
			return
		}
		l.values[in] = l.compute(in)
	default:
		panic(fmt.Sprintf("unexpected %T", in))
	}
}

// get is the scalars of v.
func (l *function) get(v ssa.Value) []*ir.Value {
	switch v := v.(type) {
	case *ssa.Const:
		return l.constant(v)
	case *ssa.Global:
		return []*ir.Value{l.i32(int64(l.memory.global(v)))}
	}
	out, ok := l.values[v]
	if !ok {
		panic(fmt.Sprintf("no value for %s (%T)", v.Name(), v))
	}
	return out
}

// one is the only scalar of v.
func (l *function) one(v ssa.Value) *ir.Value { return l.get(v)[0] }

func (l *function) constant(c *ssa.Const) []*ir.Value {
	t := c.Type()
	if l.layout.InMemory(t) {
		return []*ir.Value{l.i32(int64(l.memory.zeros(l.layout.Size(t))))}
	}
	if c.Value != nil && c.Value.Kind() == constant.String {
		s := constant.StringVal(c.Value)
		n := l.i32(int64(len(s)))
		n.NonNeg = true
		return []*ir.Value{l.i32(int64(l.memory.str(s))), n}
	}
	var out []*ir.Value
	for _, leaf := range l.layout.Scalars(t) {
		v := l.b.Add([]ir.Op{ir.OpI32Const, ir.OpI64Const, ir.OpF32Const, ir.OpF64Const}[ir.I32-leaf.Kind.Type()], leaf.Kind.Type())
		if c.Value != nil {
			v.Imm = constantBits(c.Value, leaf.Kind)
		}
		v.NonNeg = leaf.Length
		out = append(out, v)
	}
	return out
}

func constantBits(v constant.Value, k layout.Kind) int64 {
	switch {
	case v.Kind() == constant.Bool:
		if constant.BoolVal(v) {
			return 1
		}
		return 0
	case k == layout.F32:
		f, _ := constant.Float32Val(v)
		return int64(math.Float32bits(f))
	case k == layout.F64:
		f, _ := constant.Float64Val(v)
		return int64(math.Float64bits(f))
	}
	n := intConst(v)
	if k.Type() == ir.I32 {
		n = int64(int32(n))
	}
	return n
}

// intConst gives the two's complement bits of an integer constant.
func intConst(v constant.Value) int64 {
	v = constant.ToInt(v)
	if x, ok := constant.Int64Val(v); ok {
		return x
	}
	b, _ := new(big.Int).SetString(v.ExactString(), 0)
	return int64(b.Uint64())
}

// compute lowers an instruction that has a value.
func (l *function) compute(v ssa.Value) []*ir.Value {
	switch v := v.(type) {
	case *ssa.Alloc:
		return []*ir.Value{l.alloc(v)}
	case *ssa.UnOp:
		return l.unop(v)
	case *ssa.BinOp:
		if v.Op == token.ADD && layout.IsString(v.Type()) {
			return l.callRuntime("strConcat", append(slices.Clone(l.get(v.X)), l.get(v.Y)...)...)
		}
		return []*ir.Value{l.binop(v)}
	case *ssa.Call:
		return l.call(v)
	case *ssa.Convert:
		return l.convert(v)
	case *ssa.ChangeType:
		return l.get(v.X)
	case *ssa.FieldAddr:
		s := layout.Pointee(v.X.Type()).Underlying().(*types.Struct)
		return []*ir.Value{l.offset(l.pointer(v.X), l.layout.Offsets(s)[v.Field])}
	case *ssa.IndexAddr:
		return []*ir.Value{l.indexAddr(v)}
	case *ssa.Field:
		return l.field(v)
	case *ssa.Index:
		return l.index(v)
	case *ssa.Extract:
		return l.extract(v)
	case *ssa.Slice:
		return l.slice(v)
	case *ssa.MakeSlice:
		return l.makeSlice(v)
	case *ssa.SliceToArrayPointer:
		s := l.get(v.X)
		n := layout.Pointee(v.Type()).Underlying().(*types.Array).Len()
		l.check(l.add(ir.OpI32LtS, s[1], l.i32(n)))
		return s[:1]
	case *ssa.Range:
		return l.stringRange(v)
	case *ssa.Next:
		return l.next(v)
	}
	panic(fmt.Sprintf("unexpected %T", v))
}

// extract takes one result of a call, or one of the three of a string range.
func (l *function) extract(v *ssa.Extract) []*ir.Value {
	all := l.get(v.Tuple)
	if _, ok := v.Tuple.(*ssa.Next); ok {
		return all[v.Index : v.Index+1]
	}
	tuple := v.Tuple.Type().(*types.Tuple)
	n := 0
	for i := range v.Index {
		n += len(l.layout.Scalars(tuple.At(i).Type()))
	}
	return all[n : n+len(l.layout.Scalars(v.Type()))]
}

// phi makes the phis of v; their arguments come when all blocks are there. A
// value in memory has a slot that each predecessor copies to.
func (l *function) phi(v *ssa.Phi) {
	if l.layout.InMemory(v.Type()) {
		s := &ir.Slot{Size: l.layout.Size(v.Type()), Pos: l.graph.Prog.Position(l.pos)}
		l.f.Slots = append(l.f.Slots, s)
		l.slots[v] = s
		// The address is wanted in front of the phis that follow: put it in the entry.
		entry := l.first[l.src.Blocks[0]]
		addr := l.f.NewValue(ir.OpSlot, ir.I32)
		addr.Slot, addr.Block = s, entry
		entry.Values = append([]*ir.Value{addr}, entry.Values...)
		l.values[v] = []*ir.Value{addr}
		return
	}
	var out []*ir.Value
	for _, leaf := range l.layout.Scalars(v.Type()) {
		p := l.b.Add(ir.OpPhi, leaf.Kind.Type())
		p.NonNeg = leaf.Length
		out = append(out, p)
	}
	l.values[v] = out
}

func (l *function) finishPhis(b *ssa.BasicBlock) {
	to := l.first[b]
	// go/ssa and ir list the predecessors in different orders.
	used := map[int]bool{}
	for _, from := range to.Preds {
		k := -1
		for i, p := range b.Preds {
			if l.last[p] == from && !used[i] {
				k = i
				break
			}
		}
		used[k] = true
		var inMemory []*ssa.Phi
		l.b = from
		for _, in := range b.Instrs {
			phi, ok := in.(*ssa.Phi)
			if !ok {
				break
			}
			if l.slots[phi] != nil {
				inMemory = append(inMemory, phi)
				continue
			}
			args := l.get(phi.Edges[k])
			for i, v := range l.values[phi] {
				v.Args = append(v.Args, args[i])
			}
		}
		l.movePhis(inMemory, k)
	}
}

// movePhis copies values in memory to their phis' slots along one edge. Two at
// once go through temporary slots, since one may be the other's source.
func (l *function) movePhis(phis []*ssa.Phi, k int) {
	if len(phis) == 0 {
		return
	}
	if len(l.b.Succs) > 1 {
		// Only this edge may copy. The ir has no block on it yet.
		mid := l.f.NewBlock()
		to := l.first[phis[0].Block()]
		mid.Term, mid.Preds, mid.Succs = ir.Jump, []*ir.Block{l.b}, []*ir.Block{to}
		l.b.Succs[slices.Index(l.b.Succs, to)] = mid
		to.Preds[slices.Index(to.Preds, l.b)] = mid
		l.b = mid
	}
	sources := make([]*ir.Value, len(phis))
	for i, phi := range phis {
		sources[i] = l.one(phi.Edges[k])
		if len(phis) > 1 {
			n := l.layout.Size(phi.Type())
			tmp := l.newSlot(n)
			l.copyBytes(tmp, sources[i], n)
			sources[i] = tmp
		}
	}
	for i, phi := range phis {
		if phi.Edges[k] != phi {
			l.copyBytes(l.slotAddr(l.slots[phi]), sources[i], l.layout.Size(phi.Type()))
		}
	}
}
