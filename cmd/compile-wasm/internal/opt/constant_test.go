package opt

import (
	"context"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
	"github.com/tetratelabs/wazero"
)

// TestFoldConstant folds every integer operation on every pair of edge cases,
// and compares with what WebAssembly computes.
func TestFoldConstant(t *testing.T) {
	edges := []int64{0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<63 - 1, -1 << 63, -1, -2, -128, -129}
	for op := ir.OpI32Eqz; op <= ir.OpExtend16; op++ {
		if _, ok := foldConstant(example(op, 5, 3)); !ok {
			continue
		}
		run := compile(t, op)
		for _, x := range edges {
			for _, y := range edges {
				v := example(op, x, y)
				got, ok := foldConstant(v)
				want, err := run(v)
				if !ok {
					continue // left to the host
				}
				if err != nil || got != want {
					t.Errorf("%s of %d and %d folds to %d; WebAssembly says %d, %v", op, v.Args[0].Imm, v.Args[len(v.Args)-1].Imm, got, want, err)
				}
			}
		}
	}
}

// operands are the types that op takes.
func operands(op ir.Op) []ir.Type {
	switch {
	case op == ir.OpI32Eqz, op >= ir.OpI32Clz && op <= ir.OpI32Popcnt, op == ir.OpExtendS, op == ir.OpExtendU, op == ir.OpExtend8, op == ir.OpExtend16:
		return []ir.Type{ir.I32}
	case op == ir.OpI64Eqz, op >= ir.OpI64Clz && op <= ir.OpI64Popcnt, op == ir.OpWrap:
		return []ir.Type{ir.I64}
	case op >= ir.OpI64Eq && op <= ir.OpI64GeU, op >= ir.OpI64Add && op <= ir.OpI64Rotr:
		return []ir.Type{ir.I64, ir.I64}
	case op >= ir.OpI32Eq && op <= ir.OpI32GeU, op >= ir.OpI32Add && op <= ir.OpI32Rotr:
		return []ir.Type{ir.I32, ir.I32}
	}
	return nil
}

func example(op ir.Op, x, y int64) *ir.Value {
	f := &ir.Func{}
	b := f.NewBlock()
	v := f.NewValue(op, op.ResultType())
	for i, t := range operands(op) {
		v.Args = append(v.Args, b.Const(t, []int64{x, y}[i]))
	}
	return v
}

// compile makes a module of the one operation.
func compile(t *testing.T, op ir.Op) func(v *ir.Value) (int64, error) {
	t.Helper()
	fn := wasm.Func{Sig: wasm.Signature{Results: []byte{byte(op.ResultType())}}}
	for i, p := range operands(op) {
		fn.Sig.Params = append(fn.Sig.Params, byte(p))
		fn.Code.Local(wasm.OpLocalGet, i)
	}
	fn.Code.Op(byte(op))
	m := &wasm.Module{Funcs: []wasm.Func{fn}, Exports: []wasm.Export{{Name: "f"}}, MaxPages: 1}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { r.Close(ctx) })
	mod, err := r.Instantiate(ctx, m.Encode())
	if err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	return func(v *ir.Value) (int64, error) {
		var args []uint64
		for _, a := range v.Args {
			if a.Type == ir.I32 {
				args = append(args, uint64(uint32(a.Imm)))
			} else {
				args = append(args, uint64(a.Imm))
			}
		}
		out, err := mod.ExportedFunction("f").Call(ctx, args...)
		if err != nil {
			return 0, err
		}
		if op.ResultType() == ir.I32 {
			return int64(int32(uint32(out[0]))), nil
		}
		return int64(out[0]), nil
	}
}
