package ir

import (
	"fmt"
	"strings"
)

// String is a listing of f, for tests and for people looking for a fault.
func (f *Func) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "func %s %v %v\n", f.Name, f.Params, f.Results)
	for _, b := range f.Blocks {
		fmt.Fprintf(&s, "b%d:", b.ID)
		for _, p := range b.Preds {
			fmt.Fprintf(&s, " <b%d", p.ID)
		}
		s.WriteByte('\n')
		for _, v := range b.Values {
			fmt.Fprintf(&s, "  v%d %s = %s", v.ID, v.Type, v.Op)
			for _, a := range v.Args {
				fmt.Fprintf(&s, " v%d", a.ID)
			}
			if v.Callee != nil {
				fmt.Fprintf(&s, " %s", v.Callee.Name)
			}
			if v.Imm != 0 || v.Op.IsConst() {
				fmt.Fprintf(&s, " #%d", v.Imm)
			}
			s.WriteByte('\n')
		}
		fmt.Fprintf(&s, "  %s", [...]string{"jump", "if", "return", "unreachable"}[b.Term])
		for _, a := range b.Ctrl {
			fmt.Fprintf(&s, " v%d", a.ID)
		}
		for _, x := range b.Succs {
			fmt.Fprintf(&s, " b%d", x.ID)
		}
		s.WriteByte('\n')
	}
	return s.String()
}
