package emit

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// checkOrder proves that a block's values were computed in an order that can't be
// told from the one in the ir: no two values of which one writes what the other
// reads or writes changed places, and nothing was left out or done twice.
func checkOrder(b *ir.Block, emitted []*ir.Value, all touches) error {
	place := map[*ir.Value]int{}
	for i, v := range b.Values {
		place[v] = i
	}
	seen := map[*ir.Value]bool{}
	// The last place, in the ir, of what has been computed and touches something.
	last := map[touch]int{}
	for _, v := range emitted {
		if rematerialised(v) {
			continue
		}
		i, ok := place[v]
		if !ok || seen[v] {
			return fmt.Errorf("%s: b%d: v%d is computed twice, or in another block", b.Func.Name, b.ID, v.ID)
		}
		seen[v] = true
		for _, a := range v.Args {
			if a.Block == b && a.Op != ir.OpPhi && a.Op != ir.OpParam && !rematerialised(a) && !seen[a] {
				return fmt.Errorf("%s: b%d: v%d is computed before v%d, which it uses", b.Func.Name, b.ID, v.ID, a.ID)
			}
		}
		t := all.of(v)
		for u, at := range last {
			if i < at && t.before(u) {
				return fmt.Errorf("%s: b%d: v%d = %s has moved past a read or write", b.Func.Name, b.ID, v.ID, v.Op)
			}
		}
		if at, ok := last[t]; !ok || at < i {
			last[t] = i
		}
	}
	for _, v := range b.Values {
		if t := all.of(v); (t.writes || t.traps) && !seen[v] {
			return fmt.Errorf("%s: b%d: v%d = %s was left out", b.Func.Name, b.ID, v.ID, v.Op)
		}
	}
	return nil
}
