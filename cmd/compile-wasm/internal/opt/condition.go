package opt

import (
	"math"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// canonical brings a condition to one of x == y, x <s y, x <u y (and their
// 64-bit forms), or "x is not zero"; not says that the condition is its opposite.
func canonical(c *ir.Value) (k comparison, not bool) {
	base := func(lt ir.Op, form ir.Op) (comparison, bool) {
		x, y := c.Args[0], c.Args[1]
		switch form {
		case 0: // <
			return comparison{lt, x, y}, false
		case 1: // >
			return comparison{lt, y, x}, false
		case 2: // <=
			return comparison{lt, y, x}, true
		}
		return comparison{lt, x, y}, true
	}
	switch op := c.Op; {
	case op == ir.OpI32Eqz || op == ir.OpI64Eqz:
		return comparison{0, c.Args[0], nil}, true
	case op == ir.OpI32Eq || op == ir.OpI32Ne || op == ir.OpI64Eq || op == ir.OpI64Ne:
		x, y := c.Args[0], c.Args[1]
		if y.IsConst(0) {
			return comparison{0, x, nil}, op == ir.OpI32Eq || op == ir.OpI64Eq
		}
		eq := ir.OpI32Eq
		if x.Type == ir.I64 {
			eq = ir.OpI64Eq
		}
		if x.ID > y.ID {
			x, y = y, x
		}
		return comparison{eq, x, y}, op != eq
	case op >= ir.OpI32LtS && op <= ir.OpI32GeU:
		n := op - ir.OpI32LtS
		return base(ir.OpI32LtS+n%2, n/2)
	case op >= ir.OpI64LtS && op <= ir.OpI64GeU:
		n := op - ir.OpI64LtS
		return base(ir.OpI64LtS+n%2, n/2)
	}
	return comparison{0, c, nil}, false
}

// decide tells whether a condition is known to be true or false here.
func (x *facts) decide(c *ir.Value) (truth, ok bool) {
	k, not := canonical(c)
	if v, known := x.known[k]; known {
		return v != not, true
	}
	truth, ok = x.compare(k)
	return truth != not, ok
}

func (x *facts) compare(k comparison) (truth, ok bool) {
	if k.x.Type != ir.I32 {
		return false, false
	}
	switch k.op {
	case 0:
		s := x.span(k.x, deep)
		switch {
		case s.lo > 0 || s.hi < 0 || x.address(k.x):
			return true, true
		case s.lo == 0 && s.hi == 0:
			return false, true
		}
	case ir.OpI32Eq:
		if x.atMost(k.x, k.y, -1, deep) || x.atMost(k.y, k.x, -1, deep) {
			return false, true
		}
	case ir.OpI32LtS:
		return x.less(k.x, k.y)
	case ir.OpI32LtU:
		sx, sy := x.span(k.x, deep), x.span(k.y, deep)
		switch {
		case sx.lo >= 0 && sy.lo >= 0:
			return x.less(k.x, k.y)
		case sx.lo >= 0 && sy.hi < 0:
			return true, true
		case sx.hi < 0 && sy.lo >= 0:
			return false, true
		}
	}
	return false, false
}

func (x *facts) less(a, b *ir.Value) (truth, ok bool) {
	if x.atMost(a, b, -1, deep) {
		return true, true
	}
	return false, x.atMost(b, a, 0, deep)
}

// address reports whether v is the address of something: never 0.
func (x *facts) address(v *ir.Value) bool {
	switch v.Op {
	case ir.OpSlot, ir.OpOffset:
		return true // an offset is only ever taken of a pointer that isn't nil
	case ir.OpParam:
		f := v.Block.Func
		return f.NonNil != nil && f.NonNil[v.Imm]
	case ir.OpPhi:
		if v.Block.IsLoop() {
			return false
		}
		for _, a := range v.Args {
			if isNotZero, _ := x.decideNotZero(a); !isNotZero {
				return false
			}
		}
		return true
	}
	return false
}

func (x *facts) decideNotZero(v *ir.Value) (truth, ok bool) {
	if t, known := x.known[comparison{0, v, nil}]; known {
		return t, true
	}
	if v.Op == ir.OpPhi {
		return false, false
	}
	return x.compare(comparison{0, v, nil})
}

// assume adds that a condition holds, or that it doesn't.
func (x *facts) assume(c *ir.Value, truth bool) {
	k, not := canonical(c)
	truth = truth != not
	if _, known := x.known[k]; !known {
		x.known[k] = truth
		x.undo = append(x.undo, func() { delete(x.known, k) })
	}
	if k.x.Type != ir.I32 {
		return
	}
	switch k.op {
	case 0:
		s := x.span(k.x, deep)
		switch {
		case !truth:
			x.narrow(k.x, span{0, 0})
		case s.lo == 0:
			x.narrow(k.x, span{1, math.MaxInt32})
		case s.hi == 0:
			x.narrow(k.x, span{math.MinInt32, -1})
		}
	case ir.OpI32Eq:
		x.assumeEqual(k.x, k.y, truth)
	case ir.OpI32LtS:
		if truth {
			x.assumeAtMost(k.x, k.y, -1)
		} else {
			x.assumeAtMost(k.y, k.x, 0)
		}
	case ir.OpI32LtU:
		switch {
		case truth && x.span(k.y, deep).lo >= 0:
			x.narrow(k.x, span{0, math.MaxInt32})
			x.assumeAtMost(k.x, k.y, -1)
		case !truth && x.span(k.x, deep).lo >= 0:
			x.narrow(k.y, span{0, math.MaxInt32})
			x.assumeAtMost(k.y, k.x, 0)
		}
	}
}

// assumeAtMost adds a - b <= k.
func (x *facts) assumeAtMost(a, b *ir.Value, k int64) {
	x.bind(a, b, k)
	x.narrow(a, span{math.MinInt32, min(x.span(b, deep).hi+k, math.MaxInt32)})
	x.narrow(b, span{max(x.span(a, deep).lo-k, math.MinInt32), math.MaxInt32})
}

func (x *facts) assumeEqual(a, b *ir.Value, truth bool) {
	if truth {
		x.assumeAtMost(a, b, 0)
		x.assumeAtMost(b, a, 0)
		return
	}
	for range 2 {
		if sb := x.span(b, deep); sb.lo == sb.hi {
			switch sa := x.span(a, deep); sb.lo {
			case sa.lo:
				x.narrow(a, span{sa.lo + 1, math.MaxInt32})
			case sa.hi:
				x.narrow(a, span{math.MinInt32, sa.hi - 1})
			}
		}
		a, b = b, a
	}
}

// induction describes a phi at the top of a loop that only counts up, or only
// down, and never wraps around.
type induction struct {
	inits []*ir.Value
	up    bool
	top   int64 // counting up, the greatest value apart from the inits
}

// inductions finds the counters of f's loops.
func inductions(f *ir.Func) map[*ir.Value]induction {
	out := map[*ir.Value]induction{}
	for _, b := range f.Blocks {
		if !b.IsLoop() {
			continue
		}
		for _, phi := range b.Phis() {
			if in, ok := counter(phi); ok && phi.Type == ir.I32 {
				out[phi] = in
			}
		}
	}
	return out
}

func counter(phi *ir.Value) (in induction, ok bool) {
	b := phi.Block
	steps := 0
	in.top = math.MinInt32
	for i, a := range phi.Args {
		from := b.Preds[i]
		if from.Order < b.Order {
			in.inits = append(in.inits, a)
			continue
		}
		if a == phi {
			continue
		}
		if a.Op != ir.OpI32Add || a.Args[0] != phi || !isConst(a.Args[1]) {
			return in, false
		}
		c := a.Args[1].Imm
		up := c > 0
		if c == 0 || steps > 0 && up != in.up {
			return in, false
		}
		steps++
		in.up = up
		switch {
		case up && guarded(phi, a.Block, math.MaxInt32-c, true):
			in.top = math.MaxInt32
		case up && guarded(a, from, math.MaxInt32-c, true):
			in.top = max(in.top, math.MaxInt32-c)
		case !up && guarded(phi, a.Block, math.MinInt32-c, false):
		default:
			return in, false
		}
	}
	return in, steps > 0 && len(in.inits) > 0
}

// guarded reports whether a branch passed on every way to b says that v is at
// most limit (or, counting down, at least limit).
func guarded(v *ir.Value, b *ir.Block, limit int64, up bool) bool {
	for ; b.Idom != nil; b = b.Idom {
		d := b.Idom
		if d.Term != ir.If || len(b.Preds) != 1 || d.Succs[0] == d.Succs[1] {
			continue
		}
		k, not := canonical(d.Ctrl[0])
		truth := (d.Succs[0] == b) != not
		if k.op != ir.OpI32LtS && (k.op != ir.OpI32LtU || !up || !truth || k.x != v || !k.y.NonNeg && !(isConst(k.y) && k.y.Imm >= 0)) {
			continue
		}
		x, y := k.x, k.y // x < y, or y <= x
		least, slack := y, int64(1)
		if !truth {
			x, y = k.y, k.x
			least, slack = y, 0
		}
		// Now x <= y - slack.
		if up && x == v {
			greatest := int64(math.MaxInt32)
			if isConst(least) {
				greatest = least.Imm
			}
			if greatest-slack <= limit {
				return true
			}
		}
		if !up && y == v {
			smallest := int64(math.MinInt32)
			if isConst(x) {
				smallest = x.Imm
			}
			if smallest+slack >= limit {
				return true
			}
		}
	}
	return false
}
