package randflow

import (
	"fmt"
	"strings"
)

// statement is any one.
func (w *writer) statement() statement {
	r := w.r
	switch n := r.IntN(24); {
	case n < 6:
		return w.operation()
	case n < 9:
		return w.conversion()
	case n == 9:
		return w.constant()
	case n < 12:
		return w.access()
	case n == 12:
		return w.overlap()
	case n == 13:
		return w.element()
	case n < 16:
		return w.field()
	case n == 16:
		return w.records()
	case n == 17:
		return w.pointer()
	case n == 18:
		return w.slice()
	case n == 19:
		return w.exchange()
	case n < 22 && len(w.funcs) > 0:
		return w.call()
	case n == 22:
		return w.guarded()
	}
	return w.operation()
}

// operation sets a register to an operation on two of one type.
func (w *writer) operation() statement {
	to := w.free()
	t := w.f.regs[to]
	a, b := w.like(to), w.like(to)
	op := operators[w.r.IntN(len(operators))]
	x, right := number(w.r, t), reg(b)
	literal := w.r.IntN(3) == 0
	if literal {
		if t.signed && int64(x) < 0 && strings.Contains(op.text, "uint64(%s)") {
			x = 3 // no constant is both
		}
		if strings.Contains(op.text, "/") || strings.Contains(op.text, "%%") {
			x = x &^ 1 // with | 1 a constant, and not 0
		}
		right = t.literal(x)
	}
	return statement{fmt.Sprintf(reg(to)+" = "+op.text, reg(a), right), func(_ *world, f *frame) {
		y := x
		if !literal {
			y = f.regs[b]
		}
		f.regs[to] = t.wrap(op.do(t, f.regs[a], y))
	}}
}

// conversion goes through up to three types.
func (w *writer) conversion() statement {
	to, from := w.free(), w.any()
	text := reg(from)
	var chain []typ
	for range w.r.IntN(4) {
		t := types[w.r.IntN(len(types))]
		chain = append(chain, t)
		text = fmt.Sprintf("%s(%s)", t.name, text)
	}
	t := w.f.regs[to]
	return statement{fmt.Sprintf("%s = %s(%s)", reg(to), t.name, text), func(_ *world, f *frame) {
		x := f.regs[from]
		for _, c := range chain {
			x = c.wrap(x)
		}
		f.regs[to] = t.wrap(x)
	}}
}

func (w *writer) constant() statement {
	to := w.free()
	x := number(w.r, w.f.regs[to])
	return statement{fmt.Sprintf("%s = %s", reg(to), w.f.regs[to].literal(x)), func(_ *world, f *frame) { f.regs[to] = x }}
}

// access reads or writes a register in memory, the function's or the program's,
// at a place that other widths are read and written at too.
func (w *writer) access() statement {
	i := w.free()
	t := w.f.regs[i]
	n := t.bits / 8
	at, index := w.r.IntN(memorySize-8), w.any()
	place, memory := fmt.Sprint(at), "memory"
	varies := w.r.IntN(3) == 0
	if varies {
		place = fmt.Sprintf("uint64(%s)%%%d", reg(index), memorySize-7)
	}
	local := w.r.IntN(2) == 0
	if !local {
		memory = "@Memory"
	}
	where := func(w *world, f *frame) ([]byte, int) {
		m := w.memory[:]
		if local {
			m = f.memory[:]
		}
		if varies {
			return m, int(f.regs[index] % (memorySize - 7))
		}
		return m, at
	}
	cell := fmt.Sprintf("*(*%s)(unsafe.Pointer(&%s[%s]))", t.name, memory, place)
	if w.r.IntN(2) == 0 {
		i := w.any()
		t := w.f.regs[i]
		n := t.bits / 8
		cell := fmt.Sprintf("*(*%s)(unsafe.Pointer(&%s[%s]))", t.name, memory, place)
		return statement{fmt.Sprintf("%s = %s", cell, reg(i)), func(w *world, f *frame) {
			m, at := where(w, f)
			store(m, at, n, f.regs[i])
		}}
	}
	return statement{fmt.Sprintf("%s = %s", reg(i), cell), func(w *world, f *frame) {
		m, at := where(w, f)
		f.regs[i] = t.wrap(load(m, at, n))
	}}
}

// overlap reads a place, writes one that may overlap it in another width, and
// reads the first again.
func (w *writer) overlap() statement {
	i, j, k := w.free(), w.any(), w.free()
	t, u, v := w.f.regs[i], w.f.regs[j], w.f.regs[k]
	at := w.r.IntN(memorySize - 16)
	near := at + w.r.IntN(t.bits/8+2)
	memory, local := "memory", w.r.IntN(2) == 0
	if !local {
		memory = "@Memory"
	}
	cell := func(t typ, at int) string { return fmt.Sprintf("*(*%s)(unsafe.Pointer(&%s[%d]))", t.name, memory, at) }
	text := fmt.Sprintf("%s = %s\n%s = %s\n%s ^= %s(%s)", reg(i), cell(t, at), cell(u, near), reg(j), reg(k), v.name, cell(t, at))
	return statement{text, func(w *world, f *frame) {
		m := w.memory[:]
		if local {
			m = f.memory[:]
		}
		f.regs[i] = t.wrap(load(m, at, t.bits/8))
		store(m, near, u.bits/8, f.regs[j])
		f.regs[k] = v.wrap(f.regs[k] ^ t.wrap(load(m, at, t.bits/8)))
	}}
}

