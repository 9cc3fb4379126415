package randprog

import "fmt"

// variable is something that can be read, and assigned to.
type variable struct {
	name  string
	typ   *typ
	fixed bool // a loop's counter: not assigned to
}

// places lists ways to read a t from the variables in scope, through fields,
// elements and pointers.
func (p *program) places(t *typ, assign bool) (out []string) {
	for _, v := range p.scope {
		if !(assign && v.fixed) {
			p.within(v.name, v.typ, t, 3, assign, &out)
		}
	}
	return out
}

func (p *program) within(expr string, have, want *typ, depth int, assign bool, out *[]string) {
	if have.same(want) {
		*out = append(*out, expr)
	}
	if depth == 0 {
		return
	}
	switch have.kind {
	case structure:
		for _, f := range have.fields {
			p.within(expr+"."+f.name, f.typ, want, depth-1, assign, out)
		}
	case pointer:
		// Inside others, pointers are mostly nil.
		if depth == 3 && p.r.IntN(3) > 0 || p.r.IntN(40) == 0 {
			for _, f := range have.elem.fields {
				p.within(expr+"."+f.name, f.typ, want, depth-2, assign, out)
			}
		}
	case array:
		if have.n == 0 {
			return
		}
		p.within(fmt.Sprintf("%s[%s]", expr, p.index(have.n)), have.elem, want, depth-1, assign, out)
	case slice:
		if depth == 3 && p.r.IntN(3) > 0 || p.r.IntN(40) == 0 {
			p.within(fmt.Sprintf("%s[%s]", expr, p.sliceIndex(expr)), have.elem, want, depth-1, assign, out)
		}
	}
}

// index is within an array of n, nearly always.
func (p *program) index(n int) string {
	if p.r.IntN(3) == 0 {
		return fmt.Sprint(p.r.IntN(n))
	}
	v := p.simple(integers[p.r.IntN(len(integers))])
	if p.r.IntN(2000) == 0 {
		return v // may trap
	}
	return fmt.Sprintf("uint(%s)%%%d", v, n)
}

func (p *program) sliceIndex(s string) string {
	v := p.simple(integers[p.r.IntN(len(integers))])
	if p.r.IntN(1000) == 0 {
		return v
	}
	return fmt.Sprintf("uint(%s)%%uint(max(len(%s), 1))", v, s)
}

// simple is a variable of type t, without indexing; there is one of each.
func (p *program) simple(t *typ) string {
	var list []string
	for _, v := range p.scope {
		if v.typ.same(t) {
			list = append(list, v.name)
		}
	}
	if len(list) == 0 {
		return p.prefix + "G" + t.name
	}
	return list[p.r.IntN(len(list))]
}

// leaf is a place or a literal; never a constant if variable is asked for.
func (p *program) leaf(t *typ, mustVary bool) string {
	if !mustVary && t.kind <= text && p.r.IntN(4) == 0 {
		return literal(p.r, t, false)
	}
	if list := p.places(t, false); len(list) > 0 {
		return list[p.r.IntN(len(list))]
	}
	switch t.kind {
	case array, structure:
		return t.name + "{}"
	case slice:
		return fmt.Sprintf("make(%s, 2, %d)", t.name, 2+p.r.IntN(3))
	case pointer:
		return fmt.Sprintf("(&%s{})", t.elem.name)
	}
	return p.prefix + "G" + t.name
}

