package opt

import (
	"math/bits"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// simplify rewrites each value by what its arguments are.
func simplify(f *ir.Func) (changed bool) {
	replace := map[*ir.Value]*ir.Value{}
	for _, b := range f.Blocks {
		s := &simplifier{f: f, b: b}
		for _, v := range b.Values {
			for i, a := range v.Args {
				if w, ok := replace[a]; ok {
					v.Args[i] = w
				}
			}
			s.out = append(s.out, v)
			if v.Claimed {
				continue
			}
			if w := s.rewrite(v); w != v {
				replace[v] = w
				s.changed = true
			}
		}
		b.Values = phisFirst(s.out)
		for i, a := range b.Ctrl {
			if w, ok := replace[a]; ok {
				b.Ctrl[i] = w
			}
		}
		if b.Term == ir.If {
			s.condition(b)
		}
		changed = changed || s.changed
	}
	f.Replace(replace)
	return changed
}

// phisFirst puts constants made for a phi behind the phis.
func phisFirst(values []*ir.Value) []*ir.Value {
	var phis, rest []*ir.Value
	for _, v := range values {
		if v.Op == ir.OpPhi {
			phis = append(phis, v)
		} else {
			rest = append(rest, v)
		}
	}
	return append(phis, rest...)
}

// simplifier rewrites the values of one block; new ones go in front of the
// value being rewritten.
type simplifier struct {
	f       *ir.Func
	b       *ir.Block
	out     []*ir.Value
	changed bool
}

// insert puts a new value in front of the one being rewritten.
func (s *simplifier) insert(op ir.Op, t ir.Type, args ...*ir.Value) *ir.Value {
	v := s.f.NewValue(op, t, args...)
	v.Block = s.b
	last := len(s.out) - 1
	s.out = append(s.out[:last], v, s.out[last])
	return v
}

func (s *simplifier) constant(t ir.Type, n int64) *ir.Value {
	op := ir.OpI32Const
	if t == ir.I64 {
		op = ir.OpI64Const
	} else {
		n = int64(int32(n))
	}
	v := s.insert(op, t)
	v.Imm = n
	return v
}

// become changes v in place.
func (s *simplifier) become(v *ir.Value, op ir.Op, args ...*ir.Value) *ir.Value {
	v.Op, v.Args, v.Imm = op, args, 0
	s.changed = true
	return v
}

// condition drops what makes no difference to whether a branch is taken.
func (s *simplifier) condition(b *ir.Block) {
	for {
		c := b.Ctrl[0]
		switch {
		case c.Op == ir.OpI32Ne && c.Args[1].IsConst(0):
			b.Ctrl[0] = c.Args[0]
		case c.Op == ir.OpI32Eqz && c.Args[0].Type == ir.I32:
			b.Ctrl[0] = c.Args[0]
			b.Succs[0], b.Succs[1] = b.Succs[1], b.Succs[0]
			// With both ways to one block, the order of its predecessors matters not:
			// such a block has no phis that tell them apart.
			if b.Succs[0] == b.Succs[1] {
				b.Succs[0], b.Succs[1] = b.Succs[1], b.Succs[0]
				b.Ctrl[0] = c
				return
			}
		default:
			return
		}
		s.changed = true
	}
}

func isConst(v *ir.Value) bool { return v.Op == ir.OpI32Const || v.Op == ir.OpI64Const }

var commutative = map[ir.Op]bool{
	ir.OpI32Add: true, ir.OpI32Mul: true, ir.OpI32And: true, ir.OpI32Or: true, ir.OpI32Xor: true, ir.OpI32Eq: true, ir.OpI32Ne: true,
	ir.OpI64Add: true, ir.OpI64Mul: true, ir.OpI64And: true, ir.OpI64Or: true, ir.OpI64Xor: true, ir.OpI64Eq: true, ir.OpI64Ne: true,
}

// opposite is the comparison that holds when the other doesn't (integers only).
var opposite = map[ir.Op]ir.Op{
	ir.OpI32Eq: ir.OpI32Ne, ir.OpI32Ne: ir.OpI32Eq, ir.OpI64Eq: ir.OpI64Ne, ir.OpI64Ne: ir.OpI64Eq,
	ir.OpI32LtS: ir.OpI32GeS, ir.OpI32GeS: ir.OpI32LtS, ir.OpI32LtU: ir.OpI32GeU, ir.OpI32GeU: ir.OpI32LtU,
	ir.OpI32GtS: ir.OpI32LeS, ir.OpI32LeS: ir.OpI32GtS, ir.OpI32GtU: ir.OpI32LeU, ir.OpI32LeU: ir.OpI32GtU,
	ir.OpI64LtS: ir.OpI64GeS, ir.OpI64GeS: ir.OpI64LtS, ir.OpI64LtU: ir.OpI64GeU, ir.OpI64GeU: ir.OpI64LtU,
	ir.OpI64GtS: ir.OpI64LeS, ir.OpI64LeS: ir.OpI64GtS, ir.OpI64GtU: ir.OpI64LeU, ir.OpI64LeU: ir.OpI64GtU,
}

// rewrite gives v, perhaps changed, or a value that is always equal to it.
func (s *simplifier) rewrite(v *ir.Value) *ir.Value {
	if n, ok := foldConstant(v); ok {
		return s.constant(v.Type, n)
	}
	if len(v.Args) == 2 && isConst(v.Args[0]) && !isConst(v.Args[1]) {
		if commutative[v.Op] {
			v.Args[0], v.Args[1] = v.Args[1], v.Args[0]
			s.changed = true
		} else if op, ok := ir.Mirrored[v.Op]; ok {
			s.become(v, op, v.Args[1], v.Args[0])
		}
	}
	switch v.Op {
	case ir.OpPhi:
		return samePhi(v)
	case ir.OpOffset:
		return s.offset(v)
	case ir.OpSelect:
		return s.selection(v)
	case ir.OpCheck:
		if c := v.Args[0]; c.Op == ir.OpI32Ne && c.Args[1].IsConst(0) {
			v.Args[0] = c.Args[0]
			s.changed = true
		}
		return v
	case ir.OpI32Eqz:
		return s.isZero(v)
	case ir.OpWrap:
		switch x := v.Args[0]; x.Op {
		case ir.OpExtendS, ir.OpExtendU:
			return x.Args[0]
		}
		return v
	case ir.OpExtend8, ir.OpExtend16:
		width := map[ir.Op]int{ir.OpExtend8: 8, ir.OpExtend16: 16}[v.Op]
		x := v.Args[0]
		if unsignedBits(x) < width || x.Op == v.Op || x.Op == ir.OpLoad8S || x.Op == ir.OpLoad16S && width == 16 {
			return x
		}
		return v
	}
	if v.Op.IsLoad() || v.Op.IsStore() {
		if a := v.Args[0]; a.Op == ir.OpOffset {
			v.Args[0] = a.Args[0]
			v.Imm += a.Imm
			s.changed = true
		}
		if v.Op == ir.OpStore8 || v.Op == ir.OpStore16 {
			s.narrowStore(v)
		}
		return v
	}
	if len(v.Args) == 2 {
		return s.binary(v)
	}
	return v
}

// narrowStore drops an operation that leaves alone the bits that the store
// keeps. A store of n bytes keeps the low 8n bits; a sign extension from m bits
// leaves the low m bits alone, and a mask the bits that are set in it.
func (s *simplifier) narrowStore(v *ir.Value) {
	x := v.Args[1]
	kept := int64(1)<<(8*v.Op.Bytes()) - 1
	alone := int64(0)
	switch {
	case x.Op == ir.OpExtend8:
		alone = 0xff
	case x.Op == ir.OpExtend16:
		alone = 0xffff
	case x.Op == ir.OpI32And && isConst(x.Args[1]):
		alone = x.Args[1].Imm
	}
	if alone&kept == kept {
		v.Args[1] = x.Args[0]
		s.changed = true
	}
}

// samePhi is the one value that a phi can have, if there is only one.
func samePhi(v *ir.Value) *ir.Value {
	var only *ir.Value
	for _, a := range v.Args {
		if a == v || a == only {
			continue
		}
		if only != nil {
			return v
		}
		only = a
	}
	if only == nil {
		return v
	}
	return only
}

func (s *simplifier) offset(v *ir.Value) *ir.Value {
	switch a := v.Args[0]; {
	case v.Imm == 0:
		return a
	case a.Op == ir.OpOffset:
		n := v.Imm + a.Imm
		s.become(v, ir.OpOffset, a.Args[0]).Imm = n
	case a.Op == ir.OpI32Const:
		return s.constant(ir.I32, a.Imm+v.Imm)
	}
	return v
}

func (s *simplifier) selection(v *ir.Value) *ir.Value {
	x, y, c := v.Args[0], v.Args[1], v.Args[2]
	switch {
	case x == y, c.Op == ir.OpI32Const && c.Imm != 0:
		return x
	case c.IsConst(0):
		return y
	case v.Type == ir.I32 && x.IsConst(1) && y.IsConst(0) && unsignedBits(c) <= 1:
		return c
	case v.Type == ir.I32 && x.IsConst(0) && y.IsConst(1):
		return s.become(v, ir.OpI32Eqz, c)
	case c.Op == ir.OpI32Eqz && c.Args[0].Type == ir.I32:
		return s.become(v, ir.OpSelect, y, x, c.Args[0])
	}
	return v
}

// isZero simplifies eqz.
func (s *simplifier) isZero(v *ir.Value) *ir.Value {
	x := v.Args[0]
	if op, ok := opposite[x.Op]; ok {
		return s.become(v, op, x.Args[0], x.Args[1])
	}
	if x.Op == ir.OpI32Eqz && unsignedBits(x.Args[0]) <= 1 {
		return x.Args[0]
	}
	return v
}

// unsignedBits bounds the bits that v, as an unsigned number, can need.
func unsignedBits(v *ir.Value) int {
	switch {
	case v.Op == ir.OpLoad8U:
		return 8
	case v.Op == ir.OpLoad16U:
		return 16
	case v.Op >= ir.OpI32Eqz && v.Op <= ir.OpF64Ge:
		return 1
	case v.Op == ir.OpI32And || v.Op == ir.OpI64And:
		return min(unsignedBits(v.Args[0]), unsignedBits(v.Args[1]))
	case v.Op == ir.OpI32Or || v.Op == ir.OpI32Xor:
		return max(unsignedBits(v.Args[0]), unsignedBits(v.Args[1]))
	case v.Op == ir.OpI32Const && v.Imm >= 0:
		return bits.Len64(uint64(v.Imm))
	case v.Op == ir.OpI32ShrU && isConst(v.Args[1]):
		return max(unsignedBits(v.Args[0])-int(v.Args[1].Imm&31), 0)
	case v.Op == ir.OpExtendU:
		return unsignedBits(v.Args[0])
	case v.Op == ir.OpSelect && v.Type == ir.I32:
		return max(unsignedBits(v.Args[0]), unsignedBits(v.Args[1]))
	case v.Type == ir.I32:
		return 32
	}
	return 64
}