// element reads or writes an element of the function's array.
func (w *writer) element() statement {
	i, index, to := w.any(), w.any(), w.free()
	place := fmt.Sprintf("array[uint64(%s)%%%d]", reg(index), arraySize)
	if w.r.IntN(2) == 0 {
		return statement{fmt.Sprintf("%s = int32(%s)", place, reg(i)), func(_ *world, f *frame) {
			f.array[f.regs[index]%arraySize] = types[4].wrap(f.regs[i])
		}}
	}
	t := w.f.regs[to]
	return statement{fmt.Sprintf("%s = %s(%s)", reg(to), t.name, place), func(_ *world, f *frame) {
		f.regs[to] = t.wrap(f.array[f.regs[index]%arraySize])
	}}
}

// guarded reads or writes an element if the index is within bounds, or without
// asking, seldom: then it may trap.
func (w *writer) guarded() statement {
	i, n := w.any(), 1+w.r.IntN(arraySize)
	t := w.f.regs[i]
	if w.r.IntN(12) == 0 {
		return statement{fmt.Sprintf("array[%s] ^= 5", reg(i)), func(_ *world, f *frame) {
			x := f.regs[i]
			if x >= arraySize {
				panic(trapped{})
			}
			f.array[x] = types[4].wrap(f.array[x] ^ 5)
		}}
	}
	text := fmt.Sprintf("if %s < %d {\narray[%s] -= 3\n}", reg(i), n, reg(i))
	if t.signed {
		text = fmt.Sprintf("if %s > -1 && %s <= %d {\narray[%s] -= 3\n}", reg(i), reg(i), n-1, reg(i))
	}
	return statement{text, func(_ *world, f *frame) {
		if x := f.regs[i]; x < uint64(n) {
			f.array[x] = types[4].wrap(f.array[x] - 3)
		}
	}}
}

// someRecord is a record that can be read and written.
func (w *writer) someRecord() (string, func(w *world, f *frame) *record) {
	switch k := w.r.IntN(4); k {
	case 0, 1:
		return fmt.Sprintf("s%d", k), func(_ *world, f *frame) *record { return f.locals[k] }
	case 2:
		return "@Global", func(w *world, _ *frame) *record { return w.global }
	}
	return "p", func(_ *world, f *frame) *record { return f.p }
}

// field reads or writes a field, or an element of the record's array.
func (w *writer) field() statement {
	name, of := w.someRecord()
	i, to, index := w.any(), w.free(), w.any()
	k := w.r.IntN(len(w.fields) + 1)
	place, t := name+".Array", w.inner
	cell := func(w *world, f *frame) *uint64 { s := of(w, f); return &s.array[f.regs[index]%uint64(len(s.array))] }
	if k < len(w.fields) {
		place, t = fmt.Sprintf("%s.F%d", name, k), w.fields[k]
		cell = func(w *world, f *frame) *uint64 { return &of(w, f).fields[k] }
	} else {
		place = fmt.Sprintf("%s[uint64(%s)%%%d]", place, reg(index), w.length)
	}
	if w.r.IntN(2) == 0 {
		return statement{fmt.Sprintf("%s = %s(%s)", place, t.name, reg(i)), func(w *world, f *frame) { *cell(w, f) = t.wrap(f.regs[i]) }}
	}
	u := w.f.regs[to]
	return statement{fmt.Sprintf("%s = %s(%s)", reg(to), u.name, place), func(w *world, f *frame) { f.regs[to] = u.wrap(*cell(w, f)) }}
}

// records copies a record, or exchanges two.
func (w *writer) records() statement {
	a, of := w.someRecord()
	b, from := w.someRecord()
	value := func(name string) string {
		if name == "p" {
			return "*p"
		}
		return name
	}
	if w.r.IntN(3) == 0 && a != b && a != "p" && b != "p" {
		return statement{fmt.Sprintf("%s, %s = %s, %s", a, b, b, a), func(w *world, f *frame) {
			x, y := of(w, f), from(w, f)
			old := x.clone()
			x.set(y)
			y.set(old)
		}}
	}
	if w.r.IntN(4) == 0 {
		to := w.free()
		t := w.f.regs[to]
		return statement{fmt.Sprintf("if %s == %s {\n%s = %s(%d)\n}", value(a), value(b), reg(to), t.name, 7), func(w *world, f *frame) {
			if of(w, f).equal(from(w, f)) {
				f.regs[to] = 7
			}
		}}
	}
	return statement{fmt.Sprintf("%s = %s", value(a), value(b)), func(w *world, f *frame) { of(w, f).set(from(w, f)) }}
}

