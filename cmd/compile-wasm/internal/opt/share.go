package opt

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// expression identifies what a value computes.
type expression struct {
	op      ir.Op
	typ     ir.Type
	imm     int64
	a, b, c *ir.Value
	slot    *ir.Slot
}

// known is what a piece of memory holds.
type known struct {
	base  *ir.Value
	imm   int64
	load  ir.Op // that would give value
	value *ir.Value
}

// sharer walks the dominator tree. What it keeps for a block holds in the
// block's subtree.
type sharer struct {
	f       *ir.Func
	facts   *facts
	values  map[expression]*ir.Value
	replace map[*ir.Value]*ir.Value
	changed bool
	// nonzero, per call, says which arguments are known not to be 0.
	nonzero map[*ir.Value][]bool
}

func share(f *ir.Func) bool {
	s := newSharer(f)
	s.run()
	return s.changed
}

func newSharer(f *ir.Func) *sharer {
	return &sharer{f, newFacts(f), map[expression]*ir.Value{}, map[*ir.Value]*ir.Value{}, false, map[*ir.Value][]bool{}}
}

func (s *sharer) run() {
	s.block(s.f.Blocks[0], nil)
	s.f.Replace(s.replace)
}

func (s *sharer) now(v *ir.Value) *ir.Value {
	for {
		w, ok := s.replace[v]
		if !ok {
			return v
		}
		v = w
	}
}

func (s *sharer) block(b *ir.Block, memory []known) {
	mark := s.facts.mark()
	var made []expression
	kept := b.Values[:0:0]
	for _, v := range b.Values {
		if v.Op != ir.OpPhi {
			for i, a := range v.Args {
				v.Args[i] = s.now(a)
			}
		}
		if v.Op == ir.OpCheck {
			if truth, ok := s.facts.decide(v.Args[0]); ok && !truth {
				s.changed = true
				kept = s.claim(kept, b, v.Args[0], false)
				continue
			}
			kept = append(kept, v)
			s.facts.assume(v.Args[0], false)
			continue
		}
		if w, key := s.find(v, memory); w != nil {
			if w.Block == nil { // a new constant: what v compares was decided
				w.Block = b
				kept = append(kept, w)
				kept = s.claim(kept, b, v, w.Imm != 0)
			}
			s.replace[v] = w
			s.changed = true
			continue
		} else if key != nil {
			s.values[*key] = v
			made = append(made, *key)
		}
		kept = append(kept, v)
		memory = s.remember(v, memory)
	}
	b.Values = phisFirst(kept)
	for i, a := range b.Ctrl {
		b.Ctrl[i] = s.now(a)
	}
	if b.Term == ir.If && b.Ctrl[0].Op != ir.OpI32Const {
		if truth, ok := s.facts.decide(b.Ctrl[0]); ok {
			c := s.f.NewValue(ir.OpI32Const, ir.I32)
			c.Block = b
			if truth {
				c.Imm = 1
			}
			b.Values = s.claim(append(b.Values, c), b, b.Ctrl[0], truth)
			b.Ctrl[0] = c
			s.changed = true
		}
	}
	for _, c := range b.Children {
		inner := s.facts.mark()
		here := survivors(memory, b, c)
		if len(c.Preds) == 1 {
			if b.Term == ir.If && b.Succs[0] != b.Succs[1] {
				s.facts.assume(b.Ctrl[0], c == b.Succs[0])
			}
		}
		s.block(c, here)
		s.facts.back(inner)
	}
	for _, k := range made {
		delete(s.values, k)
	}
	s.facts.back(mark)
}

// claim appends to a block's values the claim that a condition has a value, if
// claims are kept.
func (s *sharer) claim(values []*ir.Value, b *ir.Block, condition *ir.Value, truth bool) []*ir.Value {
	if !s.f.Claims || condition.Op.IsConst() {
		return values
	}
	add := func(op ir.Op, t ir.Type, args ...*ir.Value) *ir.Value {
		v := s.f.NewValue(op, t, args...)
		v.Block, v.Claimed = b, true
		values = append(values, v)
		return v
	}
	// The condition itself gives way to what was decided, so compare again.
	if condition.Op >= ir.OpI32Eqz && condition.Op <= ir.OpI64GeU {
		condition = add(condition.Op, condition.Type, slices.Clone(condition.Args)...)
	}
	if !truth {
		condition = add(ir.OpI32Eqz, ir.I32, condition)
	}
	add(ir.OpClaim, ir.Void, condition)
	return values
}

