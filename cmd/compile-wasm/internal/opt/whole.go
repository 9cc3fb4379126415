package opt

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// effects finds out what calling each function can do: functions that only
// read, or neither read nor write, let what is known of memory stand.
func effects(funcs []*ir.Func) {
	for _, f := range funcs {
		f.Without = ir.Reads | ir.Writes | ir.Traps | ir.Clobbers
	}
	cyclic := recursive(funcs)
	for changed := true; changed; {
		changed = false
		for _, f := range slices.Backward(funcs) { // callees first: one round settles most
			if w := f.Without &^ does(f, cyclic[f]); w != f.Without {
				f.Without, changed = w, true
			}
		}
	}
}

// does is what f's own operations do, apart from its own frame. A loop may not
// end, and a recursive function either, which is as good as a trap.
func does(f *ir.Func, recursive bool) (e ir.Effect) {
	if recursive {
		e = ir.Traps
	}
	for _, b := range f.Blocks {
		if b.Term == ir.Unreachable || b.IsLoop() {
			e |= ir.Traps
		}
		for _, v := range b.Values {
			switch {
			case v.Op == ir.OpSlot:
				e |= ir.Clobbers
			case (v.Op.IsLoad() || v.Op.IsStore() || v.Op == ir.OpFill) && inFrame(v.Args[0]):
			default:
				e |= v.Effect() &^ ir.ReadsDead
			}
		}
	}
	return e
}

// inFrame reports whether an address lies in the function's own frame.
func inFrame(v *ir.Value) bool {
	for v.Op == ir.OpOffset {
		v = v.Args[0]
	}
	return v.Op == ir.OpSlot
}

// parameters finds out which parameters are never 0, whatever calls there are:
// first all are taken to be so, then those that a call proves wrong are struck
// off until none is left to strike.
func parameters(funcs []*ir.Func) {
	type argument struct {
		caller *ir.Func
		v      *ir.Value
		sure   bool
	}
	args := map[*ir.Func][][]argument{} // by callee and parameter
	for _, f := range funcs {
		f.NonNil = nil
	}
	for _, f := range funcs {
		f.Dominators()
		s := newSharer(f)
		s.run()
		clean(f)
		for _, b := range f.Blocks {
			for _, v := range b.Values {
				if v.Op != ir.OpCall {
					continue
				}
				if args[v.Callee] == nil {
					args[v.Callee] = make([][]argument, len(v.Args))
				}
				for i, a := range v.Args {
					args[v.Callee][i] = append(args[v.Callee][i], argument{f, a, s.nonzero[v] != nil && s.nonzero[v][i]})
				}
			}
		}
	}
	for _, f := range funcs {
		f.NonNil = make([]bool, len(f.Params))
		for i := range f.NonNil {
			f.NonNil[i] = !f.Entry && f.Params[i] == ir.I32
		}
	}
	for changed := true; changed; {
		changed = false
		for _, f := range funcs {
			for i, list := range args[f] {
				for _, a := range list {
					ok := a.sure || a.v.Op == ir.OpParam && a.caller.NonNil[a.v.Imm]
					if !ok && f.NonNil[i] {
						f.NonNil[i], changed = false, true
					}
				}
			}
		}
	}
}
