package analyse

import (
	"fmt"
	"go/token"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"golang.org/x/tools/go/ssa"
)

// Site is a place that takes memory from the heap.
type Site struct {
	Pos  token.Pos
	What string
}

// Sites lists what allocates in f itself.
func Sites(f *ssa.Function, e *Escapes) (out []Site) {
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			if what := allocates(in, e); what != "" {
				out = append(out, Site{in.Pos(), what})
			}
		}
	}
	return out
}

func allocates(in ssa.Instruction, e *Escapes) string {
	switch v := in.(type) {
	case *ssa.Alloc:
		if e.Of(v) {
			return "variable " + v.Comment + " outlives its function"
		}
	case *ssa.MakeSlice:
		return "make"
	case *ssa.BinOp:
		if v.Op == token.ADD && layout.IsString(v.X.Type()) {
			return "string concatenation"
		}
	case *ssa.Convert:
		from, to := v.X.Type(), v.Type()
		switch {
		case layout.IsString(to) && layout.IsString(from):
		case layout.IsString(to) && layout.IsBytes(from):
			if !ComparedOnly(v) {
				return "string of bytes"
			}
		case layout.IsString(to):
			return "string of a rune"
		case layout.IsString(from):
			return "bytes of a string"
		}
	case *ssa.Call:
		if b, ok := v.Call.Value.(*ssa.Builtin); ok && b.Name() == "append" {
			return "append"
		}
	}
	return ""
}

// AllocationPath is how the call of root comes to an allocation, outermost
// call first, one step a line; nil if it never does.
func (g *Graph) AllocationPath(root *ssa.Function, e *Escapes) []string {
	type step struct {
		f   *ssa.Function
		via *step
		pos token.Pos
	}
	seen := map[*ssa.Function]bool{root: true}
	todo := []*step{{f: root}}
	for len(todo) > 0 {
		s := todo[0]
		todo = todo[1:]
		if sites := Sites(s.f, e); len(sites) > 0 {
			lines := []string{fmt.Sprintf("%s: %s", g.Prog.Position(sites[0].Pos), sites[0].What)}
			for ; s.via != nil; s = s.via {
				lines = append([]string{fmt.Sprintf("%s: calls %s", g.Prog.Position(s.pos), load.Short(s.f.String()))}, lines...)
			}
			return lines
		}
		for _, c := range g.Calls[s.f] {
			if !seen[c.Callee] {
				seen[c.Callee] = true
				todo = append(todo, &step{c.Callee, s, c.Pos})
			}
		}
	}
	return nil
}

// ComparedOnly reports whether the string made of bytes is only compared, before
// anything could change the bytes: then it needs no copy.
func ComparedOnly(v *ssa.Convert) bool {
	if v.Referrers() == nil {
		return false
	}
	b := v.Block()
	at := map[ssa.Instruction]int{}
	for i, in := range b.Instrs {
		at[in] = i
	}
	last := -1
	for _, r := range *v.Referrers() {
		switch o := r.(type) {
		case *ssa.DebugRef:
			continue
		case *ssa.BinOp:
			if o.Op == token.ADD || o.Block() != b {
				return false
			}
		default:
			return false
		}
		last = max(last, at[r])
	}
	for i := at[v] + 1; i < last; i++ {
		if MayWrite(b.Instrs[i]) {
			return false
		}
	}
	return true
}

// MayWrite reports whether in may change memory that its function sees.
func MayWrite(in ssa.Instruction) bool {
	switch in := in.(type) {
	case *ssa.Store, *ssa.Alloc, *ssa.MakeSlice:
		return true
	case *ssa.Call:
		if b, ok := in.Call.Value.(*ssa.Builtin); ok {
			switch b.Name() {
			case "len", "cap", "min", "max", "ssa:wrapnilchk", "Slice", "String", "Add", "SliceData", "StringData":
				return false
			}
		}
		return true
	case *ssa.BinOp, *ssa.UnOp, *ssa.FieldAddr, *ssa.IndexAddr, *ssa.Field, *ssa.Index, *ssa.Extract, *ssa.Phi, *ssa.Slice,
		*ssa.ChangeType, *ssa.Convert, *ssa.DebugRef, *ssa.If, *ssa.Jump, *ssa.Return, *ssa.Lookup, *ssa.Range, *ssa.Next,
		*ssa.SliceToArrayPointer, *ssa.MakeInterface, *ssa.Panic:
		return false
	}
	return true
}

// ForPanic reports whether v is nothing but the argument of panics, which drop
// it, or isn't used at all.
func ForPanic(v ssa.Value) bool {
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Panic:
		case *ssa.ChangeInterface:
			if !ForPanic(r) {
				return false
			}
		case *ssa.DebugRef:
		default:
			return false
		}
	}
	return true
}

// InPlace is the package variable whose initialiser is the composite literal a,
// and nil if there is none. Nothing reads the variable before the literal is
// whole, so the literal can be written right there.
func InPlace(a *ssa.Alloc) *ssa.Global {
	if !IsInit(a.Parent()) || a.Comment != "complit" {
		return nil
	}
	var load *ssa.UnOp
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.FieldAddr, *ssa.IndexAddr:
		case *ssa.Store:
			if r.Val == a {
				return nil
			}
		case *ssa.UnOp:
			if load != nil {
				return nil
			}
			load = r
		default:
			return nil
		}
	}
	if load == nil || len(*load.Referrers()) != 1 {
		return nil
	}
	if st, ok := (*load.Referrers())[0].(*ssa.Store); ok && st.Val == load {
		g, _ := st.Addr.(*ssa.Global)
		return g
	}
	return nil
}
