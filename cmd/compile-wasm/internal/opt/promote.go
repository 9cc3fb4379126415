package opt

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// part is a scalar within a slot that is always read and written whole.
type part struct {
	slot   *ir.Slot
	offset int64
}

// shape is how a part is accessed.
type shape struct {
	bytes int
	typ   ir.Type
}

// promoter finds slots whose address is used by loads and stores alone, and
// makes values of their parts.
type promoter struct {
	f     *ir.Func
	at    map[*ir.Value]part // addresses within slots
	parts map[part]shape
	bad   map[*ir.Slot]bool
	fills map[*ir.Slot][]*ir.Value
	// sorted are a slot's parts by offset: whatever is made goes through them in order.
	sorted map[*ir.Slot][]part
	ends   map[*ir.Block]map[part]*ir.Value
	begin  map[*ir.Block]map[part]*ir.Value
}

func promote(f *ir.Func) bool {
	p := &promoter{f, map[*ir.Value]part{}, map[part]shape{}, map[*ir.Slot]bool{}, map[*ir.Slot][]*ir.Value{}, map[*ir.Slot][]part{}, map[*ir.Block]map[part]*ir.Value{}, map[*ir.Block]map[part]*ir.Value{}}
	p.collect()
	p.refuseOverlaps()
	for k := range p.parts {
		if p.bad[k.slot] {
			delete(p.parts, k)
		}
	}
	if len(p.parts) == 0 {
		return false
	}
	p.rewrite()
	return true
}

// collect finds the parts. Blocks come in reverse postorder, so an address is
// known before its uses; one that comes around a loop in a phi makes its slot bad.
func (p *promoter) collect() {
	for _, b := range p.f.Blocks {
		for _, v := range b.Values {
			switch {
			case v.Op == ir.OpSlot:
				p.at[v] = part{v.Slot, 0}
				continue
			case v.Op == ir.OpOffset:
				if base, ok := p.at[v.Args[0]]; ok {
					p.at[v] = part{base.slot, base.offset + v.Imm}
				}
				continue
			}
			for i, a := range v.Args {
				k, ok := p.at[a]
				if !ok {
					continue
				}
				k.offset += v.Imm
				switch {
				case i == 0 && (v.Op.IsLoad() || v.Op.IsStore()):
					p.access(k, v)
				case i == 0 && v.Op == ir.OpFill && v.Args[1].IsConst(0) && v.Args[2].Op == ir.OpI32Const:
					p.fills[k.slot] = append(p.fills[k.slot], v)
				default:
					p.bad[k.slot] = true
				}
			}
		}
		for _, a := range b.Ctrl {
			if k, ok := p.at[a]; ok {
				p.bad[k.slot] = true
			}
		}
	}
	for _, b := range p.f.Blocks {
		for _, phi := range b.Phis() {
			for _, a := range phi.Args {
				if k, ok := p.at[a]; ok {
					p.bad[k.slot] = true
				}
			}
		}
	}
}

func (p *promoter) access(k part, v *ir.Value) {
	s := shape{v.Op.Bytes(), v.Type}
	if v.Op.IsStore() {
		s.typ = v.Args[1].Type
		if v.Op.Bytes() < 8 && s.typ == ir.I64 {
			p.bad[k.slot] = true
		}
	}
	if old, ok := p.parts[k]; ok && old != s {
		p.bad[k.slot] = true
	}
	p.parts[k] = s
}

func (p *promoter) refuseOverlaps() {
	for k := range p.parts {
		p.sorted[k.slot] = append(p.sorted[k.slot], k)
	}
	for slot, list := range p.sorted {
		slices.SortFunc(list, func(a, b part) int { return int(a.offset - b.offset) })
		for i, k := range list {
			end := k.offset + int64(p.parts[k].bytes)
			if i+1 < len(list) && end > list[i+1].offset || k.offset < 0 || end > int64(slot.Size) {
				p.bad[slot] = true
			}
			for _, f := range p.fills[slot] {
				from := p.at[f.Args[0]].offset
				to := from + f.Args[2].Imm
				if (k.offset < to && from < end) && (k.offset < from || end > to) {
					p.bad[slot] = true
				}
			}
		}
	}
}

