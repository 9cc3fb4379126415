package main

import "unicode/utf8"

type pair struct {
	a int32
	s string
}

type big struct {
	name string
	arr  [5]int16
	in   pair
	p    *int32
}

type mixed struct {
	flag bool
	tiny int8
	wide int64
	half float32
	_    int16
	full float64
	word uint16
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(x T) { s.items = append(s.items, x) }
func (s *stack[T]) pop() T {
	x := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return x
}

type addable interface{ ~int32 | ~int64 | ~float64 }

func sum[T addable](xs []T) (s T) {
	for _, x := range xs {
		s += x
	}
	return s
}

var (
	primes  = []int32{2, 3, 5, 7, 11, 13}
	names   = [...]string{"alpha", "beta", "gamma", ""}
	squares = multiples(5)
	bigs    = []big{{name: "x", arr: [5]int16{1, 2, 3}, in: pair{7, "seven"}}, {name: "y", in: pair{-1, "minus"}}}
	tree    = &node{v: 1, left: &node{v: 2}, right: &node{v: 3, left: &node{v: 4}}}
	counter int32
)

type node struct {
	left, right *node
	v           int32
}

func (n *node) sum() int32 {
	if n == nil {
		return 0
	}
	return n.v + n.left.sum()*3 + n.right.sum()*5
}

func multiples(n int32) (out [4]int32) {
	for i := range out {
		out[i] = n * int32(i+1)
	}
	return
}

func swap(p, q *int32)     { *p, *q = *q, *p }
func (b big) val() int     { b.arr[0] = 99; return int(b.arr[0]) + len(b.name) }
func (b *big) ptr() *int16 { return &b.arr[1] }
func newBig(i int32) big {
	return big{name: names[i&3], arr: [5]int16{int16(i), 2}, in: pair{i, "q"}}
}
func several(i int32) (int32, string, [3]byte, bool) {
	return i * 2, "m", [3]byte{byte(i), 1, 2}, i > 3
}
func touch(b big) big { b.in.a++; b.arr[4] = int16(b.in.a); return b }
func clobber() big {
	var junk [40]int32
	for i := range junk {
		junk[i] = -1
	}
	counter += junk[3]
	return bigs[1]
}

func even(n int32) bool {
	if n == 0 {
		return true
	}
	return odd(n - 1)
}

func odd(n int32) bool {
	if n == 0 {
		return false
	}
	return even(n - 1)
}

const scenes = 12

// scene runs one longer piece of code and digests what it sees.
//
//go:wasmexport scene
func scene(n int32, seed uint64) uint64 {
	h := uint64(14695981039346656037)
	i := int32(seed % 1000)
	switch n {
	case 0:
		return arraysByValue(h, i)
	case 1:
		return structs(h, i)
	case 2:
		return text(h, i)
	case 3:
		return control(h, i)
	case 4:
		return pointers(h, i)
	case 5:
		return slicing(h, i)
	case 6:
		return generic(h, i)
	case 7:
		return merges(h, i)
	case 8:
		return comparisons(h, i)
	case 9:
		return globalsAndRecursion(h, i)
	case 10:
		return nested(h, i)
	}
	return runes(h, seed)
}

func arraysByValue(h uint64, i int32) uint64 {
	a := multiples(i)
	b := a
	b[1] = 77
	c := [2][4]int32{a, b}
	c[i&1][i&3] += 5
	d := c
	d[0], d[1] = c[1], c[0]
	for _, row := range d {
		for _, v := range row {
			h = mix(h, uint64(v))
		}
	}
	if a == [4]int32{} || i == 5 {
		h++
	}
	for k, v := range a { // ranges over a copy
		a[3-k] = v
	}
	clear(b[1:3])
	return mix(mix(h, uint64(a[0])), uint64(b[1]+b[3]))
}

func structs(h uint64, i int32) uint64 {
	m := newBig(i)
	k := m
	*k.ptr() = 42
	h = mix(h, uint64(m.val()+k.val()))
	h = mix(h, uint64(m.arr[0])+uint64(m.arr[1])+uint64(k.arr[1]))
	h = mixString(h, k.name+"/"+m.in.s)
	x := pair{i, "z"}
	y := x
	y.a++
	if x != y && x == (pair{i, "z"}) {
		h = mix(h, 3)
	}
	all := append([]big(nil), bigs...)
	all = append(all, m, touch(k), touch(touch(m)))
	for _, b := range all {
		h = mix(mixString(h, b.name), uint64(b.in.a)^uint64(b.arr[4]))
		b.name = "changed"
	}
	for j := range all {
		all[j].in.a += 3
		h = mix(h, uint64(all[j].in.a))
	}
	t := touch(clobber())
	u := mixed{true, int8(i), int64(i) << 33, float32(i) / 3, 0, float64(i) / 7, uint16(i) * 99}
	w := u
	w.tiny--
	return mix(h, uint64(t.in.a)+truth(u == w)+uint64(w.tiny)+uint64(u.wide)+uint64(int64(u.half*100))+uint64(int64(w.full*1000))+uint64(w.word))
}

func text(h uint64, i int32) uint64 {
	s := names[i&3]
	for _, t := range names {
		if s < t {
			h = mix(h, 1)
		}
		if s >= t {
			h = mix(h, 2)
		}
		switch t {
		case "beta":
			h = mix(h, 4)
			fallthrough
		case "nope":
			h = mix(h, 5)
		default:
			h = mix(h, 6)
		}
	}
	acc := ""
	for j := int32(0); j < i%17; j++ {
		acc += names[j&3] + string(rune('a'+j*100))
	}
	h = mixString(h, acc)
	for j, r := range acc {
		h = mix(mix(h, uint64(j)), uint64(r))
	}
	b := []byte(acc)
	for l, r := 0, len(b)-1; l < r; l, r = l+1, r-1 {
		b[l], b[r] = b[r], b[l]
	}
	t := string(b)
	if len(b) > 0 {
		b[0] = 'X'
	}
	if string(b) == t || string(b) > acc {
		h++
	}
	h = mixString(h, t)
	h = mix(h, uint64(utf8.RuneCountInString(acc)))
	for _, r := range t { // invalid UTF-8
		h = mix(h, uint64(r))
	}
	return mixString(h, t[len(t)/3:])
}

func control(h uint64, i int32) uint64 {
	n := int32(0)
outer:
	for x := range int32(20) {
		for y := int32(0); ; y++ {
			if y > x {
				continue outer
			}
			if x*y > i%90+20 {
				break outer
			}
			if (x+y)%3 == 0 {
				continue
			}
			n += x ^ y
			switch {
			case n%7 == 0:
				n += 2
			case n > 100 && y == 2:
				continue outer
			}
		}
	}
	j := int32(0)
again:
	j++
	if j < i%10 {
		n += j
		goto again
	}
	h = mix(h, uint64(n))
	a, b, c := i, i+1, i+2
	for k := int32(0); k < i%13; k++ {
		a, b, c = c, a, b
	}
	switch x := i % 6; x {
	case 0, 3:
		a *= 2
	case 1:
		b *= 2
	default:
		if x == 5 {
			break
		}
		c *= 2
	}
	for n > 0 {
		n >>= 1
		if n == 9 {
			break
		}
	}
	return mix(h, uint64(a)*3+uint64(b)*5+uint64(c)*7+uint64(n))
}

func pointers(h uint64, i int32) uint64 {
	x, y := i, i*3
	swap(&x, &y)
	h = mix(h, uint64(x)*31+uint64(y))
	var b big
	b.p = &b.in.a
	*b.p = 9
	q := &b
	q.in.a += 2
	h = mix(h, uint64(b.in.a))
	type link struct {
		next *link
		v    int32
	}
	var head *link
	for k := int32(0); k < i%30; k++ {
		head = &link{head, k}
	}
	for q := head; q != nil; q = q.next {
		h = mix(h, uint64(q.v))
	}
	pp := &q
	(*pp).arr[2] = 5
	arr := &b.arr
	arr[i&3]++
	return mix(h, uint64(b.arr[2])+uint64(arr[1])+uint64(tree.sum()))
}
