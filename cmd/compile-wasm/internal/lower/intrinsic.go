package lower

import (
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/rt"
	"golang.org/x/tools/go/ssa"
)

// operations that are one instruction, or one and a wrap to int.
var operations = map[string][]ir.Op{
	"math/bits.LeadingZeros32":  {ir.OpI32Clz},
	"math/bits.LeadingZeros":    {ir.OpI32Clz},
	"math/bits.TrailingZeros32": {ir.OpI32Ctz},
	"math/bits.TrailingZeros":   {ir.OpI32Ctz},
	"math/bits.OnesCount32":     {ir.OpI32Popcnt},
	"math/bits.OnesCount":       {ir.OpI32Popcnt},
	"math/bits.LeadingZeros64":  {ir.OpI64Clz, ir.OpWrap},
	"math/bits.TrailingZeros64": {ir.OpI64Ctz, ir.OpWrap},
	"math/bits.OnesCount64":     {ir.OpI64Popcnt, ir.OpWrap},
	"math/bits.RotateLeft32":    {ir.OpI32Rotl},
	"math/bits.RotateLeft":      {ir.OpI32Rotl},
	"math.Float64bits":          {ir.OpBitsF64},
	"math.Float64frombits":      {ir.OpF64Bits},
	"math.Float32bits":          {ir.OpBitsF32},
	"math.Float32frombits":      {ir.OpF32Bits},
	"math.Abs":                  {ir.OpF64Abs},
	"math.Ceil":                 {ir.OpF64Ceil},
	"math.Floor":                {ir.OpF64Floor},
	"math.Trunc":                {ir.OpF64Trunc},
	"math.RoundToEven":          {ir.OpF64Nearest},
	"math.Sqrt":                 {ir.OpF64Sqrt},
	"math.Copysign":             {ir.OpF64Copysign},
}

// more operations, of a few instructions.
var more = []string{"math/bits.Len32", "math/bits.Len", "math/bits.Len64", "math/bits.RotateLeft64"}

// memory functions of the runtime, besides its globals.
var memory = []string{"pointer", "memorySize", "memoryGrow"}

// globals that the runtime reads and sets.
var globals = map[string]int64{"heap": GlobalHeap, "setHeap": GlobalHeap, "high": GlobalHigh, "setHigh": GlobalHigh}

// The guest's own access to the heap's top: see package arena of the module.
const (
	arenaMark  = "github.com/gonfalon-flags/gonfalon/wasm/arena.Mark"
	arenaReset = "github.com/gonfalon-flags/gonfalon/wasm/arena.Reset"
)

const (
	littleEndian = "(encoding/binary.littleEndian)."
	bigEndian    = "(encoding/binary.bigEndian)."
)

// accesses are encoding/binary's reads and writes of fixed size.
var accesses = map[string]struct {
	bytes int64
	op    ir.Op
}{
	"Uint16": {2, ir.OpLoad16U}, "Uint32": {4, ir.OpLoad32}, "Uint64": {8, ir.OpLoad64},
	"PutUint16": {2, ir.OpStore16}, "PutUint32": {4, ir.OpStore32}, "PutUint64": {8, ir.OpStore64},
}

// IsIntrinsic reports whether calls of f become instructions.
func IsIntrinsic(f *ssa.Function) bool {
	name := f.String()
	if n, _, ok := access(name); ok {
		_, ok = accesses[n]
		return ok
	}
	if name == arenaMark || name == arenaReset {
		return true
	}
	if n, ok := strings.CutPrefix(name, rt.Path+"."); ok {
		_, ok = globals[n]
		return ok || slices.Contains(memory, n)
	}
	return operations[name] != nil || slices.Contains(more, name)
}

