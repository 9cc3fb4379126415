package subset

import (
	"go/token"
	"go/types"
	"math"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"golang.org/x/tools/go/ssa"
)

// instr refuses an instruction, or a function used as a value in it.
func (c *checker) instr(in ssa.Instruction) {
	switch v := in.(type) {
	case *ssa.MakeMap:
		c.refuse(useSlice, "map type %s", v.Type())
		return
	case *ssa.MapUpdate, *ssa.Lookup:
		return // the map was refused where it came from
	case *ssa.Range:
		if !layout.IsString(v.X.Type()) {
			c.refuse(useSlice, "a range over map type %s", v.X.Type())
		}
		return
	case *ssa.Next:
		return
	case *ssa.MakeClosure:
		c.refuse(useParams, "a closure")
		return
	case *ssa.MakeChan, *ssa.Send, *ssa.Select:
		c.refuse(useReturn, "a channel")
		return
	case *ssa.Go:
		c.refuse(useCall, "a goroutine")
		return
	case *ssa.Defer:
		c.refuse(useBefore, "defer")
		return
	case *ssa.RunDefers:
		return // follows a defer
	case *ssa.MakeInterface:
		if !analyse.ForPanic(v) {
			c.whereUsed(v, v.X)
			c.refuse(useConcrete, "a conversion of %s to interface type %s", v.X.Type(), v.Type())
			return
		}
		// The argument of a panic is dropped; give the value check nothing to refuse.
		c.operands(in)
		return
	case *ssa.ChangeInterface:
		if analyse.ForPanic(v) {
			return
		}
		c.whereUsed(v, v.X)
		c.refuse(useConcrete, "a conversion to interface type %s", v.Type())
		return
	case *ssa.TypeAssert:
		c.refuse(useConcrete, "a type assertion to %s", v.AssertedType)
		return
	case *ssa.Alloc:
		if t := layout.Pointee(v.Type()); c.sized(t) && analyse.InPlace(v) == nil && !c.escapes.Of(v) {
			if n := c.sizes.Size(t); n < 0 || n > MaxLocal {
				c.refuse(useStatic, "a local variable of %d bytes", uint32(n))
				return
			}
		}
	case *ssa.UnOp:
		if analyse.ForPanic(v) {
			return
		}
		if v.Op == token.ARROW {
			c.refuse(useReturn, "a channel")
			return
		}
	case *ssa.BinOp:
		c.comparison(v)
	case *ssa.Convert:
		c.conversion(v)
	case *ssa.MultiConvert:
		c.refuse(useConcrete, "a conversion between type parameters")
		return
	case *ssa.Call:
		c.call(v)
		return
	case *ssa.Phi, *ssa.ChangeType, *ssa.SliceToArrayPointer, *ssa.MakeSlice, *ssa.Slice, *ssa.FieldAddr, *ssa.Field, *ssa.IndexAddr,
		*ssa.Index, *ssa.Extract, *ssa.Jump, *ssa.If, *ssa.Return, *ssa.Panic, *ssa.Store, *ssa.DebugRef:
	default:
		c.refuse(useReport, "an instruction that this compiler doesn't know (%T)", in)
		return
	}
	c.operands(in)
}

// whereUsed goes on to what uses v, the conversion of x, unless x was computed
// right before it: a conversion that isn't written in the source has no place.
func (c *checker) whereUsed(v ssa.Instruction, x ssa.Value) {
	list := v.Block().Instrs
	i := slices.Index(list, v)
	if computed, ok := x.(ssa.Instruction); v.Pos() != token.NoPos || ok && i > 0 && list[i-1] == computed {
		return
	}
	for _, user := range *v.(ssa.Value).Referrers() {
		if user.Pos() != token.NoPos {
			c.pos = user.Pos()
			return
		}
	}
}

// variables refuses package variables that are too large, once each.
func (c *checker) variables(in ssa.Instruction) {
	for _, op := range in.Operands(nil) {
		v, ok := (*op).(*ssa.Global)
		if !ok || c.globals[v] {
			continue
		}
		c.globals[v] = true
		if n := c.sizes.Size(layout.Pointee(v.Type())); n < 0 || n > MaxVariable {
			c.at(v.Pos(), useSmaller, "a package variable of %d bytes", uint32(n))
		}
	}
}

