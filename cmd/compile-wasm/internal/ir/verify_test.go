package ir_test

import (
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// diamond is a function that takes the lesser way of two and adds.
func diamond() (f *ir.Func, phi *ir.Value) {
	f = &ir.Func{Name: "diamond", Params: []ir.Type{ir.I32}, Results: []ir.Type{ir.I32}}
	top, left, right, join := f.NewBlock(), f.NewBlock(), f.NewBlock(), f.NewBlock()
	p := top.Add(ir.OpParam, ir.I32)
	top.Branch(p, left, right)
	a := left.Const(ir.I32, 1)
	left.Goto(join)
	b := right.Add(ir.OpI32Add, ir.I32, p, p)
	right.Goto(join)
	phi = join.Add(ir.OpPhi, ir.I32, a, b)
	join.Term, join.Ctrl = ir.Return, []*ir.Value{phi}
	f.Dominators()
	return f, phi
}

func TestVerify(t *testing.T) {
	f, _ := diamond()
	if err := f.Verify(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(f *ir.Func, phi *ir.Value)
		want  string
	}{
		"use before definition": {func(f *ir.Func, phi *ir.Value) { phi.Args[0], phi.Args[1] = phi.Args[1], phi.Args[0] }, "before it is there"},
		"missing argument":      {func(f *ir.Func, phi *ir.Value) { phi.Args = phi.Args[:1] }, "1 arguments for 2"},
		"one end":               {func(f *ir.Func, phi *ir.Value) { phi.Block.Preds = phi.Block.Preds[:1]; phi.Args = phi.Args[:1] }, "known at one end"},
		"type":                  {func(f *ir.Func, phi *ir.Value) { phi.Args[1].Type = ir.I64 }, "i64"},
		"result":                {func(f *ir.Func, phi *ir.Value) { f.Results = nil }, "ends wrongly"},
		"twice":                 {func(f *ir.Func, phi *ir.Value) { phi.Block.Values = append(phi.Block.Values, phi) }, "two places"},
	} {
		t.Run(name, func(t *testing.T) {
			f, phi := diamond()
			c.spoil(f, phi)
			if err := f.Verify(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
}

func TestDominators(t *testing.T) {
	f, phi := diamond()
	top, join := f.Blocks[0], phi.Block
	if join.Idom != top || !top.Dominates(join) || join.Dominates(top) || join.Preds[0].Dominates(join) {
		t.Errorf("wrong dominators in\n%s", f)
	}
	if top.IsLoop() || f.Irreducible() != nil {
		t.Error("there is no loop")
	}
	// A way from the join back into one arm makes a loop with two entries.
	join.Term, join.Ctrl = ir.Jump, nil
	join.Goto(join.Preds[0])
	f.Dominators()
	if f.Irreducible() == nil {
		t.Error("a loop with two entries counts as reducible")
	}
}

func TestRemoveEdge(t *testing.T) {
	f, phi := diamond()
	top := f.Blocks[0]
	top.RemoveEdge(1)
	top.Term, top.Ctrl = ir.Jump, nil
	f.Dominators()
	if len(phi.Args) != 1 || !phi.Args[0].IsConst(1) || len(f.Blocks) != 3 {
		t.Errorf("after removing one way:\n%s", f)
	}
	if err := f.Verify(); err != nil {
		t.Error(err)
	}
}

// TestEffects: whatever isn't known to be harmless is taken to do anything.
func TestEffects(t *testing.T) {
	for op, want := range map[ir.Op]ir.Effect{
		ir.OpI32Add: 0, ir.OpLoad8U: ir.Reads, ir.OpStore64: ir.Writes, ir.OpI64DivU: ir.Traps, ir.OpCheck: ir.Traps, ir.OpSelect: 0,
		ir.OpFill: ir.Writes, ir.OpCopy: ir.Reads | ir.Writes | ir.Traps, ir.OpCall: ir.Reads | ir.Writes | ir.Traps | ir.Clobbers, ir.OpMemGrow: ir.Reads | ir.Writes | ir.Traps, 0xee: ir.Reads | ir.Writes | ir.Traps,
	} {
		if got := op.Effect(); got != want {
			t.Errorf("%s: effect %b, want %b", op, got, want)
		}
	}
}
