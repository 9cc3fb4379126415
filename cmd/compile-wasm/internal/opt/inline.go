package opt

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// What is copied to its callers. Found by trying: with more copies the module is
// larger, and what often runs is not faster.
const (
	tinyBody   = 6       // operations of a function that is copied to each caller: the call would be as large
	smallBody  = 16      // of one that is copied to each caller that often runs
	onlyCall   = 400     // of one that has a single caller
	largest    = 3000    // of a function that still takes copies
	frameBytes = 64      // of the frame of a function that is copied to a recursive one
	frameLimit = 4 << 10 // of the frame of any: each copy has its own, where calls would share one
	callWeight = 3       // operations that a call is as large as
)

// inliner copies callees to their callers.
type inliner struct {
	calls   map[*ir.Func]int  // of each function, in the whole program
	cyclic  map[*ir.Func]bool // functions that may call themselves, directly or not
	weights map[*ir.Func]int  // of functions whose own calls have been inlined
	often   map[*ir.Func]bool // functions that often run
}

// inlineAll copies callees to their callers, innermost first. The exports that
// often run, and all that they call, take copies of larger functions.
func inlineAll(funcs, often []*ir.Func) {
	in := &inliner{calls: map[*ir.Func]int{}, cyclic: recursive(funcs), weights: map[*ir.Func]int{}, often: map[*ir.Func]bool{}}
	for _, f := range reached(often) {
		in.often[f] = true
	}
	for _, f := range funcs {
		count(f, in.calls, 1)
	}
	done := map[*ir.Func]bool{}
	var visit func(f *ir.Func)
	visit = func(f *ir.Func) {
		if done[f] {
			return
		}
		done[f] = true
		for _, c := range callees(f) {
			visit(c)
		}
		if in.inlineCalls(f) {
			local(f)
		}
		in.weights[f] = weight(f)
	}
	for _, f := range funcs {
		visit(f)
	}
}

// count adds n to the number of each call that f has.
func count(f *ir.Func, calls map[*ir.Func]int, n int) {
	each(f, func(v *ir.Value) {
		if v.Op == ir.OpCall {
			calls[v.Callee] += n
		}
	})
}

func each(f *ir.Func, do func(v *ir.Value)) {
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			do(v)
		}
	}
}

// weight counts the operations that become code.
func weight(f *ir.Func) (n int) {
	each(f, func(v *ir.Value) {
		switch {
		case v.Op.IsConst(), v.Op == ir.OpPhi, v.Op == ir.OpParam, v.Op == ir.OpResult, v.Op == ir.OpSlot:
		case v.Op == ir.OpCall:
			n += callWeight
		default:
			n++
		}
	})
	return n + len(f.Blocks)
}

func frameSize(f *ir.Func) (n int) {
	for _, s := range f.Slots {
		n += s.Size
	}
	return n
}

// inlineCalls goes through f once, and through what it copies there, and then
// again as long as that leaves another function with a single caller.
func (in *inliner) inlineCalls(f *ir.Func) (changed bool) {
	size := weight(f)
	results := map[*ir.Value]*ir.Value{} // of the calls that are gone, for all of f at once
	for again := true; again; changed = changed || again {
		again = false
		todo := slices.Clone(f.Blocks)
		slices.Reverse(todo)
		for len(todo) > 0 {
			b := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			i := slices.IndexFunc(b.Values, func(v *ir.Value) bool { return v.Op == ir.OpCall && in.copies(f, v.Callee, size) })
			if i < 0 {
				continue
			}
			call := b.Values[i]
			for i, a := range call.Args {
				for results[a] != nil {
					a = results[a]
				}
				call.Args[i] = a
			}
			count(call.Callee, in.calls, 1)
			if in.calls[call.Callee]--; in.calls[call.Callee] == 0 {
				count(call.Callee, in.calls, -1) // nobody calls the original any more
			}
			size += in.weights[call.Callee] - callWeight + 1
			copied, after := expandCall(f, call, results)
			todo = append(todo, after)
			for _, c := range slices.Backward(copied) {
				todo = append(todo, c)
			}
			again = true
		}
		f.Dominators()
	}
	f.Replace(results)
	return changed
}