// reaches refuses a type behind a pointer, or of a slice's elements, that no
// module can address all of. A sum of an address and an offset would wrap around.
func (c *checker) reaches(t types.Type) {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		t = u.Elem()
	case *types.Slice:
		t = u.Elem()
	default:
		return
	}
	if c.sized(t) {
		if n := c.sizes.Size(t); n < 0 || n > math.MaxInt32 {
			c.refuse(useSmaller, "type %s, which takes more than 2 GiB,", t)
		}
	}
}

// sized reports whether the layout of t is known.
func (c *checker) sized(t types.Type) bool {
	_, isParam := t.(*types.TypeParam)
	return !isParam
}

// operands refuses functions used as values.
func (c *checker) operands(in ssa.Instruction) {
	for _, op := range in.Operands(nil) {
		if f, ok := (*op).(*ssa.Function); ok {
			c.refuse(useSwitch, "%s as a function value", f.Name())
		}
	}
}

func (c *checker) comparison(v *ssa.BinOp) {
	if v.Op != token.EQL && v.Op != token.NEQ {
		return
	}
	t := v.X.Type()
	switch t.Underlying().(type) {
	case *types.Slice, *types.Map, *types.Chan, *types.Signature, *types.Interface:
		return // with nil, or refused as a value
	}
	before := len(c.all)
	c.value(t)
	if len(c.all) == before && !c.sizes.Comparable(t) {
		c.refuse(useFields, "a comparison of %s", t)
	}
}

func (c *checker) conversion(v *ssa.Convert) {
	from, to := v.X.Type(), v.Type()
	_, scalarFrom := layout.KindOf(from)
	_, scalarTo := layout.KindOf(to)
	textFrom := layout.IsString(from) || layout.IsBytes(from)
	textTo := layout.IsString(to) || layout.IsBytes(to)
	k, _ := layout.KindOf(from)
	switch {
	case scalarFrom && scalarTo, textFrom && textTo:
	case layout.IsString(to) && scalarFrom && k.Type() == layout.I32.Type():
	default:
		before := len(c.all)
		c.value(from)
		c.value(to)
		if len(c.all) > before {
			return
		}
		do := useRange
		if scalarFrom { // of 64 bits
			do = useRune
		}
		c.refuse(do, "a conversion of %s to %s", from, to)
	}
}

func (c *checker) call(v *ssa.Call) {
	args := v.Call.Args
	if b, ok := v.Call.Value.(*ssa.Builtin); ok {
		c.builtin(v, b.Name())
	} else if v.Call.IsInvoke() {
		c.refuse(useConcrete, "a call of method %s of interface type %s", v.Call.Method.Name(), v.Call.Value.Type())
		return
	} else if _, ok := v.Call.Value.(*ssa.MakeClosure); ok {
		c.refuse(useParams, "a closure")
	} else if callee := v.Call.StaticCallee(); callee == nil {
		c.refuse(useSwitch, "a call of a function value")
	} else if lower.IsIntrinsic(callee) {
		return
	}
	for _, a := range args {
		if f, ok := a.(*ssa.Function); ok {
			c.refuse(useSwitch, "%s as a function value", f.Name())
		}
	}
}

func (c *checker) builtin(v *ssa.Call, name string) {
	args := v.Call.Args
	switch name {
	case "len", "cap", "clear":
		switch args[0].Type().Underlying().(type) {
		case *types.Map:
			if name == "clear" {
				c.refuse(useSlice, "clear of a map")
			}
		case *types.Chan:
			c.refuse(useReturn, "a channel")
		}
	case "append", "copy", "ssa:wrapnilchk", "Slice", "String", "SliceData", "StringData", "Add", "Sizeof", "Alignof", "print", "println":
	case "min", "max":
		if _, ok := layout.KindOf(v.Type()); !ok {
			c.refuse(useIf, "%s of %s", name, v.Type())
		}
	case "recover", "ssa:deferstack":
		if name == "recover" {
			c.refuse(useCheck, "recover")
		}
	case "close":
		c.refuse(useReturn, "a channel")
	case "delete":
		// the map was refused where it came from
	case "real", "imag", "complex":
		c.refuse(useParts, "builtin %s", name)
	default:
		c.refuse(usePlain, "builtin %s", name)
	}
}
