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
	// reads[i] and writes[i] count such values before i.
	reads, writes := make([]int, n+1), make([]int, n+1)
	for i, v := range b.Values {
		e := v.Effect()
		reads[i+1], writes[i+1] = reads[i], writes[i]
		if e&ir.Reads != 0 {
			reads[i+1]++
		}
		if e&ir.Writes != 0 {
			writes[i+1]++
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
		case u.Block != b || u.Op == ir.OpResult || uses[u.ID] == 0 && u.Type != ir.Void && u.Effect()&^ir.Traps == 0:
			continue
		default:
			at = root[u]
		}
		e := v.Effect()
		if e&ir.Reads != 0 && writes[at] != writes[i+1] {
			continue
		}
		if e&ir.Writes != 0 && (writes[at] != writes[i+1] || reads[at] != reads[i+1]) {
			continue
		}
		folded[v.ID] = true
		root[v] = at
	}
}
