package opt

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// clean removes values that nothing uses and blocks that nothing reaches, folds
// branches on constants and joins blocks that follow each other.
func clean(f *ir.Func) (changed bool) {
	for {
		again := foldBranches(f)
		f.Dominators()
		again = joinBlocks(f) || again
		again = skipBlocks(f) || again
		again = removeDead(f) || again
		if !again {
			f.Dominators()
			return changed
		}
		changed = true
	}
}

func removeDead(f *ir.Func) (changed bool) {
	live := make([]bool, f.NumValues())
	var todo []*ir.Value
	need := func(v *ir.Value) {
		if !live[v.ID] {
			live[v.ID] = true
			todo = append(todo, v)
		}
	}
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if v.Effect()&(ir.Writes|ir.Traps) != 0 {
				need(v)
			}
		}
		for _, v := range b.Ctrl {
			need(v)
		}
	}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, a := range v.Args {
			need(a)
		}
	}
	for _, b := range f.Blocks {
		n := len(b.Values)
		b.Values = slices.DeleteFunc(b.Values, func(v *ir.Value) bool { return !live[v.ID] })
		changed = changed || len(b.Values) != n
	}
	return changed
}

// foldBranches decides branches on constants, and ends blocks at checks that
// always trap.
func foldBranches(f *ir.Func) (changed bool) {
	for _, b := range f.Blocks {
		if b.Term == ir.If && b.Ctrl[0].Op == ir.OpI32Const {
			if b.Ctrl[0].Imm != 0 {
				b.RemoveEdge(1)
			} else {
				b.RemoveEdge(0)
			}
			b.Term, b.Ctrl = ir.Jump, nil
			changed = true
		}
		if b.Term == ir.If && b.Succs[0] == b.Succs[1] && len(b.Succs[0].Phis()) == 0 {
			b.RemoveEdge(1)
			b.Term, b.Ctrl = ir.Jump, nil
			changed = true
		}
		for i, v := range b.Values {
			if v.Op != ir.OpCheck || v.Args[0].Op != ir.OpI32Const {
				continue
			}
			if v.Args[0].Imm != 0 {
				b.Values = b.Values[:i]
				for len(b.Succs) > 0 {
					b.RemoveEdge(0)
				}
				b.Term, b.Ctrl = ir.Unreachable, nil
				changed = true
				break
			}
		}
		n := len(b.Values)
		b.Values = slices.DeleteFunc(b.Values, func(v *ir.Value) bool { return v.Op == ir.OpCheck && v.Args[0].IsConst(0) })
		changed = changed || n != len(b.Values)
	}
	return changed
}

// joinBlocks appends a block to its only predecessor, if that one has no other
// way to go.
func joinBlocks(f *ir.Func) (changed bool) {
	replace := map[*ir.Value]*ir.Value{}
	joined := map[*ir.Block]bool{}
	for _, b := range f.Blocks {
		for b.Term == ir.Jump && len(b.Succs[0].Preds) == 1 && b.Succs[0] != b && b.Succs[0] != f.Blocks[0] {
			next := b.Succs[0]
			for _, phi := range next.Phis() {
				replace[phi] = phi.Args[0]
			}
			for _, v := range next.Values[len(next.Phis()):] {
				v.Block = b
				b.Values = append(b.Values, v)
			}
			b.Term, b.Ctrl, b.Succs = next.Term, next.Ctrl, next.Succs
			for _, s := range b.Succs {
				for i, p := range s.Preds {
					if p == next {
						s.Preds[i] = b
					}
				}
			}
			next.Values, next.Succs, next.Preds, next.Ctrl, next.Term = nil, nil, nil, nil, ir.Unreachable
			joined[next] = true
		}
	}
	f.Replace(replace)
	f.Blocks = slices.DeleteFunc(f.Blocks, func(x *ir.Block) bool { return joined[x] })
	return len(joined) > 0
}

// skipBlocks leads edges past empty blocks that only jump on to one without phis.
func skipBlocks(f *ir.Func) (changed bool) {
	for _, b := range f.Blocks {
		if b == f.Blocks[0] || b.Term != ir.Jump || len(b.Values) > 0 || len(b.Succs) == 0 {
			continue
		}
		to := b.Succs[0]
		if to == b || len(to.Phis()) > 0 || len(b.Preds) == 0 {
			continue
		}
		i := slices.Index(to.Preds, b)
		to.Preds = slices.Delete(to.Preds, i, i+1)
		for _, p := range b.Preds {
			p.Succs[slices.Index(p.Succs, b)] = to
			to.Preds = append(to.Preds, p)
		}
		b.Preds, b.Succs, b.Term = nil, nil, ir.Unreachable
		changed = true
	}
	if changed {
		f.Dominators()
	}
	return changed
}
