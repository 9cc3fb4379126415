package randflow

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Program is a random program.
type Program struct {
	prefix string
	fields []typ // of its struct type
	inner  typ   // of the array in it
	length int
	first  typ
	table  [tableSize]uint64
	funcs  []*function
	runs   []run
	start  run // what the program's initialiser calls
}

// run is a call with arguments made of the seed.
type run struct {
	f      *function
	shifts []int
}

// fuel bounds the ways back that one run takes.
const fuel = 400

// firstSeed is what the program's initialiser runs with.
const firstSeed = 0x123456789abcdef

// New makes a program whose names begin with prefix.
func New(seed uint64, prefix string) *Program {
	r := rand.New(rand.NewPCG(seed, 2))
	p := &Program{prefix: prefix, inner: types[r.IntN(len(types))], length: 1 + r.IntN(5)}
	for range 1 + r.IntN(5) {
		p.fields = append(p.fields, types[r.IntN(len(types))])
	}
	p.first = p.fields[0]
	for i := range p.table {
		p.table[i] = uint64(uint16(r.Uint32()))
	}
	for i := range 2 + r.IntN(4) {
		p.funcs = append(p.funcs, p.newFunction(r, fmt.Sprintf("%sf%d", prefix, i), p.funcs))
	}
	for _, f := range p.funcs {
		p.runs = append(p.runs, newRun(r, f))
	}
	p.start = newRun(r, p.funcs[0])
	return p
}

func newRun(r *rand.Rand, f *function) run {
	x := run{f: f}
	for range f.params {
		x.shifts = append(x.shifts, r.IntN(56))
	}
	return x
}

func (x run) source(seed string) string {
	var args []string
	for i, s := range x.shifts {
		args = append(args, fmt.Sprintf("%s(%s>>%d)", x.f.regs[i].name, seed, s))
	}
	return fmt.Sprintf("%s(%s", x.f.name, strings.Join(args, ", "))
}

// Source returns the program's source without a package clause. It needs the
// package unsafe, and has an export named prefix+"run" of (seed uint64) uint64.
func (p *Program) Source() string {
	var b strings.Builder
	line := p.lines(&b)
	line("var _ unsafe.Pointer\n\ntype @S struct {")
	for i, t := range p.fields {
		line("F%d %s", i, t.name)
		if i == 0 {
			line("Nothing struct{}\nNone [0]int64")
		}
	}
	line("Array [%d]%s\n}\n", p.length, p.inner.name)
	table := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(p.table)), ", "), "[]")
	line("var (\n@Memory [%d]byte\n@Table = [%d]uint16{%s}\n@Global @S\n@List = [3]*@S{&@Global, {}, &@Global}", memorySize, tableSize, table)
	line("@fuel int32\n@first uint64 = %d\n@start = @begin()\n)\n", firstSeed)
	line("func @begin() uint64 {\n@fuel = %d\nx, s, y := %s, @S{}, struct{}{}, &@Global)\nreturn @digest(s, mix(uint64(x), uint64(y)))\n}\n",
		fuel, p.start.source("@first"))
	for _, f := range p.funcs {
		f.source(p, line)
	}
	line("func @digest(s @S, h uint64) uint64 {")
	for i := range p.fields {
		line("h = mix(h, uint64(s.F%d))", i)
	}
	line("for _, x := range s.Array {\nh = mix(h, uint64(x))\n}\nreturn h\n}\n")
	line("//go:wasmexport @run\nfunc @run(seed uint64) uint64 {\nh := mix(seed, @start)")
	line("@Memory = [%d]byte{}\n@Table = [%d]uint16{%s}\n@Global = @S{}\n@List = [3]*@S{&@Global, &@Global, &@Global}", memorySize, tableSize, table)
	line("@fuel = %d\nvar s @S", fuel)
	for i, x := range p.runs {
		line("x%d, s%d, y%d := %s, s, struct{}{}, &@Global)", i, i, i, x.source("seed"))
		line("s = s%d\nh = mix(mix(h, uint64(x%d)), uint64(y%d))\nh = @digest(s%d, h)", i, i, i, i)
	}
	line("for _, x := range @Memory {\nh = mix(h, uint64(x))\n}\nfor _, x := range @Table {\nh = mix(h, uint64(x))\n}\nreturn @digest(@Global, h)\n}")
	return b.String()
}

// lines writes lines in which @ is the program's prefix.
func (p *Program) lines(b *strings.Builder) func(format string, a ...any) {
	return func(format string, a ...any) {
		b.WriteString(strings.ReplaceAll(fmt.Sprintf(format+"\n", a...), "@", p.prefix))
	}
}

// Imports and Shared are the rest of what programs need.
const (
	Imports = "import \"unsafe\"\n\n"
	Shared  = "package main\n\nimport \"math/bits\"\n\nfunc mix(h, x uint64) uint64 { return bits.RotateLeft64(h^x, 23) * 0x9e3779b97f4a7c15 }\n"
)

func (p *Program) world() *world {
	w := &world{table: p.table, global: &record{make([]uint64, len(p.fields)), make([]uint64, p.length)}, fuel: fuel, first: p.first}
	w.list = [3]*record{w.global, w.global, w.global}
	return w
}

func (x run) call(w *world, seed uint64, s *record) (uint64, *record, uint64) {
	var args []uint64
	for i, shift := range x.shifts {
		args = append(args, x.f.regs[i].wrap(seed>>shift))
	}
	return w.call(x.f, args, s, w.global)
}

// Starts reports whether the program's initialiser ends without a trap. One that
// doesn't is no program.
func (p *Program) Starts() bool {
	_, trapped := p.begin()
	return !trapped
}

func (p *Program) begin() (h uint64, trap bool) {
	defer func() { trap = caught(recover()) }()
	w := p.world()
	w.list[1] = w.global.empty()
	x, s, y := p.start.call(w, firstSeed, w.global.empty())
	return s.digest(mix(x, y)), false
}

// Run returns the program's answer to a seed, or that it traps.
func (p *Program) Run(seed uint64) (h uint64, trap bool) {
	start, _ := p.begin()
	defer func() { trap = caught(recover()) }()
	h = mix(seed, start)
	w := p.world()
	s := w.global.empty()
	for _, run := range p.runs {
		var x, y uint64
		x, s, y = run.call(w, seed, s)
		h = s.digest(mix(mix(h, x), y))
	}
	for _, x := range w.memory {
		h = mix(h, uint64(x))
	}
	for _, x := range w.table {
		h = mix(h, x)
	}
	return w.global.digest(h), false
}

// caught reports whether a panic was a trap of the program.
func caught(e any) bool {
	if e == nil {
		return false
	}
	if _, ok := e.(trapped); !ok {
		panic(e)
	}
	return true
}

func (s *record) digest(h uint64) uint64 {
	for _, x := range s.fields {
		h = mix(h, x)
	}
	for _, x := range s.array {
		h = mix(h, x)
	}
	return h
}
