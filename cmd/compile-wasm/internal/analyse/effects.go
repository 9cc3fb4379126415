package analyse

import (
	"go/types"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"golang.org/x/tools/go/ssa"
)

// Access is a piece of memory that is read or written, as far as it is known.
type Access struct {
	// Root is the package variable (*ssa.Global), the local variable (*ssa.Alloc),
	// what the parameter (*ssa.Parameter) points to, or the slice that was just
	// made. Nil: somewhere behind a pointer.
	Root ssa.Value
	// Field is the innermost field on the way from the root, if there is one.
	Field *types.Var
	// Element: what is accessed is an element of a slice and no field.
	Element bool
	// Kinds are those of the scalars that are accessed, one bit each.
	Kinds uint32
	// Unsafe: the pointer was made of one to another type.
	Unsafe bool
}

// Effects is what each function may write that its caller can see.
type Effects struct {
	intrinsic Intrinsic
	writes    map[*ssa.Function]map[Access]bool
	exposed   map[ssa.Value]bool // variables whose address goes somewhere
	recast    uint32             // the kinds that unsafe pointers lead to
}

// FindEffects works out the effects of all functions of g together.
func FindEffects(g *Graph, intrinsic Intrinsic) *Effects {
	e := &Effects{intrinsic, map[*ssa.Function]map[Access]bool{}, map[ssa.Value]bool{}, 0}
	for _, f := range g.Funcs {
		e.writes[f] = map[Access]bool{}
		pkg := load.PackageOf(f)
		own := pkg != nil && g.Prog.Own(pkg.Pkg)
		for _, b := range f.Blocks {
			for _, in := range b.Instrs {
				e.expose(in)
				if own { // std's casts come back to the type that they began with
					e.recast |= recasts(in)
				}
			}
		}
	}
	e.exposeNamed(g)
	for changed := true; changed; {
		changed = false
		for _, f := range g.Funcs {
			for _, b := range f.Blocks {
				for _, in := range b.Instrs {
					for _, w := range e.Writes(in) {
						if !fresh(w.Root) && !e.writes[f][w] {
							e.writes[f][w], changed = true, true
						}
					}
				}
			}
		}
	}
	return e
}

// fresh memory is made by the function itself: nothing that its caller has read
// before can lie there.
func fresh(root ssa.Value) bool {
	switch root.(type) {
	case *ssa.Alloc, *ssa.MakeSlice, *ssa.Convert:
		return true
	}
	return false
}

// recasts returns the kinds that lie behind a pointer which in makes out of type,
// or makes of one that is: memory of such a kind may be any other of them.
func recasts(in ssa.Instruction) uint32 {
	behind := func(v ssa.Value) uint32 {
		if p, ok := v.Type().Underlying().(*types.Pointer); ok {
			return Kinds(p.Elem())
		}
		return 0
	}
	switch in := in.(type) {
	case *ssa.Convert:
		return behind(in.X) | behind(in)
	case *ssa.ChangeType: // a pointer to a struct with the same fields, which are others
		return behind(in.X) | behind(in)
	case *ssa.Call:
		b, ok := in.Call.Value.(*ssa.Builtin)
		if !ok || b.Name() != "Slice" && b.Name() != "String" {
			return 0
		}
		if data, ok := in.Call.Args[0].(*ssa.Call); ok {
			if b, ok := data.Call.Value.(*ssa.Builtin); ok && strings.HasSuffix(b.Name(), "Data") {
				return 0 // a slice's elements, or a string's, come back as such
			}
		}
		return behind(in.Call.Args[0])
	}
	return 0
}

// Writes lists what an instruction may write, the effects of a call included.
func (e *Effects) Writes(in ssa.Instruction) (out []Access) {
	elements := func(slice ssa.Value) {
		if s, ok := slice.Type().Underlying().(*types.Slice); ok {
			a := resolve(slice)
			a.Kinds |= Kinds(s.Elem())
			a.Element = a.Field == nil && !isStruct(s.Elem())
			out = append(out, a)
		}
	}
	switch in := in.(type) {
	case *ssa.Store:
		a := resolve(in.Addr)
		a.Kinds |= Kinds(in.Val.Type())
		out = append(out, a)
	case *ssa.Call:
		args := in.Call.Args
		if b, ok := in.Call.Value.(*ssa.Builtin); ok {
			switch b.Name() {
			case "copy", "append", "clear":
				elements(args[0])
			}
			return out
		}
		callee := in.Call.StaticCallee()
		switch {
		case callee == nil:
			return []Access{{Kinds: ^uint32(0), Unsafe: true}}
		case e.intrinsic(callee):
			if callee.Signature.Results().Len() == 0 { // those that store bytes
				for _, a := range args {
					elements(a)
				}
			}
			return out
		}
		for w := range e.writes[callee] {
			if p, ok := w.Root.(*ssa.Parameter); ok {
				a := argument(p, args)
				w.Root, w.Unsafe = a.Root, w.Unsafe || a.Unsafe
				if w.Field == nil {
					w.Field = a.Field
				}
				w.Element = w.Element && w.Field == nil
			}
			out = append(out, w)
		}
	}
	return out
}