func (l *function) intrinsic(name string, args []ssa.Value) []*ir.Value {
	if n, swap, ok := access(name); ok {
		return l.access(n, swap, args)
	}
	if n, ok := strings.CutPrefix(name, rt.Path+"."); ok {
		return l.runtimeIntrinsic(n, args)
	}
	var x []*ir.Value
	for _, a := range args {
		x = append(x, l.one(a))
	}
	switch name {
	case arenaMark:
		return l.runtimeIntrinsic("heap", nil)
	case arenaReset:
		return l.runtimeIntrinsic("setHeap", args)
	case "math/bits.Len32", "math/bits.Len":
		return []*ir.Value{l.add(ir.OpI32Sub, l.i32(32), l.add(ir.OpI32Clz, x[0]))}
	case "math/bits.Len64":
		return []*ir.Value{l.add(ir.OpI32Sub, l.i32(64), l.add(ir.OpWrap, l.add(ir.OpI64Clz, x[0])))}
	case "math/bits.RotateLeft64":
		return []*ir.Value{l.add(ir.OpI64Rotl, x[0], l.add(ir.OpExtendS, x[1]))}
	}
	ops := operations[name]
	v := l.add(ops[0], x...)
	for _, op := range ops[1:] {
		v = l.add(op, v)
	}
	return []*ir.Value{v}
}

// access tells encoding/binary's methods by their name, and whether their bytes
// come the other way round than in the module's memory.
func access(name string) (method string, swap, ok bool) {
	if n, ok := strings.CutPrefix(name, littleEndian); ok {
		return n, false, true
	}
	n, ok := strings.CutPrefix(name, bigEndian)
	return n, true, ok
}

// access is a load or store of fixed size, unaligned, at the start of a slice.
func (l *function) access(name string, swap bool, args []ssa.Value) []*ir.Value {
	a := accesses[name]
	s := l.get(args[1])
	l.check(l.add(ir.OpI32LtU, s[1], l.i32(a.bytes)))
	if a.op.IsStore() {
		v := l.one(args[2])
		if swap {
			v = l.swapBytes(v, a.bytes)
		}
		l.add(a.op, s[0], v)
		return nil
	}
	v := l.add(a.op, s[0])
	if swap {
		v = l.swapBytes(v, a.bytes)
	}
	return []*ir.Value{v}
}

// swapBytes turns the order of v's n bytes round.
func (l *function) swapBytes(v *ir.Value, n int64) *ir.Value {
	and := func(x *ir.Value, mask int64) *ir.Value {
		op := ir.OpI32And
		if x.Type == ir.I64 {
			op = ir.OpI64And
		}
		return l.add(op, x, l.constOf(x.Type, mask))
	}
	switch n {
	case 2:
		high := l.add(ir.OpI32Shl, and(v, 0xff), l.i32(8))
		return l.add(ir.OpI32Or, high, l.add(ir.OpI32ShrU, v, l.i32(8)))
	case 4:
		even := l.add(ir.OpI32Rotl, and(v, 0xff00ff00-1<<32), l.i32(8))
		odd := l.add(ir.OpI32Rotr, and(v, 0x00ff00ff), l.i32(8))
		return l.add(ir.OpI32Or, even, odd)
	}
	// Neighbouring bytes change places, then pairs, then halves.
	for shift, mask := int64(8), int64(0x00ff00ff00ff00ff); shift <= 16; shift, mask = 16, 0x0000ffff0000ffff {
		by := l.constOf(ir.I64, shift)
		up := l.add(ir.OpI64Shl, and(v, mask), by)
		down := and(l.add(ir.OpI64ShrU, v, by), mask)
		v = l.add(ir.OpI64Or, up, down)
		if shift == 16 {
			break
		}
	}
	return l.add(ir.OpI64Rotl, v, l.constOf(ir.I64, 32))
}

func (l *function) runtimeIntrinsic(name string, args []ssa.Value) []*ir.Value {
	switch name {
	case "pointer":
		return l.get(args[0])
	case "memorySize":
		return []*ir.Value{l.add(ir.OpMemSize)}
	case "memoryGrow":
		return []*ir.Value{l.add(ir.OpMemGrow, l.one(args[0]))}
	}
	if strings.HasPrefix(name, "set") {
		l.add(ir.OpGlobalSet, l.one(args[0])).Imm = globals[name]
		return nil
	}
	v := l.add(ir.OpGlobalGet)
	v.Imm = globals[name]
	return []*ir.Value{v}
}
