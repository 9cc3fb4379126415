package opt

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// Options say what to do.
type Options struct {
	Optimise bool
	// Claims keeps each condition that the optimiser decided as a claim, which the
	// program then checks. For tests: what was wrongly proved shows where it
	// happens, even if the answer is right by luck, or Go panics in its place.
	Claims bool
	// Often are the exports that often run: they and what they call may be larger,
	// to be faster.
	Often []*ir.Func
}

// Program optimises funcs and returns those that exports reach, in an order that
// depends on the program alone.
func Program(funcs, exports []*ir.Func, o Options) ([]*ir.Func, error) {
	if !o.Optimise {
		return reached(exports), nil
	}
	for _, f := range funcs {
		f.Claims = o.Claims
		local(f)
		if err := f.Verify(); err != nil {
			return nil, fmt.Errorf("after the first passes: %w", err)
		}
	}
	effects(funcs)
	inlineAll(funcs, o.Often)
	for range 2 {
		funcs = reached(exports)
		effects(funcs)
		parameters(funcs)
		for _, f := range funcs {
			local(f)
		}
	}
	for _, f := range funcs {
		expand(f)
		local(f)
		if err := f.Verify(); err != nil {
			return nil, fmt.Errorf("after optimising: %w", err)
		}
	}
	return reached(exports), nil
}

// local runs the passes over one function until they find nothing more to do,
// or have had their turns.
func local(f *ir.Func) {
	const turns = 4
	f.Dominators()
	for range turns {
		changed := promote(f)
		changed = simplify(f) || changed
		changed = share(f) || changed
		changed = clean(f) || changed
		if !changed {
			return
		}
	}
}

// reached lists exports and all that they call, callers first.
func reached(exports []*ir.Func) (out []*ir.Func) {
	seen := map[*ir.Func]bool{}
	var visit func(f *ir.Func)
	visit = func(f *ir.Func) {
		if seen[f] {
			return
		}
		seen[f] = true
		out = append(out, f)
		for _, b := range f.Blocks {
			for _, v := range b.Values {
				if v.Op == ir.OpCall {
					visit(v.Callee)
				}
			}
		}
	}
	for _, f := range exports {
		visit(f)
	}
	return out
}
