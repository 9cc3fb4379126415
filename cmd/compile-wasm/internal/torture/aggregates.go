package main

import (
	"slices"
	"unicode/utf8"
)

func slicing(h uint64, i int32) uint64 {
	var xs []int32
	for k := int32(0); k < i%50; k++ {
		xs = append(xs, k*k, k)
	}
	ys := xs[len(xs)/2:]
	zs := append(xs[:len(xs)/3:len(xs)/3], 1, 2, 3)
	n := copy(ys, xs)
	copy(xs[min(1, len(xs)):], xs) // overlapping
	for k, v := range xs {
		h = mix(h, uint64(v)*uint64(k+1))
	}
	h = mix(h, uint64(len(ys)+len(zs)*3+n*5))
	m := make([]pair, int(i)%9, 20)
	for k := range m {
		m[k].a, m[k].s = int32(k), names[k&3]
	}
	m = append(m, pair{s: "end"})
	for _, e := range m {
		h = mixString(mix(h, uint64(e.a)), e.s)
	}
	grid := make([][]byte, 5)
	for k := range grid {
		grid[k] = make([]byte, k+1)
		grid[k][k] = byte(i)
	}
	for _, row := range grid {
		h = mixString(h, string(row))
	}
	slices.Sort(zs)
	at, found := slices.BinarySearch(zs, i)
	h = mix(h, uint64(at)+truth(found)*100)
	slices.Reverse(zs)
	for i := range zs {
		zs[i]++
	}
	clear(xs)
	if xs == nil {
		h++
	}
	return mix(h, uint64(sum(xs)+sum(zs))+uint64(cap(xs[:0:0])))
}

func generic(h uint64, i int32) uint64 {
	h = mix(h, uint64(sum(primes)))
	h = mix(h, uint64(int64(sum([]float64{1.5, float64(i)})*2)))
	var st stack[pair]
	for k := int32(0); k < i%8+2; k++ {
		st.push(pair{k, names[k&3]})
	}
	p := st.pop()
	h = mixString(mix(h, uint64(p.a)), p.s)
	var bs stack[big]
	bs.push(newBig(i))
	bs.push(touch(bs.items[0]))
	h = mix(h, uint64(bs.pop().in.a))
	a, s, arr, ok := several(i)
	_, _, arr2, _ := several(i + 1)
	h = mix(mixString(h, s), uint64(a)+uint64(arr[0])+uint64(arr2[0])*2)
	if ok {
		h++
	}
	for _, v := range squares {
		h = mix(h, uint64(v))
	}
	return h
}

// merges: aggregates that come together from several ways.
func merges(h uint64, i int32) uint64 {
	a, b := multiples(i), multiples(i+1)
	for k := int32(0); k < i%5; k++ {
		t := a
		a = b
		b = t
		a[0]++
	}
	pick := a
	if i%2 == 0 {
		pick = b
	}
	h = mix(h, uint64(pick[0])+uint64(a[3])*3)
	x, y := pair{1, "one"}, pair{2, "two"}
	p, q := newBig(1), newBig(2)
	for k := int32(0); k < i%5; k++ {
		x, y = y, x
		p, q = q, p
		q.in.a += k
	}
	r := q
	switch i % 3 {
	case 0:
		r = p
	case 1:
		r, p = p, r
	}
	last := [2]big{p, q}
	prev := last
	for k := range int32(3) {
		prev, last = last, [2]big{touch(prev[1]), touch(last[0])}
		last[k&1].in.a += k
	}
	// These are only ever taken whole, so they meet without an address.
	u, v := multiples(i), multiples(i+7)
	for range i % 5 {
		u, v = v, u
	}
	h = mix(h, weigh(u)+weigh(v)*3)
	h = mix(h, uint64(prev[0].in.a)+uint64(last[1].in.a)*3)
	return mixString(mix(h, uint64(x.a)+uint64(r.in.a)*7+uint64(p.in.a)*11), y.s)
}

func weigh(a [4]int32) (w uint64) {
	for i, v := range a {
		w = w*7 + uint64(v)*uint64(i+1)
	}
	return w
}

