package analyse

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// results stands for what a function returns, in the role of a value.
type results struct{ f *ssa.Function }

// outside is the one object that stands for package variables, the heap, and
// whatever else outlives every call.
const outside = 0

// Escapes is the result of the escape analysis.
type Escapes struct {
	objects []*ssa.Alloc // by number; objects[outside] is nil
	number  map[*ssa.Alloc]int
	values  map[any]*set // what a value (ssa.Value or results) may point to
	content []*set       // what is stored in an object
	flows   []flow
	cyclic  map[*ssa.BasicBlock]bool
	calls   map[*ssa.Function]map[*ssa.Function]bool // transitively
	escaped []bool
}

// flow is one inclusion. With load, what the objects that from points to hold
// goes to to; with store, what from points to goes into the objects that to
// points to.
type flow struct {
	from, to    *set
	load, store bool
}

// set is a set of objects, one bit each.
type set []uint64

func (s set) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

// add unites s with t and reports whether that changed s.
func (s set) add(t set) (changed bool) {
	for i, w := range t {
		changed = changed || w&^s[i] != 0
		s[i] |= w
	}
	return changed
}

func (s set) each(yield func(i int)) {
	for k, w := range s {
		for ; w != 0; w &= w - 1 {
			yield(k*64 + trailingZeros(w))
		}
	}
}

// FindEscapes analyses all functions of g together.
func FindEscapes(g *Graph, intrinsic Intrinsic) *Escapes {
	e := &Escapes{objects: []*ssa.Alloc{nil}, number: map[*ssa.Alloc]int{}, values: map[any]*set{}, cyclic: map[*ssa.BasicBlock]bool{}, calls: reachable(g)}
	for _, f := range g.Funcs {
		e.markCycles(f)
		for _, b := range f.Blocks {
			for _, in := range b.Instrs {
				if a, ok := in.(*ssa.Alloc); ok {
					e.number[a] = len(e.objects)
					e.objects = append(e.objects, a)
				}
			}
		}
	}
	for range e.objects {
		e.content = append(e.content, e.empty())
	}
	e.content[outside].set(outside)
	for a, i := range e.number {
		e.of(a).set(i)
	}
	for _, x := range g.Prog.Exports { // a host hands addresses that it was given
		for _, p := range x.Func.Params {
			e.of(p).set(outside)
		}
	}
	for _, f := range g.Funcs {
		for _, b := range f.Blocks {
			for _, in := range b.Instrs {
				e.instr(in, intrinsic)
			}
		}
	}
	for e.grow() {
	}
	e.decide()
	return e
}

// Of reports whether a must live on the heap.
func (e *Escapes) Of(a *ssa.Alloc) bool { return e.escaped[e.number[a]] }

func (e *Escapes) empty() *set {
	s := make(set, (len(e.objects)+63)/64)
	return &s
}

func (s *set) set(i int) { (*s)[i/64] |= 1 << (i % 64) }

// of is the set of a value; that of a package variable's address, or of
// anything unknown, is outside.
func (e *Escapes) of(v any) *set {
	s, ok := e.values[v]
	if !ok {
		s = e.empty()
		e.values[v] = s
		switch v.(type) {
		case *ssa.Global, *ssa.FreeVar, *ssa.MakeSlice, *ssa.MakeInterface, *ssa.MakeClosure:
			s.set(outside)
		}
	}
	return s
}

// grow applies every inclusion once; it reports whether anything was new.
func (e *Escapes) grow() (changed bool) {
	for _, f := range e.flows {
		switch {
		case f.load:
			f.from.each(func(i int) { changed = f.to.add(*e.content[i]) || changed })
		case f.store:
			f.to.each(func(i int) { changed = e.content[i].add(*f.from) || changed })
		default:
			changed = f.to.add(*f.from) || changed
		}
	}
	return changed
}

