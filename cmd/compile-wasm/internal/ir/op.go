package ir

import "fmt"

// Type is a WebAssembly value type, in its binary encoding.
type Type byte

// The scalar types, and Void for what yields nothing (or several results).
const (
	I32  Type = 0x7f
	I64  Type = 0x7e
	F32  Type = 0x7d
	F64  Type = 0x7c
	Void Type = 0x40
)

func (t Type) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	}
	return "void"
}

// Op is an operation: a WebAssembly opcode, or a pseudo operation from OpPhi on.
type Op uint16

// WebAssembly's opcodes, named as in its specification.
const (
	OpSelect    Op = 0x1b
	OpGlobalGet Op = 0x23
	OpGlobalSet Op = 0x24

	OpLoad32   Op = 0x28
	OpLoad64   Op = 0x29
	OpLoadF32  Op = 0x2a
	OpLoadF64  Op = 0x2b
	OpLoad8S   Op = 0x2c
	OpLoad8U   Op = 0x2d
	OpLoad16S  Op = 0x2e
	OpLoad16U  Op = 0x2f
	OpStore32  Op = 0x36
	OpStore64  Op = 0x37
	OpStoreF32 Op = 0x38
	OpStoreF64 Op = 0x39
	OpStore8   Op = 0x3a
	OpStore16  Op = 0x3b

	OpMemSize Op = 0x3f
	OpMemGrow Op = 0x40

	OpI32Const Op = 0x41
	OpI64Const Op = 0x42
	OpF32Const Op = 0x43
	OpF64Const Op = 0x44

	OpI32Eqz Op = 0x45
	OpI32Eq  Op = 0x46
	OpI32Ne  Op = 0x47
	OpI32LtS Op = 0x48
	OpI32LtU Op = 0x49
	OpI32GtS Op = 0x4a
	OpI32GtU Op = 0x4b
	OpI32LeS Op = 0x4c
	OpI32LeU Op = 0x4d
	OpI32GeS Op = 0x4e
	OpI32GeU Op = 0x4f
	OpI64Eqz Op = 0x50
	OpI64Eq  Op = 0x51
	OpI64Ne  Op = 0x52
	OpI64LtS Op = 0x53
	OpI64LtU Op = 0x54
	OpI64GtS Op = 0x55
	OpI64GtU Op = 0x56
	OpI64LeS Op = 0x57
	OpI64LeU Op = 0x58
	OpI64GeS Op = 0x59
	OpI64GeU Op = 0x5a
	OpF32Eq  Op = 0x5b
	OpF64Ge  Op = 0x66

	OpI32Clz    Op = 0x67
	OpI32Ctz    Op = 0x68
	OpI32Popcnt Op = 0x69
	OpI32Add    Op = 0x6a
	OpI32Sub    Op = 0x6b
	OpI32Mul    Op = 0x6c
	OpI32DivS   Op = 0x6d
	OpI32DivU   Op = 0x6e
	OpI32RemS   Op = 0x6f
	OpI32RemU   Op = 0x70
	OpI32And    Op = 0x71
	OpI32Or     Op = 0x72
	OpI32Xor    Op = 0x73
	OpI32Shl    Op = 0x74
	OpI32ShrS   Op = 0x75
	OpI32ShrU   Op = 0x76
	OpI32Rotl   Op = 0x77
	OpI32Rotr   Op = 0x78
	OpI64Clz    Op = 0x79
	OpI64Ctz    Op = 0x7a
	OpI64Popcnt Op = 0x7b
	OpI64Add    Op = 0x7c
	OpI64Sub    Op = 0x7d
	OpI64Mul    Op = 0x7e
	OpI64DivS   Op = 0x7f
	OpI64DivU   Op = 0x80
	OpI64RemS   Op = 0x81
	OpI64RemU   Op = 0x82
	OpI64And    Op = 0x83
	OpI64Or     Op = 0x84
	OpI64Xor    Op = 0x85
	OpI64Shl    Op = 0x86
	OpI64ShrS   Op = 0x87
	OpI64ShrU   Op = 0x88
	OpI64Rotl   Op = 0x89
	OpI64Rotr   Op = 0x8a

	OpF32Neg      Op = 0x8c
	OpF64Abs      Op = 0x99
	OpF64Neg      Op = 0x9a
	OpF64Ceil     Op = 0x9b
	OpF64Floor    Op = 0x9c
	OpF64Trunc    Op = 0x9d
	OpF64Nearest  Op = 0x9e
	OpF64Sqrt     Op = 0x9f
	OpF64Copysign Op = 0xa6

	OpWrap         Op = 0xa7 // i32.wrap_i64
	OpTruncF32I64S Op = 0xae // i64.trunc_f32_s
	OpTruncF32I64U Op = 0xaf
	OpTruncF64I64S Op = 0xb0
	OpTruncF64I64U Op = 0xb1
	OpExtendS      Op = 0xac // i64.extend_i32_s
	OpExtendU      Op = 0xad // i64.extend_i32_u
	OpF32FromI32S  Op = 0xb2
	OpDemote       Op = 0xb6 // f32.demote_f64
	OpF64FromI32S  Op = 0xb7
	OpPromote      Op = 0xbb // f64.promote_f32
	OpBitsF32      Op = 0xbc // i32.reinterpret_f32
	OpBitsF64      Op = 0xbd // i64.reinterpret_f64
	OpF32Bits      Op = 0xbe // f32.reinterpret_i32
	OpF64Bits      Op = 0xbf // f64.reinterpret_i64
	OpExtend8      Op = 0xc0 // i32.extend8_s
	OpExtend16     Op = 0xc1 // i32.extend16_s
)

