package subset

import (
	"fmt"
	"go/token"
	"go/types"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"golang.org/x/tools/go/ssa"
)

// MaxLocal is the largest variable in a frame, in bytes. The stack has 64 KiB
// for the whole chain of calls.
const MaxLocal = 16 << 10

// MaxVariable is the largest package variable, in bytes.
const MaxVariable = 16 << 20

// MaxValues is how many parameters, and how many results, a function may have,
// counting the scalars in them. V8 takes no more.
const MaxValues = 1000

type checker struct {
	g       *analyse.Graph
	escapes *analyse.Escapes
	effects *analyse.Effects
	sizes   *layout.Layout
	globals map[*ssa.Global]bool // seen
	all     []Refusal
	f       *ssa.Function
	pos     token.Pos
}

// Check refuses what g reaches and the compiler can't translate.
func Check(g *analyse.Graph, e *analyse.Escapes) error {
	c := &checker{g: g, escapes: e, effects: analyse.FindEffects(g, lower.IsIntrinsic), sizes: layout.New(), globals: map[*ssa.Global]bool{}}
	foreign := map[*ssa.Function][]Refusal{}
	var own []Refusal
	for _, f := range g.Funcs {
		c.all = nil
		c.function(f)
		if c.isOwn(f) {
			own = append(own, c.all...)
		} else if len(c.all) > 0 {
			foreign[f] = c.all
		}
	}
	c.all = own
	c.exports()
	c.comments()
	c.unordered()
	if len(foreign) > 0 {
		c.blame(foreign)
	}
	return join(c.all)
}

func (c *checker) isOwn(f *ssa.Function) bool {
	return c.g.Prog.Own(packageOf(f))
}

func packageOf(f *ssa.Function) *types.Package {
	if p := load.PackageOf(f); p != nil {
		return p.Pkg
	}
	return nil
}

// blame refuses the calls and variables that lead to refusals in the standard
// library.
func (c *checker) blame(foreign map[*ssa.Function][]Refusal) {
	cause := map[*ssa.Function]Refusal{}
	for f, r := range foreign {
		cause[f] = r[0]
	}
	for changed := true; changed; {
		changed = false
		for _, f := range c.g.Funcs {
			if _, known := cause[f]; known || c.isOwn(f) {
				continue
			}
			for _, callee := range c.needs(f) {
				if r, bad := cause[callee]; bad {
					cause[f], changed = r, true
					break
				}
			}
		}
	}
	for _, f := range c.g.Funcs {
		if !c.isOwn(f) {
			continue
		}
		for _, call := range c.g.Calls[f] {
			if r, bad := cause[call.Callee]; bad && !c.isOwn(call.Callee) {
				c.all = append(c.all, Refusal{c.g.Prog.Position(call.Pos), fmt.Sprintf("%s (%s at %s)", load.Short(call.Callee.String()), r.What, r.Pos), usePlain})
			}
		}
		for _, b := range f.Blocks {
			for _, in := range b.Instrs {
				for _, op := range in.Operands(nil) {
					if v, ok := (*op).(*ssa.Global); ok && v.Pkg != nil {
						init := v.Pkg.Func("init")
						if r, bad := cause[init]; bad && !c.isOwn(init) {
							c.f, c.pos = f, in.Pos()
							c.all = append(c.all, Refusal{c.place(), fmt.Sprintf("%s (its package's initialiser: %s at %s)", v, r.What, r.Pos), usePlain})
						}
					}
				}
			}
		}
	}
	if len(c.all) == 0 { // nothing of ours leads there: say what there is
		for _, r := range foreign {
			c.all = append(c.all, r...)
		}
	}
}

// needs is what f calls, and the initialisers of the packages whose variables it
// uses.
func (c *checker) needs(f *ssa.Function) (out []*ssa.Function) {
	for _, call := range c.g.Calls[f] {
		out = append(out, call.Callee)
	}
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			for _, op := range in.Operands(nil) {
				if v, ok := (*op).(*ssa.Global); ok && v.Pkg != nil {
					out = append(out, v.Pkg.Func("init"))
				}
			}
		}
	}
	return out
}

func (c *checker) place() token.Position {
	pos := c.pos
	if pos == token.NoPos {
		pos = c.g.Prog.Place(c.f)
	}
	for f := c.f; pos == token.NoPos && f.Parent() != nil; f = f.Parent() {
		pos = f.Parent().Pos()
	}
	return c.g.Prog.Position(pos)
}

func (c *checker) refuse(do, format string, a ...any) {
	c.all = append(c.all, Refusal{c.place(), load.Short(fmt.Sprintf(format, a...)), do})
}