// decide finds the objects whose address may be used after their function has
// returned (or, in a loop, after the loop has come to them again), and all that
// can be reached through those.
func (e *Escapes) decide() {
	e.escaped = make([]bool, len(e.objects))
	holders := make([][]int, len(e.objects)) // the objects that hold an object's address
	for h, c := range e.content {
		c.each(func(i int) { holders[i] = append(holders[i], h) })
	}
	todo := []int{outside}
	mark := func(i int) {
		if !e.escaped[i] {
			e.escaped[i] = true
			todo = append(todo, i)
		}
	}
	for i, a := range e.objects[1:] {
		if e.outlives(i+1, a, holders[i+1]) {
			mark(i + 1)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		e.content[i].each(mark)
	}
}

func (e *Escapes) outlives(i int, a *ssa.Alloc, holders []int) bool {
	f := a.Parent()
	if e.of(results{f}).has(i) {
		return true
	}
	loops := e.cyclic[a.Block()]
	for _, h := range holders {
		if h == outside {
			return true
		}
		b := e.objects[h]
		g := b.Parent()
		switch {
		case e.calls[g][f]:
			return true // a frame that may be there before and after this one
		case g == f && h != i && loops && b.Block() != a.Block():
			return true // may still hold the address the next time round
		}
	}
	if !loops {
		return false
	}
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			phi, ok := in.(*ssa.Phi)
			if !ok {
				break
			}
			if e.of(phi).has(i) && b.Dominates(a.Block()) {
				return true // carried from one round to the next
			}
		}
	}
	return false
}

// markCycles finds the blocks that may run more than once in one call: those in a
// strongly connected component of several, or with an edge to themselves (Tarjan,
// 1972).
func (e *Escapes) markCycles(f *ssa.Function) {
	place := make([]int, len(f.Blocks)) // in the order of discovery, from 1
	low := make([]int, len(f.Blocks))
	isOpen := make([]bool, len(f.Blocks))
	found := 0
	var open []*ssa.BasicBlock
	var visit func(b *ssa.BasicBlock)
	visit = func(b *ssa.BasicBlock) {
		found++
		place[b.Index], low[b.Index] = found, found
		open, isOpen[b.Index] = append(open, b), true
		for _, s := range b.Succs {
			switch {
			case s == b:
				e.cyclic[b] = true
			case place[s.Index] == 0:
				visit(s)
				low[b.Index] = min(low[b.Index], low[s.Index])
			case isOpen[s.Index]:
				low[b.Index] = min(low[b.Index], place[s.Index])
			}
		}
		if low[b.Index] < place[b.Index] {
			return
		}
		at := len(open) - 1
		for open[at] != b {
			at--
		}
		for _, x := range open[at:] {
			e.cyclic[x] = e.cyclic[x] || len(open)-at > 1
			isOpen[x.Index] = false
		}
		open = open[:at]
	}
	for _, b := range f.Blocks {
		if place[b.Index] == 0 {
			visit(b)
		}
	}
}

// reachable is the transitive closure of the calls.
func reachable(g *Graph) map[*ssa.Function]map[*ssa.Function]bool {
	out := map[*ssa.Function]map[*ssa.Function]bool{}
	for _, f := range g.Funcs {
		seen := map[*ssa.Function]bool{}
		todo := []*ssa.Function{f}
		for len(todo) > 0 {
			x := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, c := range g.Calls[x] {
				if !seen[c.Callee] {
					seen[c.Callee] = true
					todo = append(todo, c.Callee)
				}
			}
		}
		out[f] = seen
	}
	return out
}

func hasPointers(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsString != 0 || u.Kind() == types.UnsafePointer || u.Kind() == types.UntypedNil
	case *types.Array:
		return hasPointers(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			if hasPointers(u.Field(i).Type()) {
				return true
			}
		}
		return false
	case *types.Tuple:
		for i := range u.Len() {
			if hasPointers(u.At(i).Type()) {
				return true
			}
		}
		return false
	}
	return true
}
