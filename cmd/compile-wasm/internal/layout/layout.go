package layout

import (
	"fmt"
	"go/types"
)

// MaxLeaves is how many scalars a struct may travel as. More would fill the
// locals of every function it passes through; moving it as an address is then
// smaller and faster.
const MaxLeaves = 12

// Leaf is one scalar of a type.
type Leaf struct {
	Kind   Kind
	Offset int // in bytes, from the start of the type
	// Length: the scalar is a length or a capacity, never negative.
	Length bool
}

// Layout remembers what it worked out; its methods panic on types outside the
// subset, which the subset's check has refused before.
type Layout struct {
	sizes  types.Sizes
	leaves map[types.Type][]Leaf
	mem    map[types.Type]bool
}

// New is an empty layout.
func New() *Layout {
	return &Layout{types.SizesFor("gc", "386"), map[types.Type][]Leaf{}, map[types.Type]bool{}}
}

// Size is t's size in bytes.
func (l *Layout) Size(t types.Type) int { return int(l.sizes.Sizeof(t)) }

// Align is t's alignment in bytes.
func (l *Layout) Align(t types.Type) int { return int(l.sizes.Alignof(t)) }

// Offsets are those of s's fields.
func (l *Layout) Offsets(s *types.Struct) []int {
	fields := make([]*types.Var, s.NumFields())
	for i := range fields {
		fields[i] = s.Field(i)
	}
	out := make([]int, len(fields))
	for i, o := range l.sizes.Offsetsof(fields) {
		out[i] = int(o)
	}
	return out
}

// InMemory reports whether values of t travel as an address.
func (l *Layout) InMemory(t types.Type) bool {
	if m, ok := l.mem[t]; ok {
		return m
	}
	m := false
	switch u := t.Underlying().(type) {
	case *types.Array:
		m = u.Len() > 0
	case *types.Struct:
		for i := range u.NumFields() {
			m = m || l.InMemory(u.Field(i).Type())
		}
		m = m || len(l.Leaves(t)) > MaxLeaves
	}
	l.mem[t] = m
	return m
}

// Leaves are all scalars of t in memory order; arrays are spelt out.
func (l *Layout) Leaves(t types.Type) []Leaf {
	if v, ok := l.leaves[t]; ok {
		return v
	}
	var out []Leaf
	switch u := t.Underlying().(type) {
	case *types.Slice:
		out = []Leaf{{U32, 0, false}, {I32, 4, true}, {I32, 8, true}}
	case *types.Struct:
		offsets := l.Offsets(u)
		for i := range u.NumFields() {
			ft := u.Field(i).Type()
			if a, ok := ft.Underlying().(*types.Array); ok && a.Len() > 0 {
				// Never travels as scalars: one more than allowed says so.
				out = make([]Leaf, MaxLeaves+1)
				break
			}
			for _, f := range l.Leaves(ft) {
				out = append(out, Leaf{f.Kind, f.Offset + offsets[i], f.Length})
			}
		}
	case *types.Array:
		if u.Len() > 0 {
			panic(fmt.Sprintf("layout: leaves of %s", t))
		}
	case *types.Tuple:
		for i := range u.Len() {
			out = append(out, l.Scalars(u.At(i).Type())...)
		}
	default:
		if IsString(u) {
			out = []Leaf{{U32, 0, false}, {I32, 4, true}}
			break
		}
		k, ok := KindOf(t)
		if !ok {
			panic(fmt.Sprintf("layout: %s is outside the subset", t))
		}
		out = []Leaf{{k, 0, false}}
	}
	l.leaves[t] = out
	return out
}

// Scalars are what a value of t travels as: its leaves, or one address.
func (l *Layout) Scalars(t types.Type) []Leaf {
	if tuple, ok := t.(*types.Tuple); ok {
		return l.Leaves(tuple)
	}
	if l.InMemory(t) {
		return []Leaf{{Kind: U32}}
	}
	return l.Leaves(t)
}

// FieldLeaf is the index of the first leaf of field i of s.
func (l *Layout) FieldLeaf(s *types.Struct, i int) int {
	n := 0
	for j := range i {
		n += len(l.Leaves(s.Field(j).Type()))
	}
	return n
}
