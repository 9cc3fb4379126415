package emit

import (
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

// Options are the emitter's.
type Options struct {
	Fold        bool // compute values where they are used
	StackTop    int  // where the shadow stack begins
	StackGlobal int  // the global that holds the stack pointer
	ClaimGlobal int  // the global that is set when a claim is wrong
}

// Functions writes all functions; a call's index is the callee's place in funcs.
func Functions(funcs []*ir.Func, opt Options) ([]wasm.Func, error) {
	index := map[*ir.Func]int{}
	frames := map[*ir.Func]int{}
	for i, f := range funcs {
		index[f] = i
		f.SplitEdges()
		f.Dominators()
		orderComparisons(f)
		frames[f] = layFrame(f)
	}
	users, all := stackUsers(funcs, frames), findTouches(funcs, frames)
	out := make([]wasm.Func, len(funcs))
	for i, f := range funcs {
		if err := f.Verify(); err != nil {
			return nil, err
		}
		w := &writer{f: f, opt: opt, index: index, touches: all, frame: frames[f], moves: callsAny(f, users), folded: make([]bool, f.NumValues()), local: make([]int, f.NumValues())}
		w.uses = f.Uses()
		if opt.Fold {
			w.folded = folds(f)
			w.local, w.locals = locals(f, w.folded, w.uses)
		}
		code, err := w.function()
		if err != nil {
			return nil, err
		}
		out[i] = *code
	}
	return out, nil
}
