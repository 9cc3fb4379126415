package randprog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// program is one being written.
type program struct {
	r       *rand.Rand
	prefix  string
	out     strings.Builder
	indent  int
	structs []*typ
	funcs   []function
	scope   []variable
	names   int
	loops   []string // labels of the loops around
	result  []*typ   // of the function being written
	size    int      // statements left to write
	frame   int      // of the large variable of the function being written
}

type function struct {
	name    string
	params  []*typ
	results []*typ
}

// Write is the source of a program whose names begin with prefix, without
// package clause. It has an export named prefix+"run" of (seed uint64) uint64, and
// needs mix, mixBool, mixFloat and mixText, which add a value to a digest.
func Write(seed uint64, prefix string) string {
	p := &program{r: rand.New(rand.NewPCG(seed, 1)), prefix: prefix}
	for range 2 + p.r.IntN(4) {
		p.newStruct()
	}
	for _, t := range p.structs {
		p.line("type %s struct {", t.name)
		for _, f := range t.fields {
			p.line("\t%s %s", f.name, f.typ.name)
		}
		p.line("}")
	}
	var globals []variable
	basic := append([]*typ{boolType, floatType, textType}, integers...)
	for _, t := range basic {
		globals = append(globals, variable{name: prefix + "G" + t.name, typ: t})
	}
	for i := range 3 + p.r.IntN(5) {
		globals = append(globals, variable{name: fmt.Sprintf("%sV%d", prefix, i), typ: p.anyType(2)})
	}
	for _, g := range globals {
		p.line("var %s %s", g.name, g.typ.name)
	}
	p.line("var %sfuel int32", prefix)
	kept := p.initialised()
	p.scope = append(slices.Clone(globals), kept...)
	for range 3 + p.r.IntN(5) {
		p.function()
	}
	p.entry(globals, kept, basic)
	return p.out.String()
}

func (p *program) name() string {
	p.names++
	return fmt.Sprintf("v%d", p.names)
}

func (p *program) function() {
	f := function{name: fmt.Sprintf("%sf%d", p.prefix, len(p.funcs))}
	var params []string
	outer := p.scope
	for range p.r.IntN(4) {
		v := variable{name: p.name(), typ: p.anyType(2)}
		f.params = append(f.params, v.typ)
		params = append(params, v.name+" "+v.typ.name)
		p.scope = append(p.scope, v)
	}
	var results []string
	for range p.r.IntN(3) {
		t := p.anyType(2)
		f.results = append(f.results, t)
		results = append(results, t.name)
	}
	p.result, p.loops, p.size = f.results, nil, 25
	p.frame = 0
	p.line("func %s(%s) (%s) {", f.name, strings.Join(params, ", "), strings.Join(results, ", "))
	p.indent++
	p.spend()
	p.block(4)
	p.ret()
	p.indent--
	p.line("}")
	p.scope = outer
	p.funcs = append(p.funcs, f)
}

// spend stops a program that runs for too long.
func (p *program) spend() {
	p.line("if %sfuel--; %sfuel < 0 {", p.prefix, p.prefix)
	p.indent++
	zero := make([]string, len(p.result))
	for i, t := range p.result {
		zero[i] = "*new(" + t.name + ")"
		switch t.kind {
		case slice:
			zero[i] = "make(" + t.name + ", 1)"
		case pointer:
			zero[i] = "&" + t.elem.name + "{}"
		}
	}
	p.line("return %s", strings.Join(zero, ", "))
	p.indent--
	p.line("}")
}

func (p *program) ret() {
	out := make([]string, len(p.result))
	for i, t := range p.result {
		out[i] = p.expr(t, 2)
	}
	p.line("return %s", strings.Join(out, ", "))
}

// entry resets the variables, runs the functions and digests. What is kept from
// run to run isn't reset.
func (p *program) entry(globals, kept []variable, basic []*typ) {
	p.line("//go:wasmexport %srun", p.prefix)
	p.line("func %srun(seed uint64) uint64 {", p.prefix)
	p.indent++
	for _, g := range globals {
		value := fmt.Sprintf("*new(%s)", g.typ.name)
		switch g.typ.kind {
		case pointer:
			value = fmt.Sprintf("&%s{}", g.typ.elem.name)
		case slice:
			value = fmt.Sprintf("make(%s, 3, 4)", g.typ.name)
		}
		p.line("%s = %s", g.name, value)
	}
	p.line("%sfuel = 3000", p.prefix)
	for i, t := range basic {
		if t.kind == integer {
			p.line("%sG%s = %s(seed >> %d)", p.prefix, t.name, t.name, i*3)
		}
	}
	p.line(`%sGstring = "seed\xe2\x82\xac"[seed%%8:]`, p.prefix)
	p.line("%sGfloat64 = float64(int64(seed)) / 16", p.prefix)
	p.line("h := seed")
	p.scope = globals
	p.result = []*typ{integers[7]}
	for range 2 {
		for i := range p.funcs {
			p.call(p.funcs[i])
			for _, g := range append(slices.Clone(globals), kept...) {
				p.digest(g.name, g.typ, 3)
			}
		}
	}
	p.line("return h")
	p.indent--
	p.line("}")
}

// digest mixes all of a value into h.
func (p *program) digest(e string, t *typ, depth int) {
	switch t.kind {
	case integer:
		p.line("h = mix(h, uint64(%s))", e)
	case boolean:
		p.line("h = mixBool(h, %s)", e)
	case float:
		p.line("h = mixFloat(h, %s)", e)
	case text:
		p.line("h = mixText(h, %s)", e)
	case structure:
		for _, f := range t.fields {
			p.digest(e+"."+f.name, f.typ, depth)
		}
	case array:
		for i := range t.n {
			p.digest(fmt.Sprintf("%s[%d]", e, i), t.elem, depth)
		}
	case slice:
		p.line("h = mix(h, uint64(len(%s)))", e)
		if depth > 0 {
			p.line("if len(%s) > 0 {", e)
			p.indent++
			p.digest(fmt.Sprintf("%s[len(%s)-1]", e, e), t.elem, depth-1)
			p.indent--
			p.line("}")
		}
	case pointer:
		p.line("h = mixBool(h, %s == nil)", e)
		if depth > 1 {
			p.line("if %s != nil {", e)
			p.indent++
			for _, f := range t.elem.fields {
				p.digest(e+"."+f.name, f.typ, depth-2)
			}
			p.indent--
			p.line("}")
		}
	}
}
