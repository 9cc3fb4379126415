package randprog

import (
	"fmt"
	"slices"
	"strings"
)

// loop counts up or down, with a label if anything within leaves it by name.
func (p *program) loop(depth int) {
	r := p.r
	t := integers[r.IntN(len(integers))]
	i := p.name()
	head := fmt.Sprintf("for %s := %s(0); %s < %d; %s++ {", i, t.name, i, r.IntN(9), i)
	switch r.IntN(4) {
	case 0:
		head = fmt.Sprintf("for %s := %s(%d); %s > %d; %s -= 2 {", i, t.name, 3+r.IntN(8), i, 1+r.IntN(3), i)
	case 1:
		head = fmt.Sprintf("for %s := range %s(%d) {", i, t.name, r.IntN(7))
	case 2:
		if t.bits >= 32 {
			head = fmt.Sprintf("for %s := %s(0); %s < %s(len(%s)); %s++ {", i, t.name, i, t.name, p.simple(textType), i)
		}
	}
	p.body(head, "", depth, variable{i, t, true})
}

func (p *program) rangeLoop(depth int) {
	r := p.r
	i, v := p.name(), p.name()
	if r.IntN(3) == 0 {
		p.body(fmt.Sprintf("for %s, %s := range %s {", i, v, p.simple(textType)), "", depth, variable{i, integers[8], true}, variable{v, integers[4], false})
		return
	}
	for range 5 {
		t := p.anyType(2)
		if t.kind != array && t.kind != slice {
			continue
		}
		if list := p.places(t, false); len(list) > 0 {
			p.body(fmt.Sprintf("for %s, %s := range %s {", i, v, list[r.IntN(len(list))]), "", depth, variable{i, integers[8], true}, variable{v, t.elem, false})
			return
		}
	}
}

// body writes a loop; last are the statements at its end.
func (p *program) body(head, last string, depth int, vars ...variable) {
	label := "L" + p.name()
	before := p.out.String()
	outer, loops := p.scope, p.loops
	p.scope = append(slices.Clone(p.scope), vars...)
	p.loops = append(slices.Clone(p.loops), label)
	p.out.Reset()
	p.line("%s", head)
	p.indent++
	for _, v := range vars {
		p.line("_ = %s", v.name)
	}
	p.spend()
	p.block(depth - 1)
	if last != "" {
		p.line("%s", last)
	}
	p.indent--
	p.line("}")
	text := p.out.String()
	p.out.Reset()
	p.out.WriteString(before)
	if strings.Contains(text, " "+label+"\n") {
		p.out.WriteString(label + ":\n")
	}
	p.out.WriteString(text)
	p.scope, p.loops = outer, loops
}

// edgeLoop counts from and to where the counter's type ends, by steps that may
// lead past it, and looks where the counter is. It tests before the body, after
// it, or after the step.
func (p *program) edgeLoop(depth int) {
	r := p.r
	t := integers[r.IntN(len(integers))]
	i, by := p.name(), []int{1, 1, 1, 2, 3, 7, 100}[r.IntN(7)]
	start, bound := p.edge(t, by), p.edge(t, by)
	if r.IntN(2) == 0 {
		bound = p.simple(t)
	}
	positive := !t.signed
	if r.IntN(2) == 0 {
		start = fmt.Sprintf("(%s & %d)", p.simple(t), t.most())
		positive = true
	}
	step := fmt.Sprintf("%s += %d", i, by)
	goesOn := fmt.Sprintf("%s %s %s", i, []string{"<", "<=", "!="}[r.IntN(3)], bound)
	if r.IntN(3) == 0 {
		step = fmt.Sprintf("%s -= %d", i, by)
		goesOn = fmt.Sprintf("%s %s %s", i, []string{">", ">=", "!="}[r.IntN(3)], bound)
	}
	look := func() string { return p.look(i, t, positive) + "\n" }
	begin, test := fmt.Sprintf("for %s := %s(%s);", i, t.name, start), fmt.Sprintf("if !(%s) {\nbreak\n}\n", goesOn)
	head, last := fmt.Sprintf("%s %s; %s {", begin, goesOn, step), look()
	switch r.IntN(3) {
	case 0:
		head, last = fmt.Sprintf("%s ; %s {", begin, step), last+test+look()
	case 1:
		head, last = begin+" ; {", last+step+"\n"+test+look()
	}
	p.body(head, last, depth, variable{i, t, true})
}

// edge is a number near an end of t, or near 0.
func (p *program) edge(t *typ, by int) string {
	least := "0"
	if t.signed {
		least = fmt.Sprintf("(-%d - 1)", t.most())
	}
	near := []string{"0", "1", "3", fmt.Sprint(t.most()), fmt.Sprintf("(%d - 1)", t.most()), fmt.Sprintf("(%d - %d)", t.most(), by), least, fmt.Sprintf("(%s + 1)", least), fmt.Sprintf("(%s + %d)", least, by)}
	return near[p.r.IntN(len(near))]
}

// look asks where a counter is, and notes it.
func (p *program) look(i string, t *typ, positive bool) string {
	r := p.r
	seen := p.prefix + "Gint32"
	switch r.IntN(3) {
	case 0:
		if t.signed {
			return fmt.Sprintf("if %s < 0 {\n%s ^= %d\n}", i, seen, r.IntN(1000))
		}
	case 1:
		for _, v := range p.scope {
			if v.typ.kind == array && v.typ.elem.kind == integer && !v.fixed {
				within := fmt.Sprintf("%s < %d", i, v.typ.n)
				if !positive {
					within = fmt.Sprintf("%s >= 0 && %s", i, within)
				}
				return fmt.Sprintf("if %s {\n%s[%s]++\n}", within, v.name, i)
			}
		}
	}
	return fmt.Sprintf("if %s %s %s {\n%s += int32(%s)\n}", i, []string{"<", ">", "==", "<="}[r.IntN(4)], p.edge(t, 1), seen, i)
}
