package ir

import "fmt"

// Verify reports the first thing in f that no correct pass leaves behind: a
// use that its definition does not dominate, an edge known at one end only, a
// wrong number or type of arguments. Dominators must be up to date.
func (f *Func) Verify() error {
	place := map[*Value]int{}
	home := map[*Value]*Block{}
	for _, b := range f.Blocks {
		for i, v := range b.Values {
			if v.Block != b {
				return fmt.Errorf("%s: v%d in b%d believes to be elsewhere", f.Name, v.ID, b.ID)
			}
			if home[v] != nil {
				return fmt.Errorf("%s: v%d is in two places", f.Name, v.ID)
			}
			place[v], home[v] = i, b
		}
	}
	for _, b := range f.Blocks {
		if err := f.verifyEdges(b); err != nil {
			return err
		}
		for i, v := range b.Values {
			if v.Op == OpPhi && i > 0 && b.Values[i-1].Op != OpPhi {
				return fmt.Errorf("%s: phi v%d after other values", f.Name, v.ID)
			}
			for k, a := range v.Args {
				at := b
				n := i
				if v.Op == OpPhi {
					at, n = b.Preds[k], len(b.Preds[k].Values)
				}
				if !f.available(home[a], place[a], at, n) {
					return fmt.Errorf("%s: b%d: v%d = %s uses v%d (%s) before it is there", f.Name, b.ID, v.ID, v.Op, a.ID, a.Op)
				}
			}
			if err := f.verifyTypes(v); err != nil {
				return err
			}
		}
		for _, a := range b.Ctrl {
			if !f.available(home[a], place[a], b, len(b.Values)) {
				return fmt.Errorf("%s: the end of b%d uses v%d before it is there", f.Name, b.ID, a.ID)
			}
		}
	}
	return nil
}

func (f *Func) available(def *Block, i int, use *Block, n int) bool {
	if def == nil {
		return false
	}
	if def == use {
		return i < n
	}
	return def.Dominates(use)
}

func (f *Func) verifyEdges(b *Block) error {
	count := func(list []*Block, x *Block) (n int) {
		for _, y := range list {
			if x == y {
				n++
			}
		}
		return n
	}
	want := map[Term][2]int{Jump: {1, 0}, If: {2, 1}, Return: {0, len(f.Results)}, Unreachable: {0, 0}}[b.Term]
	if len(b.Succs) != want[0] || len(b.Ctrl) != want[1] {
		return fmt.Errorf("%s: b%d ends wrongly", f.Name, b.ID)
	}
	for _, s := range b.Succs {
		if count(b.Succs, s) != count(s.Preds, b) {
			return fmt.Errorf("%s: edge b%d to b%d is known at one end", f.Name, b.ID, s.ID)
		}
	}
	for _, phi := range b.Phis() {
		if len(phi.Args) != len(b.Preds) {
			return fmt.Errorf("%s: phi v%d has %d arguments for %d predecessors", f.Name, phi.ID, len(phi.Args), len(b.Preds))
		}
	}
	if b.Term == Return {
		for i, a := range b.Ctrl {
			if a.Type != f.Results[i] {
				return fmt.Errorf("%s: result %d is %s, not %s", f.Name, i, a.Type, f.Results[i])
			}
		}
	}
	return nil
}

func (f *Func) verifyTypes(v *Value) error {
	bad := func(what string) error { return fmt.Errorf("%s: v%d = %s: %s", f.Name, v.ID, v.Op, what) }
	switch {
	case v.Op == OpPhi:
		for _, a := range v.Args {
			if a.Type != v.Type {
				return bad("arguments of several types")
			}
		}
	case v.Op == OpCall:
		if len(v.Args) != len(v.Callee.Params) {
			return bad("wrong number of arguments for " + v.Callee.Name)
		}
		for i, a := range v.Args {
			if a.Type != v.Callee.Params[i] {
				return bad("wrong type of argument for " + v.Callee.Name)
			}
		}
	case v.Op.IsLoad(), v.Op == OpOffset, v.Op == OpCheck, v.Op == OpClaim:
		if len(v.Args) != 1 || v.Args[0].Type != I32 {
			return bad("wants one i32")
		}
	case v.Op.IsStore():
		if len(v.Args) != 2 || v.Args[0].Type != I32 {
			return bad("wants an address and a value")
		}
	case v.Op == OpSelect:
		if len(v.Args) != 3 || v.Args[0].Type != v.Type || v.Args[1].Type != v.Type || v.Args[2].Type != I32 {
			return bad("wants two alike and a condition")
		}
	}
	if v.Op < OpPhi && v.Op != OpSelect && v.Op != OpGlobalGet && v.Type != v.Op.ResultType() {
		return bad("yields " + v.Op.ResultType().String() + ", marked " + v.Type.String())
	}
	return nil
}
