package emit

import (
	"cmp"
	"slices"

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
		w := &writer{f: f, opt: opt, touches: all, frame: frames[f], moves: callsAny(f, users), folded: make([]bool, f.NumValues()), local: make([]int, f.NumValues())}
		w.uses = f.Uses()
		if opt.Fold {
			w.folded = folds(f)
			w.local, w.locals = locals(f, w.folded, w.uses)
		}
		if err := w.function(); err != nil {
			return nil, err
		}
		if opt.Fold {
			w.code = tidy(f, w.types(), w.code)
			w.locals = renumber(w.code, len(f.Params), w.types())
		}
		e := &encoder{index: index}
		e.encode(w.code, len(f.Results) > 0)
		out[i] = wasm.Func{Name: f.Name, Sig: signature(f), Locals: w.locals, Code: e.code}
	}
	return out, nil
}

func signature(f *ir.Func) (sig wasm.Signature) {
	for _, t := range f.Params {
		sig.Params = append(sig.Params, byte(t))
	}
	for _, t := range f.Results {
		sig.Results = append(sig.Results, byte(t))
	}
	return sig
}

// types are those of all locals, the parameters first.
func (w *writer) types() (list []ir.Type) {
	list = append(list, w.f.Params...)
	for _, t := range w.locals {
		list = append(list, ir.Type(t))
	}
	return list
}

// renumber drops the locals that code doesn't use, and puts the rest in the
// order of their types, and of how often they are used. It returns the types of
// those after the parameters.
func renumber(code []instr, params int, types []ir.Type) (locals []byte) {
	uses := make([]int, len(types))
	each := func(do func(i *instr)) {
		walk(code, func(i *instr) {
			if i.op == opGet || i.op == opSet || i.op == opTee {
				do(i)
			}
		})
	}
	each(func(i *instr) { uses[i.n]++ })
	var used []int
	for k := params; k < len(types); k++ {
		if uses[k] > 0 {
			used = append(used, k)
		}
	}
	slices.SortStableFunc(used, func(a, b int) int {
		return cmp.Or(cmp.Compare(types[b], types[a]), cmp.Compare(uses[b], uses[a]))
	})
	number := make([]int64, len(types))
	for k := range params {
		number[k] = int64(k)
	}
	for k, old := range used {
		number[old] = int64(params + k)
		locals = append(locals, byte(types[old]))
	}
	each(func(i *instr) { i.n = number[i.n] })
	return locals
}
