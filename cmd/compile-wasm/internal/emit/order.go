package emit

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// checkOrder proves that a block's values were computed in an order that its
// reads and writes can't tell from the one in the ir: no read changed places
// with a write, nor a write with another, nothing was left out or done twice.
func checkOrder(b *ir.Block, emitted []*ir.Value) error {
	place := map[*ir.Value]int{}
	for i, v := range b.Values {
		place[v] = i
	}
	seen := map[*ir.Value]bool{}
	lastWrite, lastRead := -1, -1
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
		e := v.Effect()
		if e&ir.Reads != 0 && i < lastWrite || e&ir.Writes != 0 && i < max(lastWrite, lastRead) {
			return fmt.Errorf("%s: b%d: v%d = %s has moved past a read or write", b.Func.Name, b.ID, v.ID, v.Op)
		}
		if e&ir.Reads != 0 {
			lastRead = max(lastRead, i)
		}
		if e&ir.Writes != 0 {
			lastWrite = max(lastWrite, i)
		}
	}
	for _, v := range b.Values {
		if v.Effect()&(ir.Writes|ir.Traps) != 0 && !seen[v] {
			return fmt.Errorf("%s: b%d: v%d = %s was left out", b.Func.Name, b.ID, v.ID, v.Op)
		}
	}
	return nil
}
