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
	x.work = patience
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
	x.work = patience
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
	x.work = patience
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
// down, and never wraps around. So no value of it is on the other side of its
// inits.
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

// step is one way round a loop: the phi becomes phi + by there. The sum is
// computed in sum.Block, and the loop's top is entered again from the block from.
type step struct {
	sum  *ir.Value
	by   int64
	from *ir.Block
}

// counter finds out whether phi is a counter. It has to prove that no sum
// phi + by wraps around, and there are two ways to do so:
//
//   - Each sum is guarded: a branch passed on every way to it, in the same round,
//     says that phi is at most MaxInt32 - by. (for i := 0; i < n; i++)
//   - The phi itself is bounded: each value with which the loop's top is entered is
//     at most MaxInt32 - by, for the greatest by. That is so for an init if it is
//     known to be that small, and for a sum if a branch after it says so, or if a
//     branch before it says that phi was at most MaxInt32 - by less its own by.
//     (for { i++; if i >= n { break } })
//
// A branch on the sum alone proves nothing of the first round: there phi is an
// init, and init + by may already have wrapped around to a number below n. Nor
// may the two ways be mixed: a guarded sum can be MaxInt32, to which the next
// round's bounded sum would add.
//
// Counting down is the same with the signs turned round; only the first way is
// looked for.
func counter(phi *ir.Value) (in induction, ok bool) {
	b := phi.Block
	var steps []step
	for i, a := range phi.Args {
		from := b.Preds[i]
		switch {
		case from.Order < b.Order:
			in.inits = append(in.inits, a)
		case a == phi:
		case a.Op == ir.OpI32Add && a.Args[0] == phi && isConst(a.Args[1]) && a.Args[1].Imm != 0:
			steps = append(steps, step{a, a.Args[1].Imm, from})
		default:
			return in, false
		}
	}
	if len(steps) == 0 || len(in.inits) == 0 {
		return in, false
	}
	in.up = steps[0].by > 0
	greatest := int64(0)
	for _, s := range steps {
		if s.by > 0 != in.up {
			return in, false
		}
		greatest = max(greatest, s.by)
	}
	if sumsGuarded(phi, steps, in.up) {
		in.top = math.MaxInt32
		return in, true
	}
	in.top = math.MaxInt32 - greatest
	return in, in.up && bounded(phi, steps, in.top)
}

// sumsGuarded reports whether a branch keeps every sum from wrapping around.
func sumsGuarded(phi *ir.Value, steps []step, up bool) bool {
	for _, s := range steps {
		limit := math.MaxInt32 - s.by
		if !up {
			limit = math.MinInt32 - s.by
		}
		if !guarded(phi, s.sum.Block, limit, up) {
			return false
		}
	}
	return true
}

// bounded reports whether each value with which the loop of phi, which counts
// up, is entered is at most top.
func bounded(phi *ir.Value, steps []step, top int64) bool {
	for i, a := range phi.Args {
		from := phi.Block.Preds[i]
		if from.Order < phi.Block.Order && !(isConst(a) && a.Imm <= top) && !(unsignedBits(a) < 31 && 1<<unsignedBits(a)-1 <= top) && !guarded(a, from, top, true) {
			return false
		}
	}
	for _, s := range steps {
		if !guarded(s.sum, s.from, top, true) && !guarded(phi, s.sum.Block, top-s.by, true) {
			return false
		}
	}
	return true
}

// guarded reports whether a branch passed on every way to b says that v is at
// most limit (or, counting down, at least limit). No branch outside v's own block
// and what that dominates can ask about v.
func guarded(v *ir.Value, b *ir.Block, limit int64, up bool) bool {
	const far = 64 // branches to look back at
	for n := 0; n < far && b != v.Block && b.Idom != nil; n, b = n+1, b.Idom {
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