func comparisons(h uint64, i int32) uint64 {
	a, b := multiples(i%3), multiples(1)
	f := [3]float64{float64(i % 4), 2, -0.0}
	g := [3]float64{1, 2, 0}
	s := [2]string{names[i&3], "beta"}
	t := [2]string{"beta", names[(i>>2)&3]}
	u := [2]pair{{i % 2, "x"}, {1, names[i&1]}}
	v := [2]pair{{1, "x"}, {1, "alpha"}}
	m, n := mixed{tiny: int8(i % 3)}, mixed{tiny: 1}
	k, l := big{in: pair{i % 2, "in"}}, big{in: pair{1, "in"}}
	var e, z struct{}
	p, q := &a, &b
	for j, eq := range [...]bool{a == b, f == g, s == t, u == v, m == n, k == l, e == z, p == q, p == &a, s != t, u[0] != v[0], a != *q, "beta" == s[0], s[1] != ""} {
		h = mix(h, truth(eq)<<j)
	}
	return h
}

func globalsAndRecursion(h uint64, i int32) uint64 {
	counter = i
	for k := range primes {
		counter += primes[k] ^ int32(k)
	}
	kept := bigs[0]
	bigs[0].in.a = i
	h = mix(h, uint64(bigs[0].in.a)+uint64(kept.in.a))
	bigs[0] = kept
	tree.left.v = i
	h = mix(h, uint64(tree.sum()))
	tree.left.v = 2
	if even(i % 20) {
		h++
	}
	return mix(h, uint64(counter)+uint64(fib(i%15))+uint64(ackermann(i%3, i%4)))
}

func fib(n int32) int32 {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func ackermann(m, n int32) int32 {
	switch {
	case m == 0:
		return n + 1
	case n == 0:
		return ackermann(m-1, 1)
	}
	return ackermann(m-1, ackermann(m, n-1))
}

type cell struct {
	row  [3]pair
	more [2][2]int64
	list []pair
}

type sheet struct {
	cells [2]cell
	at    *cell
}

// nested goes through structs of arrays of structs, by value and by address.
func nested(h uint64, i int32) uint64 {
	var s sheet
	s.at = &s.cells[i&1]
	s.at.row[i%3] = pair{i, names[i&3]}
	s.at.more[1][i&1] = int64(i) << 20
	c := s.cells[1]
	c.more[0] = s.cells[i&1].more[1]
	s.cells[0], s.cells[1] = c, s.cells[0]
	w := s
	w.cells[0].row[1].a++
	w.cells[1].list = append(w.cells[1].list, w.cells[0].row[:]...)
	for _, c := range w.cells {
		for _, p := range c.row {
			h = mixString(mix(h, uint64(p.a)), p.s)
		}
		h = mix(h, uint64(c.more[0][0]+c.more[0][1]*3+c.more[1][0]*5+c.more[1][1]*7)+uint64(len(c.list)))
	}
	if w.at == s.at {
		h++
	}
	return mix(h, uint64(second(w.cells[0]).a)+uint64(addAll(&s, 3)))
}

func second(c cell) pair { c.row[0] = c.row[1]; return c.row[0] }

func addAll(s *sheet, n int32) int32 {
	if n == 0 {
		return 0
	}
	t := *s
	t.cells[0].row[0].a += n
	return t.cells[0].row[0].a + addAll(&t, n-1)
}

// runes decodes every kind of malformed UTF-8.
func runes(h, seed uint64) uint64 {
	var b [12]byte
	for i := range b {
		seed = seed*6364136223846793005 + 1442695040888963407
		pick := [...]byte{'a', 0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xff, 0xe2, 0x82}
		b[i] = pick[seed>>60]
	}
	s := string(b[:])
	for i, r := range s {
		h = mix(mix(h, uint64(i)), uint64(r))
	}
	h = mix(h, truth(utf8.ValidString(s)))
	r, n := utf8.DecodeLastRuneInString(s)
	var out [4]byte
	k := utf8.EncodeRune(out[:], rune(seed>>40))
	return mixString(mix(h, uint64(r)+uint64(n)), string(out[:k])+string(rune(seed>>42)))
}
