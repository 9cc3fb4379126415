package emit

import (
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

// Instructions that the ir has no operation for, by their opcodes.
const (
	opUnreachable ir.Op = wasm.OpUnreachable
	opBlock       ir.Op = wasm.OpBlock
	opLoop        ir.Op = wasm.OpLoop
	opIf          ir.Op = wasm.OpIf
	opBr          ir.Op = wasm.OpBr
	opBrIf        ir.Op = wasm.OpBrIf
	opReturn      ir.Op = wasm.OpReturn
	opCall        ir.Op = wasm.OpCall
	opDrop        ir.Op = wasm.OpDrop
	opGet         ir.Op = wasm.OpLocalGet
	opSet         ir.Op = wasm.OpLocalSet
	opTee         ir.Op = wasm.OpLocalTee
)

// instr is one instruction, before it is bytes.
type instr struct {
	op     ir.Op
	n      int64    // a constant's bits, a local's or global's index, an offset
	callee *ir.Func // of a call
	to     *block   // of a branch: out of that block (never an if), or back to that loop's top
	block  *block   // of a block, loop or if
}

// block is what a block, a loop or an if holds.
type block struct {
	result ir.Type // of what it leaves on the stack; Void for nothing
	loop   bool
	away   bool // its end is never reached; measure finds that out
	body   []instr
	other  []instr // of an if
}

// carries is the type of what a branch to b takes along.
func (b *block) carries() ir.Type {
	if b.loop {
		return ir.Void
	}
	return b.result
}

func (i instr) structured() bool { return i.block != nil }

// walk goes through all instructions, those in blocks included.
func walk(code []instr, do func(i *instr)) {
	for k := range code {
		do(&code[k])
		if b := code[k].block; b != nil {
			walk(b.body, do)
			walk(b.other, do)
		}
	}
}

// same reports whether two instructions do the same. Blocks never are.
func same(a, b instr) bool { return a == b && !a.structured() }
