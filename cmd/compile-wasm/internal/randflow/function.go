package randflow

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// statement is a piece of source together with what it does.
type statement struct {
	text string
	do   func(w *world, f *frame)
}

// block is a block of the flow graph.
type block struct {
	body []statement
	next []int
	// condition chooses the first of two ways.
	condition statement
	yes       func(f *frame) bool
	back      bool // one of the ways leads back
}

// function is one function of a program. Its first parameters are the first
// registers; then come a record by value, the first local one, and a pointer.
type function struct {
	name    string
	regs    []typ
	params  int
	results [2]int // registers that are returned, besides the first record
	blocks  []block
}

// writer writes one function.
type writer struct {
	*Program
	r     *rand.Rand
	f     *function
	fixed map[int]bool // registers that count a loop: nothing else sets them
	funcs []*function  // that may be called
}

func (p *Program) newFunction(r *rand.Rand, name string, callees []*function) *function {
	f := &function{name: name}
	for range 6 + r.IntN(6) {
		f.regs = append(f.regs, types[r.IntN(len(types))])
	}
	f.params = 1 + r.IntN(4)
	f.results = [2]int{r.IntN(len(f.regs)), r.IntN(len(f.regs))}
	w := &writer{p, r, f, map[int]bool{}, callees}
	g := newGraph(r, 2+r.IntN(9))
	f.blocks = make([]block, len(g.next))
	for i, next := range g.next {
		f.blocks[i] = w.block(i, next)
	}
	// Registers that count are set to where their loops begin, in the first block.
	for c := range len(f.regs) {
		if w.fixed[c] && r.IntN(3) > 0 {
			x := number(r, f.regs[c])
			s := statement{fmt.Sprintf("%s = %s", reg(c), f.regs[c].literal(x)), func(_ *world, f *frame) { f.regs[c] = x }}
			f.blocks[0].body = append([]statement{s}, f.blocks[0].body...)
		}
	}
	return f
}

func reg(i int) string { return fmt.Sprintf("r%d", i) }

func (t typ) literal(x uint64) string {
	if !t.signed {
		return fmt.Sprintf("%s(%d)", t.name, x)
	}
	return fmt.Sprintf("%s(%d)", t.name, int64(x))
}

// block fills block i. A way back may count: it adds to a register of its own,
// and looks at it before or after that.
func (w *writer) block(i int, next []int) block {
	b := block{next: next}
	for _, to := range next {
		b.back = b.back || to <= i
	}
	for range 1 + w.r.IntN(5) {
		b.body = append(b.body, w.statement())
	}
	if len(next) < 2 {
		return b
	}
	if !b.back || w.r.IntN(3) == 0 {
		text, yes := w.comparison(w.any(), false)
		b.condition, b.yes = statement{text: text}, yes
		return b
	}
	c := w.free()
	w.fixed[c] = true
	step := w.step(c)
	if w.r.IntN(2) == 0 {
		b.body = append(b.body, w.look(c))
	}
	text, yes := w.comparison(c, true)
	if w.r.IntN(2) == 0 {
		b.body = append(b.body, step)
		b.condition, b.yes = statement{text: text}, yes
		return b
	}
	// The test comes first, and the step on the way back only.
	b.condition = statement{text, step.do}
	b.yes = yes
	if next[0] > i {
		b.body = append(b.body, step)
		b.condition.do = nil
		return b
	}
	b.condition.text = text + "\x00" + step.text
	return b
}

// step adds a small constant to a counter.
func (w *writer) step(c int) statement {
	t, by := w.f.regs[c], uint64(1+w.r.IntN(3)*w.r.IntN(4))
	if w.r.IntN(3) == 0 {
		return statement{fmt.Sprintf("%s -= %d", reg(c), by), func(_ *world, f *frame) { f.regs[c] = t.wrap(f.regs[c] - by) }}
	}
	return statement{fmt.Sprintf("%s += %d", reg(c), by), func(_ *world, f *frame) { f.regs[c] = t.wrap(f.regs[c] + by) }}
}

// look uses a counter as an index, behind the test that Go needs.
func (w *writer) look(c int) statement {
	t, n := w.f.regs[c], w.r.IntN(arraySize+1)
	text := fmt.Sprintf("if %s < %d {\narray[%s]++\n}", reg(c), n, reg(c))
	if t.signed {
		text = fmt.Sprintf("if %s >= 0 && %s < %d {\narray[%s]++\n}", reg(c), reg(c), n, reg(c))
	}
	return statement{text, func(_ *world, f *frame) {
		if x := f.regs[c]; x < uint64(n) {
			f.array[x] = types[4].wrap(f.array[x] + 1)
		}
	}}
}

func (w *writer) any() int { return w.r.IntN(len(w.f.regs)) }

