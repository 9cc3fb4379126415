package layout

import (
	"go/types"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// Kind is how one scalar lies in memory.
type Kind uint8

// The kinds. Booleans are U8, pointers U32.
const (
	I8 Kind = iota
	U8
	I16
	U16
	I32
	U32
	I64
	U64
	F32
	F64
)

// Type is the scalar's type while it is computed with.
func (k Kind) Type() ir.Type {
	switch {
	case k <= U32:
		return ir.I32
	case k <= U64:
		return ir.I64
	case k == F32:
		return ir.F32
	}
	return ir.F64
}

// Signed reports whether k is a signed integer.
func (k Kind) Signed() bool { return k <= U64 && k&1 == 0 }

// Float reports whether k is a floating-point number.
func (k Kind) Float() bool { return k >= F32 }

// Small reports whether k is narrower than the scalar it is computed in.
func (k Kind) Small() bool { return k < I32 }

// Bits is k's width in memory.
func (k Kind) Bits() int { return [...]int{8, 8, 16, 16, 32, 32, 64, 64, 32, 64}[k] }

// Load and Store are the operations that move k.
func (k Kind) Load() ir.Op {
	return [...]ir.Op{ir.OpLoad8S, ir.OpLoad8U, ir.OpLoad16S, ir.OpLoad16U, ir.OpLoad32, ir.OpLoad32, ir.OpLoad64, ir.OpLoad64, ir.OpLoadF32, ir.OpLoadF64}[k]
}

// Store is the operation that writes k to memory.
func (k Kind) Store() ir.Op {
	return [...]ir.Op{ir.OpStore8, ir.OpStore8, ir.OpStore16, ir.OpStore16, ir.OpStore32, ir.OpStore32, ir.OpStore64, ir.OpStore64, ir.OpStoreF32, ir.OpStoreF64}[k]
}

// KindOf is the kind of a type that is one scalar.
func KindOf(t types.Type) (Kind, bool) {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return U32, true
	case *types.Basic:
		switch u.Kind() {
		case types.Bool, types.UntypedBool, types.Uint8:
			return U8, true
		case types.Int8:
			return I8, true
		case types.Int16:
			return I16, true
		case types.Uint16:
			return U16, true
		case types.Int, types.Int32, types.UntypedInt, types.UntypedRune:
			return I32, true
		case types.Uint, types.Uint32, types.Uintptr, types.UnsafePointer, types.UntypedNil:
			return U32, true
		case types.Int64:
			return I64, true
		case types.Uint64:
			return U64, true
		case types.Float32:
			return F32, true
		case types.Float64, types.UntypedFloat:
			return F64, true
		}
	}
	return 0, false
}

// IsString reports whether t is a string type.
func IsString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// IsBytes reports whether t is a slice of bytes.
func IsBytes(t types.Type) bool {
	s, ok := t.Underlying().(*types.Slice)
	if !ok {
		return false
	}
	b, ok := s.Elem().Underlying().(*types.Basic)
	return ok && b.Kind() == types.Byte
}

// Pointee is what the pointer type t points to.
func Pointee(t types.Type) types.Type { return t.Underlying().(*types.Pointer).Elem() }
