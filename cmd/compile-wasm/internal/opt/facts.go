package opt

import (
	"math"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// span bounds a 32-bit value as a signed number.
type span struct{ lo, hi int64 }

var anything = span{math.MinInt32, math.MaxInt32}

func (s span) within(t span) span { return span{max(s.lo, t.lo), min(s.hi, t.hi)} }

// bound says: value - to <= k.
type bound struct {
	to *ir.Value
	k  int64
}

// comparison is a condition in one of few forms: see canonical.
type comparison struct {
	op   ir.Op
	x, y *ir.Value
}

// facts are what is known at a point of the dominator tree. Numbers are the
// values of i32s read as signed; no fact is about a sum that may wrap around.
type facts struct {
	spans  map[*ir.Value]span
	bounds map[*ir.Value][]bound
	known  map[comparison]bool
	loops  map[*ir.Value]induction
	undo   []func()
	work   int // steps that are left for the question at hand
}

func newFacts(f *ir.Func) *facts {
	return &facts{spans: map[*ir.Value]span{}, bounds: map[*ir.Value][]bound{}, known: map[comparison]bool{}, loops: inductions(f)}
}

// mark and back bracket what is only known within a subtree.
func (x *facts) mark() int { return len(x.undo) }
func (x *facts) back(mark int) {
	for len(x.undo) > mark {
		x.undo[len(x.undo)-1]()
		x.undo = x.undo[:len(x.undo)-1]
	}
}

func (x *facts) narrow(v *ir.Value, s span) {
	old, ok := x.spans[v]
	if ok {
		s = s.within(old)
	}
	x.spans[v] = s
	x.undo = append(x.undo, func() {
		if ok {
			x.spans[v] = old
		} else {
			delete(x.spans, v)
		}
	})
}

func (x *facts) bind(v, to *ir.Value, k int64) {
	n := len(x.bounds[v])
	x.bounds[v] = append(x.bounds[v], bound{to, k})
	x.undo = append(x.undo, func() { x.bounds[v] = x.bounds[v][:n] })
}

// deep bounds how far span and atMost follow definitions: enough for every
// chain that the engine's source has, and little work where there is nothing.
const deep = 6

// patience bounds the steps that one question may take: definitions branch, and
// what is known of a value may be a long list, so that depth alone is no bound
// that a long function keeps. A question without an answer by then has none. Half
// of it is enough for every question that the engine's source asks.
const patience = 400

// span bounds v by what it is and what is known of it here.
func (x *facts) span(v *ir.Value, depth int) span {
	s := anything
	if v.Type != ir.I32 {
		return s
	}
	if known, ok := x.spans[v]; ok {
		s = known
	}
	if v.NonNeg {
		s.lo = max(s.lo, 0)
	}
	if depth == 0 || x.work <= 0 {
		return s
	}
	x.work--
	return s.within(x.structure(v, depth-1))
}

// structure bounds v by its operation.
func (x *facts) structure(v *ir.Value, depth int) span {
	arg := func(i int) span { return x.span(v.Args[i], depth) }
	if v.Op == ir.OpI32Const {
		return span{v.Imm, v.Imm}
	}
	if n := unsignedBits(v); n < 32 {
		s := span{0, 1<<n - 1}
		if v.Op == ir.OpI32ShrU || v.Op == ir.OpI32And {
			if a := arg(0); a.lo >= 0 {
				s.hi = min(s.hi, a.hi)
			}
		}
		return s
	}
	switch v.Op {
	case ir.OpLoad8S, ir.OpExtend8:
		return span{-128, 127}
	case ir.OpLoad16S, ir.OpExtend16:
		return span{-32768, 32767}
	case ir.OpI32Clz, ir.OpI32Ctz, ir.OpI32Popcnt:
		return span{0, 32}
	case ir.OpI32And:
		for i := range 2 {
			if a := arg(i); a.lo >= 0 {
				return span{0, a.hi}
			}
		}
	case ir.OpI32ShrU:
		if a := arg(0); a.lo >= 0 {
			return span{0, a.hi}
		}
	case ir.OpI32ShrS:
		if a := arg(0); isConst(v.Args[1]) {
			k := v.Args[1].Imm & 31
			return span{a.lo >> k, a.hi >> k}
		}
	case ir.OpI32Add:
		a, b := arg(0), arg(1)
		s := span{a.lo + b.lo, a.hi + b.hi}
		if s == s.within(anything) || a.lo >= 0 && b.lo >= 0 && x.parts(v) != nil {
			return s.within(anything)
		}
	case ir.OpI32Sub:
		a, b := arg(0), arg(1)
		if s := (span{a.lo - b.hi, a.hi - b.lo}); s == s.within(anything) {
			return s
		}
	case ir.OpI32Mul, ir.OpI32Shl:
		a, b := arg(0), arg(1)
		if v.Op == ir.OpI32Shl {
			if !isConst(v.Args[1]) {
				break
			}
			b = span{1 << (v.Args[1].Imm & 31), 1 << (v.Args[1].Imm & 31)}
		}
		if a.lo >= 0 && b.lo >= 0 && a.hi*b.hi <= math.MaxInt32 {
			return span{a.lo * b.lo, a.hi * b.hi}
		}
	case ir.OpI32RemU:
		if b := arg(1); b.lo > 0 {
			return span{0, b.hi - 1}
		}
	case ir.OpI32DivU:
		if a, b := arg(0), arg(1); a.lo >= 0 && b.lo > 0 {
			return span{0, a.hi / b.lo}
		}
	case ir.OpSelect:
		a, b := arg(0), arg(1)
		return span{min(a.lo, b.lo), max(a.hi, b.hi)}
	case ir.OpWrap:
		if n := unsignedBits(v.Args[0]); n < 32 {
			return span{0, 1<<n - 1}
		}
	case ir.OpPhi:
		return x.phiSpan(v, depth)
	}
	return anything
}

func (x *facts) phiSpan(v *ir.Value, depth int) span {
	if in, ok := x.loops[v]; ok {
		s := anything
		for i, init := range in.inits {
			a := x.span(init, depth)
			if i == 0 {
				s = a
			} else {
				s = span{min(s.lo, a.lo), max(s.hi, a.hi)}
			}
		}
		if in.up {
			s.hi = max(s.hi, in.top)
		} else {
			s.lo = math.MinInt32
		}
		return s
	}
	if v.Block.IsLoop() {
		return anything
	}
	s := x.span(v.Args[0], depth)
	for _, a := range v.Args[1:] {
		t := x.span(a, depth)
		s = span{min(s.lo, t.lo), max(s.hi, t.hi)}
	}
	return s
}

// exact reports whether the sum v = a + b is the sum of the numbers: it does
// not wrap around.
func (x *facts) exact(v *ir.Value, depth int) bool {
	a, b := x.span(v.Args[0], depth), x.span(v.Args[1], depth)
	if s := (span{a.lo + b.lo, a.hi + b.hi}); s == s.within(anything) {
		return true
	}
	// Two numbers that aren't negative wrap around to a negative one.
	known, ok := x.spans[v]
	return a.lo >= 0 && b.lo >= 0 && (ok && known.lo >= 0 || v.NonNeg || x.parts(v) != nil)
}

// parts recognises p + n where n <= u - p is known: then the sum is at most u,
// which it gives. None of the three is negative, so nothing wraps around.
func (x *facts) parts(sum *ir.Value) (u *ir.Value) {
	for i := range 2 {
		n, p := sum.Args[i], sum.Args[1-i]
		for _, f := range x.bounds[n] {
			if f.k > 0 || f.to.Op != ir.OpI32Sub || f.to.Args[1] != p {
				continue
			}
			u := f.to.Args[0]
			if x.span(n, 2).lo >= 0 && x.span(p, 2).lo >= 0 && x.span(u, 2).lo >= 0 {
				return u
			}
		}
	}
	return nil
}

// atMost proves a - b <= k.
func (x *facts) atMost(a, b *ir.Value, k int64, depth int) bool {
	if a == b {
		return k >= 0
	}
	sa, sb := x.span(a, min(depth, 3)), x.span(b, min(depth, 3))
	if sa.hi-sb.lo <= k {
		return true
	}
	if depth == 0 || x.work <= 0 {
		return false
	}
	x.work--
	depth--
	for _, f := range x.bounds[a] {
		if x.work <= 0 {
			return false
		}
		if x.atMost(f.to, b, k-f.k, depth) {
			return true
		}
	}
	return x.atMostAbove(a, b, k, depth) || x.atMostBelow(a, b, k, depth)
}

// atMostAbove replaces a by something that is not smaller.
func (x *facts) atMostAbove(a, b *ir.Value, k int64, depth int) bool {
	switch a.Op {
	case ir.OpI32Add:
		if u := x.parts(a); u != nil && x.atMost(u, b, k, depth) {
			return true
		}
		for i := range 2 {
			if x.exact(a, 3) && x.atMost(a.Args[i], b, k-x.span(a.Args[1-i], 3).hi, depth) {
				return true
			}
		}
	case ir.OpI32Sub:
		s, t := x.span(a.Args[0], 3), x.span(a.Args[1], 3)
		if s.lo-t.hi >= math.MinInt32 && s.hi-t.lo <= math.MaxInt32 {
			return x.atMost(a.Args[0], b, k+t.lo, depth)
		}
	case ir.OpI32And, ir.OpI32ShrU:
		return x.span(a.Args[0], 3).lo >= 0 && x.atMost(a.Args[0], b, k, depth)
	case ir.OpI32RemU:
		return x.span(a.Args[1], 3).lo > 0 && x.atMost(a.Args[1], b, k+1, depth)
	case ir.OpSelect:
		c := a.Args[2]
		if (c.Op == ir.OpI32LtS || c.Op == ir.OpI32LeS) && c.Args[0] == a.Args[0] && c.Args[1] == a.Args[1] { // the lesser of two
			return x.atMost(a.Args[0], b, k, depth) || x.atMost(a.Args[1], b, k, depth)
		}
		return x.atMost(a.Args[0], b, k, depth) && x.atMost(a.Args[1], b, k, depth)
	case ir.OpPhi:
		if in, ok := x.loops[a]; ok {
			return !in.up && len(in.inits) == 1 && x.atMost(in.inits[0], b, k, depth)
		}
		if a.Block.IsLoop() {
			return false
		}
		for _, v := range a.Args {
			if !x.atMost(v, b, k, depth) {
				return false
			}
		}
		return true
	}
	return false
}

// atMostBelow replaces b by something that is not greater.
func (x *facts) atMostBelow(a, b *ir.Value, k int64, depth int) bool {
	switch b.Op {
	case ir.OpI32Add:
		if x.exact(b, 3) {
			for i := range 2 {
				if x.atMost(a, b.Args[i], k+x.span(b.Args[1-i], 3).lo, depth) {
					return true
				}
			}
		}
	case ir.OpPhi:
		if in, ok := x.loops[b]; ok {
			return in.up && len(in.inits) == 1 && x.atMost(a, in.inits[0], k, depth)
		}
	}
	return false
}