// expr is an expression of type t without calls of the program's functions.
func (p *program) expr(t *typ, depth int) string {
	if depth == 0 {
		return p.leaf(t, false)
	}
	r := p.r
	switch t.kind {
	case integer:
		return p.integer(t, depth)
	case boolean:
		switch r.IntN(5) {
		case 0:
			return p.leaf(t, false)
		case 1:
			return fmt.Sprintf("(%s %s %s)", p.expr(t, depth-1), []string{"&&", "||"}[r.IntN(2)], p.expr(t, depth-1))
		case 2:
			return "!" + p.leaf(t, true)
		}
		u := p.anyType(1)
		for !u.comparable() {
			u = p.anyType(1)
		}
		if (u.kind == integer || u.kind == float || u.kind == text) && r.IntN(3) > 0 {
			return fmt.Sprintf("(%s %s %s)", p.leaf(u, true), []string{"<", "<=", ">", ">="}[r.IntN(4)], p.expr(u, depth-1))
		}
		return fmt.Sprintf("(%s %s (%s))", p.leaf(u, true), []string{"==", "!="}[r.IntN(2)], p.leaf(u, false))
	case float:
		switch r.IntN(4) {
		case 0:
			return fmt.Sprintf("float64(%s)", p.leaf(integers[r.IntN(len(integers))], true))
		case 1:
			return "-" + p.leaf(t, true)
		}
		return fmt.Sprintf("float64(%s %s %s)", p.leaf(t, true), []string{"+", "-", "*", "/"}[r.IntN(4)], p.expr(t, depth-1))
	case text:
		if r.IntN(3) == 0 {
			s := p.simple(textType)
			return fmt.Sprintf("%s[%s:]", s, fmt.Sprintf("uint(%s)%%uint(len(%s)+1)", p.simple(integers[r.IntN(len(integers))]), s))
		}
	case structure:
		if r.IntN(3) == 0 {
			s := t.name + "{"
			for i, f := range t.fields {
				if i > 0 {
					s += ", "
				}
				s += f.name + ": " + p.expr(f.typ, depth-1)
			}
			return s + "}"
		}
	case slice:
		if r.IntN(2) == 0 {
			s := p.leaf(t, true)
			if s[0] == 'm' { // a fresh one
				return s
			}
			return fmt.Sprintf("%s[:uint(%s)%%uint(len(%s))+1]", s, p.simple(integers[r.IntN(len(integers))]), s)
		}
	}
	return p.leaf(t, false)
}

func (p *program) integer(t *typ, depth int) string {
	r := p.r
	switch r.IntN(9) {
	case 0:
		u := integers[r.IntN(len(integers))]
		if r.IntN(3) == 0 {
			return p.chain(t)
		}
		return fmt.Sprintf("%s(%s)", t.name, p.integerOrVariable(u, depth-1))
	case 1:
		return fmt.Sprintf("%s%s", []string{"-", "^"}[r.IntN(2)], p.leaf(t, true))
	case 2:
		if r.IntN(400) == 0 {
			return fmt.Sprintf("(%s %s %s)", p.leaf(t, true), []string{"/", "%"}[r.IntN(2)], p.leaf(t, true))
		}
		if r.IntN(2) == 0 {
			return fmt.Sprintf("(%s %s %s)", p.leaf(t, true), []string{"/", "%"}[r.IntN(2)], literal(r, t, true))
		}
		return fmt.Sprintf("(%s %s (%s|1))", p.leaf(t, true), []string{"/", "%"}[r.IntN(2)], p.leaf(t, true))
	case 3:
		amount := fmt.Sprintf("(uint8(%s)&%d)", p.leaf(integers[r.IntN(len(integers))], true), []int{7, 15, 31, 63, 127}[r.IntN(5)])
		if r.IntN(3) == 0 {
			amount = fmt.Sprint(r.IntN(70))
		}
		return fmt.Sprintf("(%s %s %s)", p.leaf(t, true), []string{"<<", ">>"}[r.IntN(2)], amount)
	case 4:
		f := []string{"min", "max"}[r.IntN(2)]
		return fmt.Sprintf("%s(%s, %s)", f, p.leaf(t, true), p.expr(t, depth-1))
	case 5:
		if t.bits >= 32 {
			return fmt.Sprintf("%s(len(%s))", t.name, p.simple(textType))
		}
	}
	op := []string{"+", "-", "*", "&", "|", "^", "&^"}[r.IntN(7)]
	return fmt.Sprintf("(%s %s %s)", p.leaf(t, true), op, p.expr(t, depth-1))
}

// integerOrVariable is not a constant, so that any conversion of it compiles.
func (p *program) integerOrVariable(t *typ, depth int) string {
	if depth <= 0 {
		return p.leaf(t, true)
	}
	return fmt.Sprintf("(%s ^ %s)", p.leaf(t, true), p.expr(t, depth))
}
