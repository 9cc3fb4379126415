package main

import "unsafe"

type (
	none   struct{}
	zero   [0]int32
	hollow struct {
		a none
		b [0]string
		c [3]struct{}
	}
	around struct {
		none
		z zero
		x int32
		f struct{}
	}
)

func (none) next(n int32) int32     { return n + 1 }
func (*none) twice(n int32) int32   { return n * 2 }
func (z zero) size() int32          { return int32(len(z)) }
func (h hollow) count(_ none) int32 { return int32(len(h.c)) }
func nothing() struct{}             { return struct{}{} }
func hollows() hollow               { return hollow{} }
func nones(xs ...struct{}) int32    { return int32(len(xs)) }
func sized[T any](x T) (T, int32) {
	y := x
	p := &y
	return *p, int32(unsafe.Sizeof(x) + unsafe.Alignof(x))
}
func pass(z zero, n none) (zero, none, around) { return z, n, around{x: 3} }

func between(a int32, u struct{}, b int32, z [0]int32, h hollow, c int64) (int32, none, int64) {
	return a - b + int32(len(z)), u, c + int64(len(h.c))
}

func either(c bool, a, b hollow) hollow {
	if c {
		return a
	}
	return b
}

var (
	aNone   none
	aZero   zero
	nonesIn []struct{}
	aHollow = hollows()
	five    [5]struct{}
)

// empties passes, stores, compares and loops over values without bytes.
//
//go:wasmexport empties
func empties(n int32) int64 {
	var u none
	a, w, c := between(n, u, 3, aZero, hollows(), int64(n)<<33)
	r := int64(a) + c
	if u == w && u == nothing() && aZero == (zero{}) && aHollow == hollows() {
		r += 1000
	}
	r = r*3 + int64(u.next(n)) + int64(u.twice(n)) + int64(aZero.size()) + int64(aHollow.count(w))
	z, _, b := pass(aZero, u)
	b.none, b.z = w, z
	r = r*3 + int64(b.x) + int64(b.next(n))
	s := append(make([]struct{}, int(n&15), 20), struct{}{}, u, w)
	s = append(s, s...)
	for i, x := range s {
		if x == u {
			r += int64(i)
		}
	}
	t := s[2:5]
	r = r*3 + int64(len(t)) + int64(len(s))
	r += int64(copy(s, t))
	nonesIn = append(nonesIn[:0], s...)
	clear(nonesIn)
	nonesIn[1] = w
	for range five {
		r += int64(len(nonesIn))
	}
	five[n&3] = u
	h := either(n > 3, aHollow, hollows())
	h.c[n%3] = struct{}{}
	all := append([]hollow{h, aHollow, {}}, h)
	r = r*3 + int64(len(all)) + int64(all[1].count(u))
	_, x := sized(u)
	_, y := sized(aZero)
	o, v := sized(b)
	r = r*3 + int64(x+y*5+v*7+o.x) + int64(nones(u, u, w)) + int64(nones())
	for i := range n {
		var k none
		kk := zero{}
		if i&1 == 0 {
			k, kk = w, aZero
		}
		if k == u && kk == aZero {
			r++
		}
	}
	m := [2]around{{x: n}, b}
	m[n&1].x++
	m[1], m[0] = m[0], m[1]
	r = r*3 + int64(m[0].x) + int64(m[1].x)*7
	p := new(struct{})
	*p = m[0].f
	if ps := [3]*none{1: &u}; ps[n%3] != nil {
		r++
	}
	for _, x := range [0]int32{} {
		r += int64(x)
	}
	e := [0]int32{}
	if n == 13 {
		return int64(e[n-13])
	}
	return r + int64(cap(e[:]))
}

var always = true

// given tells what it was given, by a comparison.
//
//go:wasmexport given
func given(b bool, n int32) int32 { return int32(truth(b == always))*10 + n }
