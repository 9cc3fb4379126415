package opt

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// callees are the functions that f calls, in order, one for each call.
func callees(f *ir.Func) (out []*ir.Func) {
	each(f, func(v *ir.Value) {
		if v.Op == ir.OpCall {
			out = append(out, v.Callee)
		}
	})
	return out
}

// recursive finds the functions that may call themselves, directly or through
// others: those that lie on a cycle of calls (Tarjan, 1972).
func recursive(funcs []*ir.Func) map[*ir.Func]bool {
	var (
		cyclic = map[*ir.Func]bool{}
		number = map[*ir.Func]int{} // in the order of the walk, from 1
		open   []*ir.Func           // functions whose component isn't complete yet
		isOpen = map[*ir.Func]bool{}
		visit  func(f *ir.Func) int
	)
	visit = func(f *ir.Func) (lowest int) {
		number[f] = len(number) + 1
		lowest = number[f]
		at := len(open)
		open, isOpen[f] = append(open, f), true
		for _, g := range callees(f) {
			switch {
			case g == f:
				cyclic[f] = true
			case number[g] == 0:
				lowest = min(lowest, visit(g))
			case isOpen[g]:
				lowest = min(lowest, number[g])
			}
		}
		if lowest == number[f] {
			for _, g := range open[at:] {
				isOpen[g] = false
				cyclic[g] = cyclic[g] || len(open)-at > 1
			}
			open = open[:at]
		}
		return lowest
	}
	for _, f := range funcs {
		if number[f] == 0 {
			visit(f)
		}
	}
	return cyclic
}