// survivors are what is still known of memory at c, of what is known at the end
// of its immediate dominator b: all that no write on a way from b to c touches.
func survivors(memory []known, b, c *ir.Block) []known {
	out := slices.Clone(memory)
	if len(c.Preds) == 1 {
		return out
	}
	seen := map[*ir.Block]bool{b: true}
	todo := slices.Clone(c.Preds)
	for len(todo) > 0 && len(out) > 0 {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[x] {
			continue
		}
		seen[x] = true
		todo = append(todo, x.Preds...)
		for _, v := range x.Values {
			switch {
			case v.Effect()&ir.Writes == 0 || v.Op == ir.OpGlobalSet:
			case v.Op.IsStore():
				out = slices.DeleteFunc(out, func(k known) bool { return mayOverlap(k, v) })
			default:
				return nil
			}
		}
	}
	return out
}

// find is a value that v is equal to, or else the expression to find v by.
func (s *sharer) find(v *ir.Value, memory []known) (*ir.Value, *expression) {
	if v.Op.IsLoad() {
		for _, k := range memory {
			if k.base == v.Args[0] && k.imm == v.Imm && k.load == v.Op && k.value.Type == v.Type {
				return k.value, nil
			}
		}
		return nil, nil
	}
	if v.Claimed || v.Op == ir.OpPhi || v.Op == ir.OpParam || v.Op == ir.OpCall || v.Op == ir.OpResult || v.Effect()&^ir.Traps != 0 || v.Type == ir.Void || len(v.Args) > 3 {
		return nil, nil
	}
	if v.Op >= ir.OpI32Eqz && v.Op <= ir.OpI64GeU {
		if truth, ok := s.facts.decide(v); ok {
			c := s.f.NewValue(ir.OpI32Const, ir.I32)
			if truth {
				c.Imm = 1
			}
			return c, nil
		}
	}
	k := expression{op: v.Op, typ: v.Type, imm: v.Imm, slot: v.Slot}
	for i, a := range v.Args {
		switch i {
		case 0:
			k.a = a
		case 1:
			k.b = a
		case 2:
			k.c = a
		}
	}
	if w := s.values[k]; w != nil {
		return w, nil
	}
	return nil, &k
}

var loadOf = map[ir.Op]ir.Op{ir.OpStore32: ir.OpLoad32, ir.OpStore64: ir.OpLoad64, ir.OpStoreF32: ir.OpLoadF32, ir.OpStoreF64: ir.OpLoadF64}

// remember updates what memory is known to hold after v.
func (s *sharer) remember(v *ir.Value, memory []known) []known {
	switch {
	case v.Op.IsLoad():
		return append(recent(memory), known{v.Args[0], v.Imm, v.Op, v})
	case v.Op.IsStore():
		memory = slices.DeleteFunc(slices.Clone(memory), func(k known) bool { return mayOverlap(k, v) })
		if load, ok := loadOf[v.Op]; ok {
			memory = append(recent(memory), known{v.Args[0], v.Imm, load, v.Args[1]})
		}
	case v.Op == ir.OpCall:
		nonzero := make([]bool, len(v.Args))
		for i, a := range v.Args {
			if a.Type == ir.I32 {
				nonzero[i], _ = s.facts.decideNotZero(a)
				nonzero[i] = nonzero[i] || s.facts.address(a)
			}
		}
		s.nonzero[v] = nonzero
		if v.Effect()&ir.Writes != 0 {
			return nil
		}
	case v.Effect()&ir.Writes != 0 && v.Op != ir.OpGlobalSet:
		return nil
	}
	return memory
}

// recent drops what was found out longest ago, if that is much: what is known is
// looked through at each load, and copied for each block.
func recent(memory []known) []known {
	const most = 128
	return memory[max(len(memory)-most, 0):]
}

// mayOverlap reports whether a store may change what k says. Two addresses are
// apart if they have the same base and don't touch, or lie in different slots,
// or one in a slot and the other in static memory.
func mayOverlap(k known, store *ir.Value) bool {
	base := store.Args[0]
	from, to := store.Imm, store.Imm+int64(store.Op.Bytes())
	at, end := k.imm, k.imm+int64(k.load.Bytes())
	if base.Op == ir.OpI32Const && k.base.Op == ir.OpI32Const {
		from, to = from+base.Imm, to+base.Imm
		at, end = at+k.base.Imm, end+k.base.Imm
	} else if base != k.base && !(base.Op == ir.OpSlot && base.Slot == k.base.Slot) {
		fixed := func(v *ir.Value) bool { return v.Op == ir.OpSlot || v.Op == ir.OpI32Const }
		return !fixed(base) || !fixed(k.base)
	}
	return from < end && at < to
}
