package emit

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// touch is what executing something may do to memory, and whether it may end the
// call. It is found from the functions as they are written, apart from the
// effects that the optimiser found and the folder goes by: checkOrder is there to
// notice when those are wrong.
//
// Memory has three parts. The frames of functions that have returned lie below
// the stack pointer, and the running function's frame and all else above it. So
//   - what a function does to its own frame touches nothing of its caller's but
//     what lies below the caller's stack pointer;
//   - there the caller reads only what a call has just returned to it by address;
//   - and any call of a function that has a frame may write there.
type touch struct {
	reads, writes bool // above the stack pointer
	readsBelow    bool
	writesBelow   bool
	traps         bool
}

func (t touch) or(u touch) touch {
	return touch{t.reads || u.reads, t.writes || u.writes, t.readsBelow || u.readsBelow, t.writesBelow || u.writesBelow, t.traps || u.traps}
}

// before reports whether what touches t can be told to have come after instead
// of before what touches u.
func (t touch) before(u touch) bool {
	return t.reads && u.writes || t.writes && (u.writes || u.reads) || t.readsBelow && u.writesBelow || t.writesBelow && u.readsBelow
}

// touches is what calling each function touches.
type touches map[*ir.Func]touch

// findTouches starts from what each function touches by itself, and adds what
// its callees do until nothing is added any more.
func findTouches(funcs []*ir.Func, frames map[*ir.Func]int) touches {
	all := touches{}
	for _, f := range funcs {
		all[f] = touch{writesBelow: frames[f] > 0}
	}
	for changed := true; changed; {
		changed = false
		for _, f := range slices.Backward(funcs) { // callees first: one round settles most
			sum := all[f]
			for _, b := range f.Blocks {
				sum.traps = sum.traps || b.Term == ir.Unreachable || b.IsLoop()
				for _, v := range b.Values {
					if (v.Op.IsLoad() || v.Op.IsStore() || v.Op == ir.OpFill) && slotBased(v.Args[0]) {
						continue
					}
					t := all.of(v)
					t.readsBelow = false // of its own callee's frame
					t.traps = t.traps || v.Op == ir.OpCall && v.Callee == f
					sum = sum.or(t)
				}
			}
			if sum != all[f] {
				all[f], changed = sum, true
			}
		}
	}
	return all
}

// of is what executing one value touches.
func (all touches) of(v *ir.Value) touch {
	switch {
	case v.Op == ir.OpCall:
		return all[v.Callee]
	case v.Op.IsLoad():
		return touch{reads: true, readsBelow: callBased(v.Args[0])}
	case v.Op == ir.OpCopy:
		return touch{reads: true, writes: true, traps: true, readsBelow: callBased(v.Args[1])}
	case v.Op == ir.OpCheck, v.Op == ir.OpClaim:
		return touch{traps: true}
	}
	e := v.Op.Effect()
	return touch{reads: e&ir.Reads != 0, writes: e&ir.Writes != 0, traps: e&ir.Traps != 0}
}

// slotBased reports whether an address lies in the function's own frame.
func slotBased(v *ir.Value) bool {
	return v.Op == ir.OpSlot || v.Op == ir.OpOffset && slotBased(v.Args[0])
}

// callBased reports whether an address came out of a call.
func callBased(v *ir.Value) bool {
	switch v.Op {
	case ir.OpCall, ir.OpResult:
		return true
	case ir.OpOffset, ir.OpI32Add:
		for _, a := range v.Args {
			if callBased(a) {
				return true
			}
		}
	}
	return false
}
