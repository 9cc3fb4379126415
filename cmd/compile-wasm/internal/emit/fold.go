package emit

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// rematerialised values are computed anew at each use.
func rematerialised(v *ir.Value) bool { return v.Op.IsConst() || v.Op == ir.OpSlot }

// folds chooses the values that are computed at their only use instead of
// being kept in a local; the result is indexed by value ID.
func folds(f *ir.Func) []bool {
	folded := make([]bool, f.NumValues())
	uses := f.Uses()
	user := make([]*ir.Value, f.NumValues()) // of values used once by a value
	ends := make([]*ir.Block, f.NumValues()) // of values used once by the end of a block or on its way out
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			for k, a := range v.Args {
				if v.Op == ir.OpPhi {
					ends[a.ID] = b.Preds[k]
				} else {
					user[a.ID] = v
				}
			}
		}
		for _, a := range b.Ctrl {
			ends[a.ID] = b
		}
	}
	for _, b := range f.Blocks {
		foldBlock(b, folded, uses, user, ends)
	}
	return folded
}

func foldBlock(b *ir.Block, folded []bool, uses []int, user []*ir.Value, ends []*ir.Block) {
	n := len(b.Values)
	root := make(map[*ir.Value]int, n) // where each value is computed
	// before[e][i] counts the values before i that have the effect e.
	before := map[ir.Effect][]int{ir.Reads: nil, ir.Writes: nil, ir.ReadsDead: nil, ir.Clobbers: nil}
	for e := range before {
		before[e] = make([]int, n+1)
		for i, v := range b.Values {
			before[e][i+1] = before[e][i]
			if v.Effect()&e != 0 {
				before[e][i+1]++
			}
		}
	}
	for i := n - 1; i >= 0; i-- {
		v := b.Values[i]
		root[v] = i
		if uses[v.ID] != 1 || v.Type == ir.Void || rematerialised(v) || v.Op == ir.OpPhi || v.Op == ir.OpParam || v.Op == ir.OpResult {
			continue
		}
		at := n
		switch u := user[v.ID]; {
		case u == nil:
			if ends[v.ID] != b || b.Term == ir.If && ends[v.ID] != nil && b.Ctrl[0] != v {
				continue
			}
		case u.Block != b || u.Op == ir.OpResult || uses[u.ID] == 0 && u.Type != ir.Void && u.Effect()&^(ir.Traps|ir.Clobbers) == 0:
			continue
		default:
			at = root[u]
		}
		if crosses(v.Effect(), func(e ir.Effect) bool { return before[e][at] != before[e][i+1] }) {
			continue
		}
		folded[v.ID] = true
		root[v] = at
	}
}

// crosses reports whether something with the effects e can be told to have moved
// past what there is on its way.
func crosses(e ir.Effect, there func(ir.Effect) bool) bool {
	return e&ir.Reads != 0 && there(ir.Writes) ||
		e&ir.Writes != 0 && (there(ir.Writes) || there(ir.Reads)) ||
		e&ir.ReadsDead != 0 && there(ir.Clobbers) ||
		e&ir.Clobbers != 0 && there(ir.ReadsDead)
}
