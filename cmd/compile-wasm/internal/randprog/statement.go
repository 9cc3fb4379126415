package randprog

import (
	"fmt"
	"slices"
	"strings"
)

// block writes statements; depth bounds nesting.
func (p *program) block(depth int) {
	outer := p.scope
	for range 2 + p.r.IntN(4) {
		if p.size--; p.size < 0 {
			break
		}
		p.statement(depth)
	}
	p.scope = outer
}

func (p *program) declare(t *typ, value string) {
	v := variable{name: p.name(), typ: t}
	p.line("var %s %s = %s", v.name, t.name, value)
	p.line("_ = %s", v.name)
	p.scope = append(slices.Clone(p.scope), v)
}

func (p *program) statement(depth int) {
	r := p.r
	if depth == 0 {
		p.assign()
		return
	}
	switch r.IntN(18) {
	case 0, 1:
		t := p.anyType(2)
		p.declare(t, p.expr(t, 2))
	case 2:
		p.line("if %s {", p.expr(boolType, 2))
		p.inner(depth)
		if r.IntN(2) == 0 {
			p.line("} else {")
			p.inner(depth)
		}
		p.line("}")
	case 3:
		p.loop(depth)
	case 4:
		if r.IntN(2) == 0 {
			p.edgeLoop(depth)
		} else {
			p.loop(depth)
		}
	case 5:
		p.rangeLoop(depth)
	case 6:
		p.choice(depth)
	case 7, 8:
		if len(p.funcs) > 0 {
			p.call(p.funcs[r.IntN(len(p.funcs))])
		}
	case 9:
		p.takeAddress()
	case 10:
		p.extend()
	case 16, 17:
		p.corner()
	case 11:
		if len(p.loops) > 0 && r.IntN(2) == 0 {
			label := ""
			if r.IntN(2) == 0 {
				label = " " + p.loops[r.IntN(len(p.loops))]
			}
			p.line("if %s {", p.expr(boolType, 1))
			p.line("\t%s%s", []string{"break", "continue"}[r.IntN(2)], label)
			p.line("}")
		} else if r.IntN(3) == 0 {
			p.line("if %s {", p.expr(boolType, 1))
			p.indent++
			p.ret()
			p.indent--
			p.line("}")
		}
	default:
		p.assign()
	}
}

func (p *program) inner(depth int) {
	p.indent++
	p.block(depth - 1)
	p.indent--
}

func (p *program) assign() {
	t := p.anyType(2)
	places := p.places(t, true)
	if len(places) == 0 {
		return
	}
	to := places[p.r.IntN(len(places))]
	switch {
	case t.kind == integer && p.r.IntN(3) == 0:
		p.line("%s %s= %s", to, []string{"+", "-", "*", "^", "|", "&"}[p.r.IntN(6)], p.expr(t, 2))
	case t.kind == integer && p.r.IntN(6) == 0:
		p.line("%s%s", to, []string{"++", "--"}[p.r.IntN(2)])
	case len(places) > 1 && p.r.IntN(8) == 0 && !strings.ContainsAny(to, "[."):
		other := p.simple(t)
		if t.kind <= text && !p.isFixed(other) {
			p.line("%s, %s = %s, %s", to, other, other, to)
		}
	default:
		p.line("%s = %s", to, p.expr(t, 3))
	}
}

func (p *program) isFixed(name string) bool {
	return slices.ContainsFunc(p.scope, func(v variable) bool { return v.name == name && v.fixed })
}

func (p *program) choice(depth int) {
	if p.r.IntN(3) == 0 {
		p.line("switch %s {", p.simple(textType))
		for _, s := range []string{`"a"`, `"grün"`, `"abcdefgh", ""`} {
			p.line("case %s:", s)
			p.inner(depth)
		}
	} else {
		p.line("switch %s & 3 {", p.leaf(integers[p.r.IntN(len(integers))], true))
		p.line("case 0, 3:")
		p.inner(depth)
		if p.r.IntN(3) == 0 {
			p.line("\tfallthrough")
		}
		p.line("case 1:")
		p.inner(depth)
	}
	if p.r.IntN(2) == 0 {
		p.line("default:")
		p.inner(depth)
	}
	p.line("}")
}

// call stores the results of a function in new variables.
func (p *program) call(f function) {
	args := make([]string, len(f.params))
	for i, t := range f.params {
		args[i] = p.expr(t, 2)
	}
	text := fmt.Sprintf("%s(%s)", f.name, strings.Join(args, ", "))
	if len(f.results) == 0 {
		p.line("%s", text)
		return
	}
	names := make([]string, len(f.results))
	vars := slices.Clone(p.scope)
	for i, t := range f.results {
		names[i] = p.name()
		vars = append(vars, variable{name: names[i], typ: t})
	}
	p.line("%s := %s", strings.Join(names, ", "), text)
	for _, n := range names {
		p.line("_ = %s", n)
	}
	p.scope = vars
}

// takeAddress makes a pointer to a variable, or to one within it.
func (p *program) takeAddress() {
	if len(p.structs) == 0 {
		return
	}
	s := p.structs[p.r.IntN(len(p.structs))]
	places := p.places(s, true)
	if len(places) == 0 {
		return
	}
	t := &typ{name: "*" + s.name, kind: pointer, elem: s}
	p.declare(t, "&"+places[p.r.IntN(len(places))])
}

// extend appends to a slice, copies or clears one.
func (p *program) extend() {
	var slices []*typ
	for _, v := range p.scope {
		if v.typ.kind == slice {
			slices = append(slices, v.typ)
		}
	}
	if len(slices) == 0 {
		p.assign()
		return
	}
	t := slices[p.r.IntN(len(slices))]
	list := p.places(t, true)
	s := list[p.r.IntN(len(list))]
	switch p.r.IntN(5) {
	case 0:
		p.line("copy(%s, %s)", s, p.leaf(t, true))
	case 1:
		p.line("clear(%s)", s)
	case 2:
		p.line("%s = make(%s, uint(%s)%%5)", s, t.name, p.simple(integers[p.r.IntN(len(integers))]))
	default:
		// Appending to a part of a longer slice is visible through the whole:
		// whether it is depends on the capacity, which Go leaves open.
		p.line("%s = append(%s[:len(%s):len(%s)], %s)", s, s, s, s, p.expr(t.elem, 2))
	}
}