// rewrite replaces the accesses by values.
func (p *promoter) rewrite() {
	replace := map[*ir.Value]*ir.Value{}
	type pending struct {
		load  *ir.Value
		block *ir.Block
		k     part
	}
	var first []pending // loads that see what the block began with
	for _, b := range p.f.Blocks {
		now := map[part]*ir.Value{}
		p.ends[b] = now
		var kept []*ir.Value
		for _, v := range b.Values {
			k, promoted := p.touched(v)
			switch {
			case !promoted:
				kept = append(kept, v)
			case v.Op == ir.OpFill:
				for _, q := range p.sorted[k.slot] {
					if q.offset >= k.offset && q.offset < k.offset+v.Args[2].Imm {
						zero := p.zero(p.parts[q].typ, b)
						kept = append(kept, zero)
						now[q] = zero
					}
				}
			case v.Op.IsStore():
				now[k] = v.Args[1]
			default:
				have := now[k]
				if have == nil {
					have = p.f.NewValue(ir.OpPhi, v.Type) // stands for what comes
					first = append(first, pending{have, b, k})
					now[k] = have
				}
				w := widen(p.f, v, have)
				if w != have {
					w.Block = b
					for _, a := range w.Args {
						if a.Block == nil && a.Op.IsConst() {
							a.Block = b
							kept = append(kept, a)
						}
					}
					kept = append(kept, w)
				}
				replace[v] = w
			}
		}
		b.Values = kept
	}
	for _, x := range first {
		replace[x.load] = p.atBegin(x.block, x.k, replace)
	}
	p.f.Replace(replace)
}

// touched returns the part of a slot that an instruction reads or writes. ok is false if it touches none that is
// promoted.
func (p *promoter) touched(v *ir.Value) (k part, ok bool) {
	if len(v.Args) == 0 || !v.Op.IsLoad() && !v.Op.IsStore() && v.Op != ir.OpFill {
		return part{}, false
	}
	k, ok = p.at[v.Args[0]]
	k.offset += v.Imm
	return k, ok && !p.bad[k.slot]
}

func (p *promoter) zero(t ir.Type, b *ir.Block) *ir.Value {
	op := map[ir.Type]ir.Op{ir.I32: ir.OpI32Const, ir.I64: ir.OpI64Const, ir.F32: ir.OpF32Const, ir.F64: ir.OpF64Const}[t]
	v := p.f.NewValue(op, t)
	v.Block = b
	return v
}

// widen gives what a load of fewer than 4 bytes makes of the value stored.
func widen(f *ir.Func, load, v *ir.Value) *ir.Value {
	mask := func(n int64) *ir.Value {
		c := f.NewValue(ir.OpI32Const, ir.I32)
		c.Imm = n
		return f.NewValue(ir.OpI32And, ir.I32, v, c)
	}
	switch load.Op {
	case ir.OpLoad8U:
		return mask(0xff)
	case ir.OpLoad16U:
		return mask(0xffff)
	case ir.OpLoad8S:
		return f.NewValue(ir.OpExtend8, ir.I32, v)
	case ir.OpLoad16S:
		return f.NewValue(ir.OpExtend16, ir.I32, v)
	}
	return v
}

// atBegin is the value of a part when b is entered (Braun and others, 2013).
func (p *promoter) atBegin(b *ir.Block, k part, replace map[*ir.Value]*ir.Value) *ir.Value {
	if v := p.begin[b][k]; v != nil {
		return v
	}
	if p.begin[b] == nil {
		p.begin[b] = map[part]*ir.Value{}
	}
	set := func(v *ir.Value) *ir.Value { p.begin[b][k] = v; return v }
	switch len(b.Preds) {
	case 0:
		zero := p.zero(p.parts[k].typ, b)
		b.Values = append([]*ir.Value{zero}, b.Values...)
		return set(zero)
	case 1:
		if b.Preds[0] != b {
			return set(p.atEnd(b.Preds[0], k, replace))
		}
	}
	phi := p.f.NewValue(ir.OpPhi, p.parts[k].typ)
	phi.Block = b
	b.Values = append([]*ir.Value{phi}, b.Values...)
	set(phi)
	for _, q := range b.Preds {
		phi.Args = append(phi.Args, p.atEnd(q, k, replace))
	}
	return phi
}

func (p *promoter) atEnd(b *ir.Block, k part, replace map[*ir.Value]*ir.Value) *ir.Value {
	if v := p.ends[b][k]; v != nil {
		return v
	}
	return p.atBegin(b, k, replace)
}