// copies reports whether f, which has grown to size, takes a copy of g in the
// place of a call.
func (in *inliner) copies(f, g *ir.Func, size int) bool {
	if g == f || g.Entry || len(g.Blocks) == 0 || in.cyclic[g] {
		return false
	}
	if frame := frameSize(g); frame > frameLimit || in.cyclic[f] && frame > frameBytes {
		return false
	}
	w := in.weights[g]
	return w <= tinyBody || w <= smallBody && in.often[f] || in.calls[g] == 1 && (w <= onlyCall || f.Entry) && size+w <= largest
}

// expandCall puts a copy of the callee in the place of a call, and notes what
// stands for the call's results now. It returns the copies of the callee's
// blocks, and the block with what comes after the call.
func expandCall(f *ir.Func, call *ir.Value, replace map[*ir.Value]*ir.Value) (copied []*ir.Block, after *ir.Block) {
	g, b := call.Callee, call.Block
	at := slices.Index(b.Values, call)
	after = f.NewBlock()
	after.Term, after.Ctrl, after.Succs = b.Term, b.Ctrl, b.Succs
	for _, s := range after.Succs {
		for i, p := range s.Preds {
			if p == b {
				s.Preds[i] = after
			}
		}
	}
	results := make([]*ir.Value, len(g.Results))
	after.Values = b.Values[at+1:]
	for len(after.Values) > 0 && after.Values[0].Op == ir.OpResult && after.Values[0].Args[0] == call {
		results[after.Values[0].Imm] = after.Values[0]
		after.Values = after.Values[1:]
	}
	for _, v := range after.Values {
		v.Block = after
	}
	if len(g.Results) == 1 {
		results[0] = call
	}
	b.Values = b.Values[:at:at]
	b.Term, b.Ctrl, b.Succs = ir.Jump, nil, nil

	blocks, values := copyBody(f, g, call.Args)
	b.Goto(blocks[g.Blocks[0]])
	var returned [][]*ir.Value
	for _, old := range g.Blocks {
		if old.Term == ir.Return {
			nb := blocks[old]
			var out []*ir.Value
			for _, v := range old.Ctrl {
				out = append(out, values[v])
			}
			returned = append(returned, out)
			nb.Goto(after)
		}
	}
	var phis []*ir.Value
	for i, r := range results {
		if r == nil {
			continue
		}
		if len(returned) == 1 {
			replace[r] = returned[0][i]
			continue
		}
		phi := f.NewValue(ir.OpPhi, g.Results[i])
		phi.Block = after
		for _, out := range returned {
			phi.Args = append(phi.Args, out[i])
		}
		phis = append(phis, phi)
		replace[r] = phi
	}
	if len(phis) > 0 {
		after.Values = append(phis, after.Values...)
	}
	for _, old := range g.Blocks {
		copied = append(copied, blocks[old])
	}
	return copied, after
}

// copyBody copies g's blocks to f, with args for its parameters. Returns are
// left open.
func copyBody(f, g *ir.Func, args []*ir.Value) (map[*ir.Block]*ir.Block, map[*ir.Value]*ir.Value) {
	blocks := map[*ir.Block]*ir.Block{}
	values := map[*ir.Value]*ir.Value{}
	slots := map[*ir.Slot]*ir.Slot{}
	for _, s := range g.Slots {
		slots[s] = &ir.Slot{Size: s.Size, Pos: s.Pos}
		f.Slots = append(f.Slots, slots[s])
	}
	for _, old := range g.Blocks {
		nb := f.NewBlock()
		blocks[old] = nb
		for _, v := range old.Values {
			if v.Op == ir.OpParam {
				values[v] = args[v.Imm]
				continue
			}
			nv := nb.Add(v.Op, v.Type)
			nv.Imm, nv.Callee, nv.Slot, nv.NonNeg, nv.Claimed = v.Imm, v.Callee, slots[v.Slot], v.NonNeg, v.Claimed
			values[v] = nv
		}
	}
	for _, old := range g.Blocks {
		nb := blocks[old]
		for _, v := range old.Values {
			if v.Op == ir.OpParam {
				continue
			}
			for _, a := range v.Args {
				values[v].Args = append(values[v].Args, values[a])
			}
		}
		nb.Term = old.Term
		for _, p := range old.Preds {
			nb.Preds = append(nb.Preds, blocks[p])
		}
		for _, s := range old.Succs {
			nb.Succs = append(nb.Succs, blocks[s])
		}
		if old.Term != ir.Return {
			for _, v := range old.Ctrl {
				nb.Ctrl = append(nb.Ctrl, values[v])
			}
		}
	}
	return blocks, values
}
