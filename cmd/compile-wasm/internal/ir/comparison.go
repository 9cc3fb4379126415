package ir

// Mirrored is each integer comparison with its operands changed over: x < y is y > x.
var Mirrored = map[Op]Op{
	OpI32LtS: OpI32GtS, OpI32GtS: OpI32LtS, OpI32LeS: OpI32GeS, OpI32GeS: OpI32LeS,
	OpI32LtU: OpI32GtU, OpI32GtU: OpI32LtU, OpI32LeU: OpI32GeU, OpI32GeU: OpI32LeU,
	OpI64LtS: OpI64GtS, OpI64GtS: OpI64LtS, OpI64LeS: OpI64GeS, OpI64GeS: OpI64LeS,
	OpI64LtU: OpI64GtU, OpI64GtU: OpI64LtU, OpI64LeU: OpI64GeU, OpI64GeU: OpI64LeU,
}