func argument(p *ssa.Parameter, args []ssa.Value) Access {
	for i, q := range p.Parent().Params {
		if p == q && i < len(args) {
			return resolve(args[i])
		}
	}
	return Access{}
}

// resolve follows an address, or a slice, back to where it comes from.
func resolve(v ssa.Value) (a Access) {
	for {
		switch x := v.(type) {
		case *ssa.Global, *ssa.Parameter, *ssa.Alloc, *ssa.MakeSlice:
			a.Root = x
			return a
		case *ssa.FieldAddr:
			if a.Field == nil {
				a.Field = layoutField(x.X.Type(), x.Field)
				a.Element = false
			}
			v = x.X
		case *ssa.IndexAddr:
			s, ofSlice := x.X.Type().Underlying().(*types.Slice)
			a.Element = a.Element || ofSlice && a.Field == nil && !isStruct(s.Elem())
			v = x.X
		case *ssa.Slice:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.SliceToArrayPointer:
			v = x.X
		case *ssa.Convert:
			if layout.IsString(x.X.Type()) { // to new bytes
				a.Root = x
				return a
			}
			a.Unsafe, a.Kinds = true, ^uint32(0)
			v = x.X
		case *ssa.Call:
			b, ok := x.Call.Value.(*ssa.Builtin)
			if !ok {
				return a
			}
			switch b.Name() {
			case "append", "ssa:wrapnilchk", "Slice", "SliceData":
				v = x.Call.Args[0]
			case "Add":
				a.Unsafe, a.Kinds = true, ^uint32(0)
				v = x.Call.Args[0]
			default:
				return a
			}
		default:
			return a
		}
	}
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

func layoutField(pointer types.Type, i int) *types.Var {
	return pointer.Underlying().(*types.Pointer).Elem().Underlying().(*types.Struct).Field(i).Origin()
}

// MayTouch reports whether two accesses may be of the same memory.
func (e *Effects) MayTouch(a, b Access) bool {
	recast := a.Kinds&e.recast != 0 && b.Kinds&e.recast != 0
	if a.Kinds&b.Kinds == 0 && !recast {
		return false
	}
	ra, rb := known(a.Root), known(b.Root)
	switch {
	case ra != nil && rb != nil && ra != rb:
		return false
	case ra == nil && rb != nil && !e.exposed[rb], rb == nil && ra != nil && !e.exposed[ra]:
		return false
	case a.Unsafe || b.Unsafe || recast:
		return true
	case a.Field != nil && b.Field != nil:
		return a.Field == b.Field || holds(a.Field.Type(), b.Field) || holds(b.Field.Type(), a.Field)
	case a.Element && b.Field != nil:
		return hasArray(b.Field.Type())
	case b.Element && a.Field != nil:
		return hasArray(a.Field.Type())
	}
	return true
}

// known is a variable; a parameter may point to any that is exposed.
func known(root ssa.Value) ssa.Value {
	switch root.(type) {
	case *ssa.Global, *ssa.Alloc:
		return root
	}
	return nil
}

// holds reports whether a value of t has f as a field, at any depth.
func holds(t types.Type, f *types.Var) bool {
	switch u := t.Underlying().(type) {
	case *types.Array:
		return holds(u.Elem(), f)
	case *types.Struct:
		for i := range u.NumFields() {
			if g := u.Field(i); g.Origin() == f || holds(g.Type(), f) {
				return true
			}
		}
	case *types.Interface: // a type parameter
		return true
	}
	return false
}

func hasArray(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Array, *types.Interface:
		return true
	case *types.Struct:
		for i := range u.NumFields() {
			if hasArray(u.Field(i).Type()) {
				return true
			}
		}
	}
	return false
}

// Kinds are those of t's scalars. Pointers are all one kind; so are slices.
func Kinds(t types.Type) (k uint32) {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return 1 << (u.Kind() % 28)
	case *types.Slice:
		return 1 << 29
	case *types.Array:
		return Kinds(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			k |= Kinds(u.Field(i).Type())
		}
		return k
	case *types.Tuple:
		for i := range u.Len() {
			k |= Kinds(u.At(i).Type())
		}
		return k
	case *types.Interface:
		return ^uint32(0)
	}
	return 1 << 30
}