func (s *record) equal(t *record) bool {
	for i := range s.fields {
		if s.fields[i] != t.fields[i] {
			return false
		}
	}
	for i := range s.array {
		if s.array[i] != t.array[i] {
			return false
		}
	}
	return true
}

// pointer lets p point elsewhere, or keeps where it points in the program's list;
// or makes a record, which in a loop is another one each time.
func (w *writer) pointer() statement {
	i := w.any()
	place := fmt.Sprintf("@List[uint64(%s)%%3]", reg(i))
	switch w.r.IntN(6) {
	case 0:
		return statement{"p = " + place, func(w *world, f *frame) { f.p = w.list[f.regs[i]%3] }}
	case 1:
		return statement{place + " = p", func(w *world, f *frame) { w.list[f.regs[i]%3] = f.p }}
	case 2:
		return statement{"p = &s1", func(_ *world, f *frame) { f.p = f.locals[1] }}
	case 3:
		return statement{"p = &s0", func(_ *world, f *frame) { f.p = f.locals[0] }}
	case 4:
		return statement{fmt.Sprintf("{\nfresh := *p\nfresh.F0++\n%s = &fresh\n}", place), func(w *world, f *frame) {
			fresh := f.p.clone()
			fresh.fields[0] = w.first.wrap(fresh.fields[0] + 1)
			w.list[f.regs[i]%3] = fresh
		}}
	}
	return statement{"p = &@Global", func(w *world, f *frame) { f.p = w.global }}
}

// slice cuts the program's table, or reads or writes through the cut.
func (w *writer) slice() statement {
	i, index, to := w.any(), w.any(), w.free()
	switch w.r.IntN(3) {
	case 0:
		return statement{fmt.Sprintf("slice = @Table[uint64(%s)%%5 : 5+uint64(%s)%%5]", reg(i), reg(index)), func(_ *world, f *frame) {
			f.from = int(f.regs[i] % 5)
			f.length = 5 + int(f.regs[index]%5) - f.from
		}}
	case 1:
		return statement{fmt.Sprintf("slice[uint64(%s)%%uint64(len(slice))] = uint16(%s)", reg(index), reg(i)), func(w *world, f *frame) {
			w.table[f.from+int(f.regs[index]%uint64(f.length))] = types[3].wrap(f.regs[i])
		}}
	}
	t := w.f.regs[to]
	return statement{fmt.Sprintf("%s = %s(slice[uint64(%s)%%uint64(len(slice))])", reg(to), t.name, reg(index)), func(w *world, f *frame) {
		f.regs[to] = t.wrap(w.table[f.from+int(f.regs[index]%uint64(f.length))])
	}}
}

// exchange sets several registers of one type from each other at once.
func (w *writer) exchange() statement {
	a := w.free()
	b, c := w.like(a), w.like(a)
	if a == b || b == c || a == c {
		if a == b || w.fixed[b] {
			return w.operation()
		}
		return statement{fmt.Sprintf("%s, %s = %s, %s", reg(a), reg(b), reg(b), reg(a)), func(_ *world, f *frame) {
			f.regs[a], f.regs[b] = f.regs[b], f.regs[a]
		}}
	}
	return statement{fmt.Sprintf("%s, %s, %s = %s, %s, %s", reg(a), reg(b), reg(c), reg(b), reg(c), reg(a)), func(_ *world, f *frame) {
		f.regs[a], f.regs[b], f.regs[c] = f.regs[b], f.regs[c], f.regs[a]
	}}
}

// call calls another function, with a record by value, and one by pointer.
func (w *writer) call() statement {
	g := w.funcs[w.r.IntN(len(w.funcs))]
	local := w.r.IntN(2)
	var args []int
	var text []string
	for i := range g.params {
		a := w.any()
		args = append(args, a)
		text = append(text, fmt.Sprintf("%s(%s)", g.regs[i].name, reg(a)))
	}
	x, y, back := w.free(), w.free(), w.r.IntN(2)
	t, u := w.f.regs[x], w.f.regs[y]
	source := fmt.Sprintf("{\nx, s, y := %s(%s, s%d, struct{}{}, p)\n%s, s%d = %s(x), s\n%s = %s(y)\n}",
		g.name, strings.Join(text, ", "), local, reg(x), back, t.name, reg(y), u.name)
	return statement{source, func(w *world, f *frame) {
		values := make([]uint64, len(args))
		for i, a := range args {
			values[i] = g.regs[i].wrap(f.regs[a])
		}
		r, s, r2 := w.call(g, values, f.locals[local], f.p)
		f.regs[x] = t.wrap(r)
		f.locals[back].set(s)
		f.regs[y] = u.wrap(r2)
	}}
}