func (c *checker) function(f *ssa.Function) {
	c.f, c.pos = f, f.Pos()
	if len(f.Blocks) == 0 {
		c.refuse(useGoBody, "function %s without a Go body", f)
		return
	}
	for _, p := range f.Params {
		c.pos = p.Pos()
		c.value(p.Type())
		c.reaches(p.Type())
	}
	if len(f.FreeVars) > 0 {
		return // refused where it is made
	}
	results := f.Signature.Results()
	for i := range results.Len() {
		c.pos = f.Pos()
		c.value(results.At(i).Type())
	}
	for _, types := range []*types.Tuple{f.Signature.Params(), results} {
		if len(c.all) > 0 {
			break // of types that have no scalars, perhaps
		}
		if n := len(c.sizes.Scalars(types)); n > MaxValues {
			c.refuse("pass a pointer", "%d parameters or results, with the parts of structs, of which machines take %d,", n, MaxValues)
		}
	}
	if c.inAssembly(f) {
		c.refuse(usePlain, "function %s, which is assembly on some machines,", f)
	}
	c.orderOfEvaluation(f)
	for _, b := range f.Blocks {
		for i, in := range b.Instrs {
			c.pos = analyse.Place(b.Instrs, i, c.pos)
			c.variables(in)
			before := len(c.all)
			if v, ok := in.(ssa.Value); ok {
				c.reaches(v.Type())
			}
			if len(c.all) == before {
				c.instr(in)
			}
			if v, ok := in.(ssa.Value); ok && len(c.all) == before && valueMatters(in) {
				c.value(v.Type())
			}
			if len(c.all) == before {
				c.constants(in)
			}
		}
	}
	if at := irreducible(f); at != nil {
		c.pos = f.Pos()
		for _, in := range at.Instrs {
			if in.Pos() != token.NoPos {
				c.pos = in.Pos()
				break
			}
		}
		c.refuse(useLoop, "a goto into a loop")
	}
}

// constants refuses the nil of a type that has no form in the module. What is
// returned or passed on is refused with the function's signature.
func (c *checker) constants(in ssa.Instruction) {
	switch in := in.(type) {
	case *ssa.Return, *ssa.Panic, *ssa.MakeInterface, *ssa.ChangeInterface:
		return
	case *ssa.Call:
		if _, ok := in.Call.Value.(*ssa.Builtin); !ok {
			return
		}
	}
	for _, op := range in.Operands(nil) {
		if k, ok := (*op).(*ssa.Const); ok {
			c.value(k.Type())
		}
	}
}

// valueMatters: what is made for a panic is dropped, what a refused instruction
// yields was refused with it.
func valueMatters(in ssa.Instruction) bool {
	switch in := in.(type) {
	case *ssa.UnOp:
		return !analyse.ForPanic(in)
	case *ssa.MakeInterface, *ssa.ChangeInterface, *ssa.Range, *ssa.Next, *ssa.Lookup:
		return false
	}
	return true
}

// value refuses a type that has no form in the module.
func (c *checker) value(t types.Type) {
	switch u := t.Underlying().(type) {
	case *types.Interface:
		c.refuse(useConcrete, "a value of interface type %s", t)
	case *types.Map:
		c.refuse(useSlice, "map type %s", t)
	case *types.Chan:
		c.refuse(useReturn, "channel type %s", t)
	case *types.Signature:
		c.refuse(useSwitch, "a function value of type %s", t)
	case *types.Basic:
		if u.Info()&types.IsComplex != 0 {
			c.refuse(useParts, "complex type %s", t)
		}
	case *types.Array:
		c.value(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			c.value(u.Field(i).Type())
		}
	case *types.Tuple:
		for i := range u.Len() {
			c.value(u.At(i).Type())
		}
	}
}

// irreducible finds a block that is entered by a back edge from a block that
// it does not dominate.
func irreducible(f *ssa.Function) *ssa.BasicBlock {
	order := map[*ssa.BasicBlock]int{}
	var walk func(b *ssa.BasicBlock)
	n := len(f.Blocks)
	walk = func(b *ssa.BasicBlock) {
		order[b] = -1
		for _, s := range b.Succs {
			if _, ok := order[s]; !ok {
				walk(s)
			}
		}
		order[b] = n
		n--
	}
	walk(f.Blocks[0])
	for _, b := range f.Blocks {
		if _, reached := order[b]; !reached {
			continue
		}
		for _, s := range b.Succs {
			if order[s] <= order[b] && !s.Dominates(b) {
				return s
			}
		}
	}
	return nil
}
