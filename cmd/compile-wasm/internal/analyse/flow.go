package analyse

import (
	"go/token"
	"go/types"
	"math/bits"

	"golang.org/x/tools/go/ssa"
)

func trailingZeros(w uint64) int { return bits.TrailingZeros64(w) }

func (e *Escapes) copy(from, to any) { e.flows = append(e.flows, flow{from: e.of(from), to: e.of(to)}) }

func (e *Escapes) store(addr, val any) {
	e.flows = append(e.flows, flow{from: e.of(val), to: e.of(addr), store: true})
}

// leak stores v in memory that outlives every call.
func (e *Escapes) leak(v ssa.Value) {
	e.flows = append(e.flows, flow{from: e.of(v), to: e.content[outside]})
}

// pass copies unless to can't hold a pointer.
func (e *Escapes) pass(from, to ssa.Value) {
	if hasPointers(to.Type()) {
		e.copy(from, to)
	}
}

// instr adds the inclusions that an instruction means. What it doesn't know
// leaks all its operands.
func (e *Escapes) instr(in ssa.Instruction, intrinsic Intrinsic) {
	switch v := in.(type) {
	case *ssa.FieldAddr:
		e.copy(v.X, v)
	case *ssa.IndexAddr:
		e.copy(v.X, v)
	case *ssa.Slice:
		e.copy(v.X, v)
	case *ssa.SliceToArrayPointer:
		e.copy(v.X, v)
	case *ssa.ChangeType:
		e.pass(v.X, v)
	case *ssa.Extract:
		e.pass(v.Tuple, v)
	case *ssa.Field:
		e.pass(v.X, v)
	case *ssa.Index:
		e.pass(v.X, v)
	case *ssa.Phi:
		for _, x := range v.Edges {
			e.pass(x, v)
		}
	case *ssa.UnOp:
		if v.Op == token.MUL && hasPointers(v.Type()) {
			e.flows = append(e.flows, flow{from: e.of(v.X), to: e.of(v), load: true})
		}
	case *ssa.Convert:
		e.conversion(v)
	case *ssa.Store:
		if hasPointers(v.Val.Type()) {
			e.store(v.Addr, v.Val)
		}
	case *ssa.Return:
		for _, r := range v.Results {
			if hasPointers(r.Type()) {
				e.copy(r, results{v.Parent()})
			}
		}
	case *ssa.Call:
		e.call(v, intrinsic)
	case *ssa.BinOp:
		if hasPointers(v.Type()) {
			e.of(v).set(outside) // a concatenation
		}
	case *ssa.MakeInterface:
		e.leak(v.X)
	case *ssa.If, *ssa.Jump, *ssa.DebugRef, *ssa.Lookup, *ssa.Range, *ssa.Next, *ssa.Alloc, *ssa.MakeSlice, *ssa.Panic:
	default:
		for _, op := range in.Operands(nil) {
			if *op != nil {
				e.leak(*op)
			}
		}
	}
}

// conversion: those between strings and byte slices copy; a pointer that
// becomes a number is lost sight of.
func (e *Escapes) conversion(v *ssa.Convert) {
	_, fromSlice := v.X.Type().Underlying().(*types.Slice)
	_, toSlice := v.Type().Underlying().(*types.Slice)
	switch {
	case !hasPointers(v.Type()):
		if hasPointers(v.X.Type()) {
			e.leak(v.X)
		}
	case fromSlice == toSlice && hasPointers(v.X.Type()):
		e.copy(v.X, v)
	default:
		e.of(v).set(outside)
		if b, ok := v.X.Type().Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
			return
		}
		if !fromSlice {
			e.leak(v.X)
		}
	}
}

func (e *Escapes) call(v *ssa.Call, intrinsic Intrinsic) {
	args := v.Call.Args
	if b, ok := v.Call.Value.(*ssa.Builtin); ok {
		switch b.Name() {
		case "append":
			e.copy(args[0], v)
			e.of(v).set(outside) // may have moved to the heap
			if elementsPoint(args[0]) {
				e.elements(v, args[1])
				e.elements(v, args[0])
			}
		case "copy":
			if elementsPoint(args[0]) {
				e.elements(args[0], args[1])
			}
		case "Slice", "String", "Add", "SliceData", "StringData", "ssa:wrapnilchk":
			e.copy(args[0], v)
		}
		return
	}
	callee := v.Call.StaticCallee()
	switch {
	case callee == nil || len(callee.Blocks) == 0 && !intrinsic(callee):
		for _, a := range args {
			e.leak(a)
		}
		e.of(v).set(outside)
	case intrinsic(callee):
		// Takes numbers, or bytes that it only reads or fills.
		if hasPointers(v.Type()) {
			e.of(v).set(outside)
		}
	default:
		for i, a := range args {
			if hasPointers(a.Type()) {
				e.copy(a, callee.Params[i])
			}
		}
		if hasPointers(v.Type()) {
			e.copy(results{callee}, v)
		}
	}
}

func elementsPoint(slice ssa.Value) bool {
	return hasPointers(slice.Type().Underlying().(*types.Slice).Elem())
}

// elements: what from's elements hold, to's elements may hold.
func (e *Escapes) elements(to, from ssa.Value) {
	held := e.of(&struct{ to, from ssa.Value }{to, from})
	e.flows = append(e.flows, flow{from: e.of(from), to: held, load: true}, flow{from: held, to: e.of(to), store: true})
}