// free is a register that may be set.
func (w *writer) free() int {
	for {
		if i := w.any(); !w.fixed[i] || w.r.IntN(20) == 0 {
			return i
		}
		if len(w.fixed) == len(w.f.regs) {
			return 0
		}
	}
}

// of is a register of a type like a's, or a itself.
func (w *writer) like(a int) int {
	for range 8 {
		if b := w.any(); w.f.regs[b] == w.f.regs[a] {
			return b
		}
	}
	return a
}

// comparison compares a register with another or a constant.
func (w *writer) comparison(a int, ordered bool) (string, func(f *frame) bool) {
	t, b, x := w.f.regs[a], w.like(a), number(w.r, w.f.regs[a])
	right, value := reg(b), func(f *frame) uint64 { return f.regs[b] }
	if a == b || w.r.IntN(2) == 0 {
		right, value = t.literal(x), func(*frame) uint64 { return x }
	}
	k := w.r.IntN(6)
	if ordered {
		k = w.r.IntN(5)
	}
	yes := func(f *frame) bool {
		x, y := f.regs[a], value(f)
		switch k {
		case 0:
			return t.less(x, y)
		case 1:
			return !t.less(y, x)
		case 2:
			return t.less(y, x)
		case 3:
			return !t.less(x, y)
		case 4:
			return x != y
		}
		return x == y
	}
	text := fmt.Sprintf("%s %s %s", reg(a), []string{"<", "<=", ">", ">=", "!=", "=="}[k], right)
	if w.r.IntN(6) == 0 {
		return "!(" + text + ")", func(f *frame) bool { return !yes(f) }
	}
	return text, yes
}

// source writes a function.
func (f *function) source(p *Program, line func(format string, a ...any)) {
	var params []string
	for i := range f.params {
		params = append(params, fmt.Sprintf("%s %s", reg(i), f.regs[i].name))
	}
	line("func %s(%s, s0 @S, nothing struct{}, p *@S) (%s, @S, %s) {", f.name, strings.Join(params, ", "), f.regs[f.results[0]].name, f.regs[f.results[1]].name)
	for i := f.params; i < len(f.regs); i++ {
		line("var %s %s", reg(i), f.regs[i].name)
	}
	line("var s1 @S\nvar array [%d]int32\nvar memory [%d]byte\nslice := @Table[2:6]", arraySize, memorySize)
	line("_, _, _, _, _, _, _ = s0, s1, array, memory, slice, nothing, p")
	for i := range f.regs {
		line("_ = %s", reg(i))
	}
	reached, named := f.reached()
	ret := fmt.Sprintf("return %s, s0, %s", reg(f.results[0]), reg(f.results[1]))
	for i, block := range f.blocks {
		if !reached[i] {
			continue
		}
		if named[i] {
			line("b%d:", i)
		}
		for _, s := range block.body {
			line("%s", s.text)
		}
		if block.back {
			line("if @fuel--; @fuel < 0 {\n%s\n}", ret)
		}
		switch len(block.next) {
		case 0:
			line("%s", ret)
		case 1:
			line("goto b%d", block.next[0])
		default:
			text, step, _ := strings.Cut(block.condition.text, "\x00")
			line("if %s {", text)
			if step != "" {
				line("%s", step)
			}
			line("goto b%d\n}\ngoto b%d", block.next[0], block.next[1])
		}
	}
	line("}\n")
}

// reached tells which blocks the first one leads to, and to which a goto does.
func (f *function) reached() (reached, named []bool) {
	reached, named = make([]bool, len(f.blocks)), make([]bool, len(f.blocks))
	reached[0] = true
	todo := []int{0}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, c := range f.blocks[b].next {
			named[c] = true
			if !reached[c] {
				reached[c] = true
				todo = append(todo, c)
			}
		}
	}
	return reached, named
}

// call runs a function.
func (w *world) call(f *function, args []uint64, s *record, p *record) (uint64, *record, uint64) {
	at := &frame{regs: make([]uint64, len(f.regs)), locals: [2]*record{s.clone(), s.empty()}, p: p, from: 2, length: 4}
	copy(at.regs, args)
	for b := 0; ; {
		block := &f.blocks[b]
		for _, s := range block.body {
			s.do(w, at)
		}
		if block.back {
			if w.fuel--; w.fuel < 0 {
				break
			}
		}
		if len(block.next) == 0 {
			break
		}
		to := 0
		if len(block.next) == 2 {
			if !block.yes(at) {
				to = 1
			} else if block.condition.do != nil {
				block.condition.do(w, at)
			}
		}
		b = block.next[to]
	}
	return at.regs[f.results[0]], at.locals[0].clone(), at.regs[f.results[1]]
}

func (s *record) clone() *record {
	out := s.empty()
	out.set(s)
	return out
}

func (s *record) empty() *record {
	return &record{make([]uint64, len(s.fields)), make([]uint64, len(s.array))}
}
