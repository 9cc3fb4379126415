package emit

import (
	"context"
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// operandKinds make the operands of comparisons: plainly, or behind what a
// machine looks through.
var operandKinds = map[string]func(b *ir.Block, v *ir.Value) (*ir.Block, *ir.Value){
	"plain": func(b *ir.Block, v *ir.Value) (*ir.Block, *ir.Value) { return b, v },
	"shift": func(b *ir.Block, v *ir.Value) (*ir.Block, *ir.Value) {
		op := ir.OpI32Shl
		if v.Type == ir.I64 {
			op = ir.OpI64Shl
		}
		return b, b.Add(op, v.Type, v, b.Const(v.Type, 0))
	},
	"phi": func(b *ir.Block, v *ir.Value) (*ir.Block, *ir.Value) {
		next := b.Func.NewBlock()
		b.Goto(next)
		return next, next.Add(ir.OpPhi, v.Type, v)
	},
	"loop": func(b *ir.Block, v *ir.Value) (*ir.Block, *ir.Value) {
		loop, after := b.Func.NewBlock(), b.Func.NewBlock()
		b.Goto(loop)
		phi := loop.Add(ir.OpPhi, v.Type, v)
		phi.Args = append(phi.Args, phi)
		loop.Branch(loop.Const(ir.I32, 0), loop, after)
		return after, phi
	},
}

// comparing returns 1 if p0 & p1 compares with zero, else 0: by a branch.
func comparing(op ir.Op, t ir.Type, zeroLeft bool, zeroKind, maskKind string) *ir.Func {
	f := &ir.Func{Name: "f", Params: []ir.Type{t, t}, Results: []ir.Type{ir.I32}}
	b := f.NewBlock()
	p, q := b.Add(ir.OpParam, t), b.Add(ir.OpParam, t)
	q.Imm = 1
	and := ir.OpI32And
	if t == ir.I64 {
		and = ir.OpI64And
	}
	zero := b.Const(t, 0)
	b, zero = operandKinds[zeroKind](b, zero)
	mask := b.Add(and, t, p, q)
	b, mask = operandKinds[maskKind](b, mask)
	x, y := mask, zero
	if zeroLeft {
		x, y = y, x
	}
	c := b.Add(op, ir.I32, x, y)
	yes, no := f.NewBlock(), f.NewBlock()
	b.Branch(c, yes, no)
	for n, end := range []*ir.Block{no, yes} {
		end.Term, end.Ctrl = ir.Return, []*ir.Value{end.Const(ir.I32, int64(n))}
	}
	f.Dominators()
	return f
}

// TestOrderComparisons: a comparison of a mask with zero comes out in a form that
// every machine reads right, in whatever form it goes in.
func TestOrderComparisons(t *testing.T) {
	var funcs []*ir.Func
	for first, typ := range map[ir.Op]ir.Type{ir.OpI32Eq: ir.I32, ir.OpI64Eq: ir.I64} {
		for op := first; op < first+10; op++ {
			for zeroKind := range operandKinds {
				for maskKind := range operandKinds {
					for _, left := range []bool{false, true} {
						f := comparing(op, typ, left, zeroKind, maskKind)
						f.Name = fmt.Sprintf("%s, zero left %v, %s zero, %s mask", op, left, zeroKind, maskKind)
						funcs = append(funcs, f)
					}
				}
			}
		}
	}
	for _, fold := range []bool{false, true} {
		m := &wasm.Module{Pages: 1, MaxPages: 1}
		for i, f := range funcs {
			m.Exports = append(m.Exports, wasm.Export{Name: f.Name, Index: i})
		}
		var err error
		if m.Funcs, err = Functions(funcs, Options{Fold: fold, StackTop: 1024}); err != nil {
			t.Fatal(err)
		}
		bin := m.Encode()
		if _, err := wasm.Inspect(bin); err != nil {
			t.Errorf("folded %v: %v", fold, err)
		}
		compiled, interpreted := start(t, bin, wazero.NewRuntimeConfig()), start(t, bin, wazero.NewRuntimeConfigInterpreter())
		for _, f := range funcs {
			for _, p := range []uint64{0, 1, 1 << 31, 1 << 63, 1<<64 - 1} {
				if f.Params[0] == ir.I32 {
					p = uint64(uint32(p))
				}
				got, err1 := compiled.ExportedFunction(f.Name).Call(t.Context(), p, p)
				want, err2 := interpreted.ExportedFunction(f.Name).Call(t.Context(), p, p)
				if err1 != nil || err2 != nil || uint32(got[0]) != uint32(want[0]) {
					t.Errorf("folded %v: %s, %#x: compiled %v, %v; interpreted %v, %v", fold, f.Name, p, got, err1, want, err2)
				}
			}
		}
	}
}

func start(t *testing.T, bin []byte, cfg wazero.RuntimeConfig) api.Module {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, cfg)
	t.Cleanup(func() { r.Close(ctx) })
	m, err := r.Instantiate(ctx, bin)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
