package opt

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// TestOften: what often runs takes copies of a function for which other callers
// keep their calls.
func TestOften(t *testing.T) {
	callee := &ir.Func{Name: "callee", Params: []ir.Type{ir.I32}, Results: []ir.Type{ir.I32}}
	b := callee.NewBlock()
	v := b.Add(ir.OpParam, ir.I32)
	for range (tinyBody + smallBody) / 2 {
		v = b.Add(ir.OpI32Mul, ir.I32, v, v)
	}
	b.Term, b.Ctrl = ir.Return, []*ir.Value{v}
	caller := func(name string) *ir.Func {
		f := &ir.Func{Name: name, Params: []ir.Type{ir.I32}, Results: []ir.Type{ir.I32}, Entry: true}
		b := f.NewBlock()
		v := b.Add(ir.OpCall, ir.I32, b.Add(ir.OpParam, ir.I32))
		v.Callee = callee
		b.Term, b.Ctrl = ir.Return, []*ir.Value{v}
		return f
	}
	often, seldom, other := caller("often"), caller("seldom"), caller("other")
	exports := []*ir.Func{often, seldom, other}
	if _, err := Program(append(exports, callee), exports, Options{Optimise: true, Often: []*ir.Func{often}}); err != nil {
		t.Fatal(err)
	}
	if n := len(callees(often)); n != 0 {
		t.Errorf("what often runs has %d calls", n)
	}
	if n := len(callees(seldom)); n != 1 {
		t.Errorf("what seldom runs has %d calls, want 1", n)
	}
}