// Pseudo operations.
const (
	OpPhi    Op = 0x100 + iota // one argument per predecessor of its block
	OpParam                    // Imm is the parameter's index
	OpSlot                     // the address of Slot in the frame
	OpOffset                   // Args[0] + Imm, an address inside one object: it never wraps
	OpCall                     // calls Callee with Args; Type is Void unless there is exactly one result
	OpResult                   // result Imm of the call Args[0], right after it
	OpCheck                    // traps when Args[0] is not zero
	OpClaim                    // tells, and traps, when Args[0] is zero: the optimiser believed that it never is
	OpCopy                     // memory.copy(to, from, n), overlapping or not
	OpFill                     // memory.fill(to, byte, n)
)

// Effect says what an operation does besides computing its value.
type Effect uint8

// Effects are a set.
//
// A function's own frame is nobody else's memory, so what happens there is no
// effect of calling it, with one exception: an aggregate result lies in the frame
// of the function that returned it, which the next call may overwrite. Reading
// such a result and calling a function that has a frame are the last two effects.
const (
	Reads     Effect = 1 << iota // memory or a global
	Writes                       // memory or a global, apart from the function's own frame
	Traps                        // may end the call
	ReadsDead                    // the frame of a function that has returned
	Clobbers                     // such frames
)

// IsLoad, IsStore and IsConst tell the families of opcodes apart.
func (op Op) IsLoad() bool  { return op >= OpLoad32 && op <= OpLoad16U }
func (op Op) IsStore() bool { return op >= OpStore32 && op <= OpStore16 }
func (op Op) IsConst() bool { return op >= OpI32Const && op <= OpF64Const }

// Bytes is how many bytes a load or store touches.
func (op Op) Bytes() int {
	switch op {
	case OpLoad8S, OpLoad8U, OpStore8:
		return 1
	case OpLoad16S, OpLoad16U, OpStore16:
		return 2
	case OpLoad64, OpLoadF64, OpStore64, OpStoreF64:
		return 8
	}
	return 4
}

// Effect is what executing op may do. An unknown operation may do anything.
func (op Op) Effect() Effect {
	switch {
	case op.IsLoad(), op == OpGlobalGet, op == OpMemSize:
		return Reads
	case op.IsStore(), op == OpGlobalSet, op == OpFill:
		return Writes
	case op == OpCheck, op == OpClaim:
		return Traps
	case op >= OpI32DivS && op <= OpI32RemU, op >= OpI64DivS && op <= OpI64RemU, op >= 0xa8 && op <= 0xab, op >= OpTruncF32I64S && op <= OpTruncF64I64U:
		return Traps
	case op == OpSelect, op.IsConst(), op >= OpI32Eqz && op <= OpExtend16, op == OpPhi, op == OpParam, op == OpSlot, op == OpOffset, op == OpResult:
		return 0
	}
	if op == OpCall {
		return Reads | Writes | Traps | Clobbers
	}
	return Reads | Writes | Traps
}

// ResultType is the type that a WebAssembly operation yields.
func (op Op) ResultType() Type {
	switch {
	case op == OpLoad64, op == OpI64Const, op >= OpI64Clz && op <= OpI64Rotr, op >= OpExtendS && op <= OpTruncF64I64U, op == OpBitsF64:
		return I64
	case op == OpLoadF32, op == OpF32Const, op >= 0x8b && op <= 0x98, op >= OpF32FromI32S && op <= OpDemote, op == OpF32Bits:
		return F32
	case op == OpLoadF64, op == OpF64Const, op >= OpF64Abs && op <= OpF64Copysign, op >= OpF64FromI32S && op <= OpPromote, op == OpF64Bits:
		return F64
	case op.IsStore(), op == OpGlobalSet, op == OpCheck, op == OpClaim, op == OpCopy, op == OpFill:
		return Void
	}
	return I32
}

var names = map[Op]string{
	OpPhi: "phi", OpParam: "param", OpSlot: "slot", OpOffset: "offset", OpCall: "call", OpResult: "result",
	OpCheck: "check", OpClaim: "claim", OpCopy: "copy", OpFill: "fill", OpSelect: "select",
	OpI32Const: "i32.const", OpI64Const: "i64.const", OpF32Const: "f32.const", OpF64Const: "f64.const",
}

func (op Op) String() string {
	if n, ok := names[op]; ok {
		return n
	}
	return fmt.Sprintf("op%#x", uint16(op))
}
