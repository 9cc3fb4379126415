package randprog

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// typ is a type of the generated program.
type typ struct {
	name   string
	kind   kind
	bits   int
	signed bool
	elem   *typ // of arrays, slices, pointers
	n      int  // length of an array
	fields []field
}

type field struct {
	name string
	typ  *typ
}

type kind uint8

const (
	integer kind = iota
	boolean
	float
	text
	array
	slice
	structure
	pointer
)

var (
	boolType  = &typ{name: "bool", kind: boolean}
	floatType = &typ{name: "float64", kind: float}
	textType  = &typ{name: "string", kind: text}
	integers  = []*typ{
		{name: "int8", bits: 8, signed: true}, {name: "uint8", bits: 8}, {name: "int16", bits: 16, signed: true}, {name: "uint16", bits: 16},
		{name: "int32", bits: 32, signed: true}, {name: "uint32", bits: 32}, {name: "int64", bits: 64, signed: true}, {name: "uint64", bits: 64},
		{name: "int", bits: 32, signed: true}, {name: "uint", bits: 32},
	}
)

// most is the greatest number of an integer type.
func (t *typ) most() uint64 {
	if t.signed {
		return 1<<(t.bits-1) - 1
	}
	return 1<<t.bits - 1
}

// newStruct makes a struct type of random fields; earlier ones may be nested.
func (p *program) newStruct() *typ {
	t := &typ{name: fmt.Sprintf("%sT%d", p.prefix, len(p.structs)), kind: structure}
	for i := range 1 + p.r.IntN(6) {
		t.fields = append(t.fields, field{fmt.Sprintf("F%d", i), p.anyType(2)})
	}
	p.structs = append(p.structs, t)
	return t
}

// anyType is a type; depth bounds nesting.
func (p *program) anyType(depth int) *typ {
	r := p.r
	if depth > 0 {
		switch n := r.IntN(12); {
		case n == 0:
			e := p.anyType(depth - 1)
			n := 1 + r.IntN(5)
			if r.IntN(10) == 0 {
				n = 0
			}
			return &typ{name: fmt.Sprintf("[%d]%s", n, e.name), kind: array, elem: e, n: n}
		case n == 1:
			e := p.anyType(depth - 1)
			return &typ{name: "[]" + e.name, kind: slice, elem: e}
		case n <= 4 && len(p.structs) > 0:
			return p.structs[r.IntN(len(p.structs))]
		case n == 5 && len(p.structs) > 0:
			e := p.structs[r.IntN(len(p.structs))]
			return &typ{name: "*" + e.name, kind: pointer, elem: e}
		}
	}
	switch r.IntN(10) {
	case 0:
		if depth > 0 && r.IntN(5) == 0 {
			return emptyType
		}
		return boolType
	case 1:
		return floatType
	case 2:
		return textType
	}
	return integers[r.IntN(len(integers))]
}

func (t *typ) comparable() bool {
	switch t.kind {
	case slice:
		return false
	case array:
		return t.elem.comparable()
	case structure:
		for _, f := range t.fields {
			if !f.typ.comparable() {
				return false
			}
		}
	}
	return true
}

func (t *typ) same(u *typ) bool { return t.name == u.name }

// literal is a constant of a basic type, never zero if nonzero is asked for.
func literal(r *rand.Rand, t *typ, nonzero bool) string {
	switch t.kind {
	case boolean:
		return []string{"true", "false"}[r.IntN(2)]
	case float:
		return fmt.Sprintf("float64(%d)", r.IntN(2000)-1000) + []string{"", "/8"}[r.IntN(2)]
	case text:
		return []string{`""`, `"a"`, `"grün"`, `"abcdefgh"`, `"abcdefgi"`, `"\xff\x80z"`}[r.IntN(6)]
	}
	bits := t.bits
	if t.signed {
		bits--
	}
	var v uint64
	switch r.IntN(5) {
	case 0:
		v = 1<<bits - 1
	case 1:
		v = uint64(r.IntN(4))
	case 2:
		v = 1 << r.IntN(bits)
	default:
		v = r.Uint64() >> (64 - bits) >> r.IntN(bits)
	}
	if nonzero && v == 0 {
		v = 3
	}
	minus := ""
	if t.signed && r.IntN(3) == 0 && v != 0 {
		minus = "-"
	}
	return fmt.Sprintf("%s(%s%d)", t.name, minus, v)
}

func (p *program) line(format string, a ...any) {
	p.out.WriteString(strings.Repeat("\t", p.indent))
	fmt.Fprintf(&p.out, format, a...)
	p.out.WriteByte('\n')
}
