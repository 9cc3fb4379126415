package lower

import (
	"go/token"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"golang.org/x/tools/go/ssa"
)

// Global variables of the module that runs the initialisers only.
const (
	GlobalPlace = GlobalClaim + 1 + iota // which of the program's places runs
	GlobalSteps                          // how many steps are left
)

// MaxSteps is what the initialisers may take together: a call, a round of a loop,
// and 64 bytes copied or cleared are a step each. A trap ends those that take more.
const MaxSteps = 1 << 24

// runsOnce reports whether f is part of a package's initialisation.
func runsOnce(f *ssa.Function) bool {
	return analyse.IsInit(f) || f.Signature.Recv() == nil && strings.HasPrefix(f.Name(), "init#")
}

// mark notes where an initialiser is, in front of its i-th instruction of list.
func (l *function) mark(list []ssa.Instruction, i int) {
	pos := analyse.Place(list, i, l.marked)
	if analyse.IsInit(l.src) {
		if l.sets.of != &list[0] || i > l.sets.at { // a large table is one variable, and thousands of instructions
			l.sets.of, l.sets.at, l.sets.pos = &list[0], len(list), token.NoPos
			if k := slices.IndexFunc(list[i:], setsVariable); k >= 0 {
				l.sets.at, l.sets.pos = i+k, list[i+k].Pos()
			}
		}
		if l.sets.pos != token.NoPos {
			pos = l.sets.pos
		}
	}
	if pos == token.NoPos {
		pos = l.src.Pos() // an endless loop with nothing in it is nowhere else
	}
	if _, ok := list[i].(*ssa.Phi); ok || pos == l.marked {
		return
	}
	l.marked = pos
	l.places = append(l.places, pos)
	l.add(ir.OpGlobalSet, l.i32(int64(len(l.places)))).Imm = GlobalPlace
}

// setsVariable reports whether an instruction of an initialiser sets a package
// variable.
func setsVariable(in ssa.Instruction) bool {
	s, ok := in.(*ssa.Store)
	if !ok || s.Pos() == token.NoPos {
		return false
	}
	_, ok = s.Addr.(*ssa.Global)
	return ok
}

// Place is the source position by the value of GlobalPlace.
func (p *Program) Place(i int32) token.Pos {
	if i < 1 || int(i) > len(p.places) {
		return token.NoPos
	}
	return p.places[i-1]
}

// budget makes f count its steps.
func budget(f *ir.Func) {
	f.Dominators()
	for _, b := range f.Blocks {
		old := b.Values
		b.Values = nil
		first := b == f.Blocks[0] || b.IsLoop()
		for _, v := range old {
			switch {
			case v.Op == ir.OpPhi || v.Op == ir.OpParam:
			case v.Op == ir.OpCopy || v.Op == ir.OpFill:
				n := b.Add(ir.OpI32ShrU, ir.I32, v.Args[2], b.Const(ir.I32, 6))
				take(b, n)
			case first:
				first = false
				take(b, b.Const(ir.I32, 1))
			}
			b.Values = append(b.Values, v)
		}
		if first {
			take(b, b.Const(ir.I32, 1))
		}
	}
}

func take(b *ir.Block, n *ir.Value) {
	left := b.Add(ir.OpGlobalGet, ir.I32)
	left.Imm = GlobalSteps
	left = b.Add(ir.OpI32Sub, ir.I32, left, n)
	b.Add(ir.OpGlobalSet, ir.Void, left).Imm = GlobalSteps
	b.Add(ir.OpCheck, ir.Void, b.Add(ir.OpI32LtS, ir.I32, left, b.Const(ir.I32, 0)))
}
