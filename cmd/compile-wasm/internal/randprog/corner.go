package randprog

import (
	"fmt"
	"slices"
	"strings"
)

// emptyType has no size. So have arrays without elements.
var emptyType = &typ{name: "struct{}", kind: structure}

// corner writes what compilers are seldom given.
func (p *program) corner() {
	switch p.r.IntN(4) {
	case 0:
		p.fresh()
	case 1:
		p.twoCalls()
	case 2:
		p.large()
	default:
		t := integers[p.r.IntN(len(integers))]
		p.declare(t, p.chain(t))
	}
}

// fresh makes a variable of its own each time, and keeps its address in a pointer
// that is there before.
func (p *program) fresh() {
	s := p.structs[p.r.IntN(len(p.structs))]
	var pointers []string
	for _, v := range p.scope {
		if v.typ.kind == pointer && v.typ.elem == s && !v.fixed {
			pointers = append(pointers, v.name)
		}
	}
	v := variable{name: p.name(), typ: s}
	p.line("var %s %s = %s", v.name, s.name, p.leaf(s, true))
	if len(pointers) == 0 {
		p.line("_ = %s", v.name)
		p.scope = append(slices.Clone(p.scope), v)
		return
	}
	p.line("%s = &%s", pointers[p.r.IntN(len(pointers))], v.name)
	p.scope = append(slices.Clone(p.scope), v)
}

// twoCalls has two results at once, neither of which lies in a variable yet when
// the second function runs. Their arguments are nothing that the first may write.
func (p *program) twoCalls() {
	var list []function
	for _, f := range p.funcs {
		if len(f.results) == 1 {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		p.assign()
		return
	}
	names, calls := make([]string, 2), make([]string, 2)
	vars := slices.Clone(p.scope)
	for i := range 2 {
		f := list[p.r.IntN(len(list))]
		args := make([]string, len(f.params))
		for k, t := range f.params {
			switch {
			case t.kind <= text:
				args[k] = literal(p.r, t, false)
			case t.kind == pointer:
				args[k] = "&" + t.elem.name + "{}"
			case t.kind == slice:
				args[k] = "make(" + t.name + ", 2)"
			default:
				args[k] = t.name + "{}"
			}
		}
		names[i], calls[i] = p.name(), fmt.Sprintf("%s(%s)", f.name, strings.Join(args, ", "))
		vars = append(vars, variable{name: names[i], typ: f.results[0]})
	}
	p.line("%s := %s", strings.Join(names, ", "), strings.Join(calls, ", "))
	p.line("_, _ = %s", strings.Join(names, ", "))
	p.scope = vars
}

// large makes a variable that takes much of the stack, and reads and writes its
// end through a slice.
func (p *program) large() {
	if p.frame > 0 {
		p.assign()
		return
	}
	e := integers[p.r.IntN(4)]
	n := 200 + p.r.IntN(1000)
	p.frame = n
	v := variable{name: p.name(), typ: &typ{name: fmt.Sprintf("[%d]%s", n, e.name), kind: array, elem: e, n: n}, fixed: true}
	p.line("var %s %s", v.name, v.typ.name)
	part := variable{name: p.name(), typ: &typ{name: "[]" + e.name, kind: slice, elem: e}}
	p.line("%s := %s[%d:]", part.name, v.name, n-1-p.r.IntN(60))
	p.line("%s[len(%s)-1] = %s", part.name, part.name, p.leaf(e, false))
	p.line("%s[%d] ^= %s[%d]", v.name, p.r.IntN(n), v.name, n-1)
	p.scope = append(slices.Clone(p.scope), part)
}

// chain converts an integer through other types, floats among them.
func (p *program) chain(t *typ) string {
	x := p.leaf(integers[p.r.IntN(len(integers))], true)
	for range 1 + p.r.IntN(3) {
		u := integers[p.r.IntN(len(integers))]
		if u.bits <= 32 && p.r.IntN(4) == 0 {
			x = fmt.Sprintf("%s(float64(%s(%s)))", u.name, u.name, x)
		} else {
			x = fmt.Sprintf("%s(%s)", u.name, x)
		}
	}
	return fmt.Sprintf("%s(%s)", t.name, x)
}

// initialised writes variables that the package's initialisers set, each from
// those before. They keep what a run leaves in them.
func (p *program) initialised() (out []variable) {
	before := "7"
	for i := range 2 + p.r.IntN(4) {
		t := integers[p.r.IntN(len(integers))]
		v := variable{name: fmt.Sprintf("%sI%d", p.prefix, i), typ: t}
		switch p.r.IntN(3) {
		case 0:
			n := 2 + p.r.IntN(30)
			v.typ = &typ{name: fmt.Sprintf("[%d]%s", n, t.name), kind: array, elem: t, n: n}
			p.line("var %s = %s{%d: %s, %d: %s}", v.name, v.typ.name, p.r.IntN(n-1), literal(p.r, t, false), n-1, literal(p.r, t, true))
		case 1:
			p.line("var %s = %sset(%s(%s))", v.name, v.name, t.name, before)
			p.line("func %sset(x %s) %s {\nfor i := range %s(5) {\nx = x*3 ^ i\n}\nreturn x\n}", v.name, t.name, t.name, t.name)
			before = v.name
		default:
			p.line("var %s %s", v.name, t.name)
			p.line("func init() {\n%s += %s(%s) ^ %s\n}", v.name, t.name, before, literal(p.r, t, false))
			before = v.name
		}
		out = append(out, v)
	}
	return out
}
