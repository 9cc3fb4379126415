package wasm

import "encoding/binary"

// Opcodes of control and variables; the rest comes from the compiler's ir.
const (
	OpUnreachable = 0x00
	OpBlock       = 0x02
	OpLoop        = 0x03
	OpIf          = 0x04
	OpElse        = 0x05
	OpEnd         = 0x0b
	OpBr          = 0x0c
	OpBrIf        = 0x0d
	OpReturn      = 0x0f
	OpCall        = 0x10
	OpDrop        = 0x1a
	OpLocalGet    = 0x20
	OpLocalSet    = 0x21
	OpLocalTee    = 0x22
	OpGlobalGet   = 0x23
	OpGlobalSet   = 0x24
	OpI32Const    = 0x41
	OpI64Const    = 0x42
	OpF32Const    = 0x43
	OpF64Const    = 0x44
	OpI32LtS      = 0x48
	OpI32Eqz      = 0x45
	OpI32Add      = 0x6a
	OpI32Sub      = 0x6b

	// BlockVoid is the type of a block without results.
	BlockVoid = 0x40
)

// Code is a buffer of encoded instructions.
type Code []byte

// Op appends bytes as they are.
func (c *Code) Op(b ...byte) { *c = append(*c, b...) }

// U appends an unsigned LEB128 number.
func (c *Code) U(v uint64) { *c = binary.AppendUvarint(*c, v) }

// S appends a signed LEB128 number.
func (c *Code) S(v int64) {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			*c = append(*c, b)
			return
		}
		*c = append(*c, b|0x80)
	}
}

// Bytes appends a length and the bytes.
func (c *Code) Bytes(b []byte) {
	c.U(uint64(len(b)))
	*c = append(*c, b...)
}

// I32 appends a constant.
func (c *Code) I32(v int32) { c.Op(OpI32Const); c.S(int64(v)) }

// I64 appends a constant.
func (c *Code) I64(v int64) { c.Op(OpI64Const); c.S(v) }

// F32 appends a constant, given as its bits.
func (c *Code) F32(bits uint32) { *c = binary.LittleEndian.AppendUint32(append(*c, OpF32Const), bits) }

// F64 appends a constant, given as its bits.
func (c *Code) F64(bits uint64) { *c = binary.LittleEndian.AppendUint64(append(*c, OpF64Const), bits) }

// Local appends an access of a local variable.
func (c *Code) Local(op byte, index int) { c.Op(op); c.U(uint64(index)) }
