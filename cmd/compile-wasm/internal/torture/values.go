package main

import "unsafe"

const valueCases = 18

type wide struct {
	id   uint16
	row  [9]uint64 // more than 48 bytes
	last uint32
}

type small struct {
	a uint8
	s string
	b int64
	_ struct{}
	c uint32
}

var (
	wideGlobal  wide
	smallGlobal small
	// What the initialisers make has gaps, ends in a byte, and lies on the heap.
	gaps    = [40]uint8{0: 1, 20: 2, 36: 3, 39: 0x81}
	chained = grown(5)
	tail    = &chain{3, &chain{4, &chain{5, nil}}}
	rows    = [2]wide{{id: 1, row: [9]uint64{8: 77}, last: uint32(len(chained))}, {last: chained[4].x}}
)

type chain struct {
	x    uint32
	next *chain
}

func grown(n uint32) (list []chain) {
	for i := range n {
		list = append(list, chain{x: i * i})
	}
	return list
}

//go:noinline
func newWide(a, b uint64) (w wide) {
	if a == 12345 {
		w = newWide(b, a+1)
	}
	w.id, w.last = uint16(a), uint32(b)
	for i := range w.row {
		w.row[i] = a + b*uint64(i)
	}
	return w
}

//go:noinline
func newSmall(a, b uint64) small {
	if a == 12345 {
		return newSmall(b, a+1)
	}
	return small{uint8(a), names[b&3], int64(b), struct{}{}, uint32(a ^ b)}
}

//go:noinline
func mixed3(a, b uint64) (uint8, string, [3]uint16, int64, small) {
	if a == 12345 {
		return mixed3(b, a+1)
	}
	return uint8(a), names[a&3], [3]uint16{uint16(a), uint16(b), 7}, int64(b), newSmall(b, a)
}

// passed writes what its parameter was copied from.
//
//go:noinline
func passed(w wide, s small, depth uint64) uint64 {
	if depth > 0 {
		return passed(w, s, 0)
	}
	wideGlobal.row[2], wideGlobal.last = 99, 98
	smallGlobal.b = 97
	return w.row[2] ^ uint64(w.last)<<3 ^ uint64(s.b)<<5
}

// late passes on its parameter after it has written what that was copied from.
//
//go:noinline
func late(w wide, a uint64) uint64 {
	if a == 12345 {
		return late(w, a+1)
	}
	wideGlobal.row[2] = a
	wideGlobal.last ^= 5
	return w.sum()
}

func (w wide) sum() (h uint64) {
	wideGlobal.row[8]++
	for _, x := range w.row {
		h = h*3 + x
	}
	return h
}

// value goes through aggregates as values, and memory in several widths.
//
//go:wasmexport value
func value(k int32, a, b uint64) uint64 {
	switch k {
	case 0: // fields of what a call returns
		return uint64(newSmall(a, b).c) ^ uint64(newSmall(b, a).b)<<8 ^ uint64(len(newSmall(a, b).s))<<50 ^ uint64(newSmall(a, b).a)<<56
	case 1: // results after others
		x, s, row, y, last := mixed3(a, b)
		return uint64(x) ^ uint64(len(s))<<9 ^ uint64(row[0]+row[1]*3+row[2])<<20 ^ uint64(y)<<1 ^ uint64(last.c)<<7 ^ uint64(last.b)
	case 2: // a variable by value, to what writes the variable
		wideGlobal, smallGlobal = newWide(a, b), newSmall(a, b)
		h := passed(wideGlobal, smallGlobal, a&1)
		h = h*3 ^ late(wideGlobal, b)
		return h*3 ^ wideGlobal.sum() ^ wideGlobal.row[8]
	case 3: // the ends of large results
		w, v := newWide(a, b), newWide(b, a)
		return w.row[8] ^ uint64(w.last)<<5 ^ v.row[7]<<9 ^ uint64(v.id) ^ newWide(a, a).row[b%9]
	case 4: // one of two, by a way that copies
		w := newWide(a, b)
		if a > b {
			w = wideGlobal
		} else if a == b {
			w = rows[1]
		}
		wideGlobal.row[0] ^= 1
		return w.sum() ^ uint64(w.last)
	case 5: // exchanged in a loop
		w, v := newWide(a, b), newWide(b, 1)
		for range b & 3 {
			w, v = v, w
			w.row[1]++
		}
		return w.sum()*5 ^ v.sum()
	case 6:
		return widths(a, b)
	case 7: // half cleared
		var local [16]byte
		*(*uint64)(unsafe.Pointer(&local[4])) = a
		clear(local[b&3 : 8])
		x := *(*uint64)(unsafe.Pointer(&local[4]))
		local = [16]byte{2: byte(b)}
		return x ^ *(*uint64)(unsafe.Pointer(&local[1]))
	case 8: // nothing
		return emptiness(a, b)
	case 9: // what the initialisers left
		h := uint64(gaps[a%40])
		for _, c := range chained {
			h = h*7 + uint64(c.x)
		}
		for c := tail; c != nil; c = c.next {
			h = h*5 + uint64(c.x)
		}
		return h ^ rows[b&1].row[8] ^ uint64(rows[b&1].last)<<9
	case 10: // constants through types
		const most = 0xffff_fff7
		n := uint32(most)
		m := int32(-40000)
		return uint64(n) ^ uint64(int16(m)) ^ uint64(uint16(m))<<3 ^ uint64(int64(m))<<1 ^ uint64(int8(n))<<7 ^ a
	case 11: // an address within a variable that a loop carries
		var x struct{ a, b uint64 }
		h, p := uint64(0), &wideGlobal.row[1]
		for i := range b & 7 {
			h = h*3 + *p
			x.a += a
			x.b += i + 5
			p = &x.b
		}
		return h ^ x.a
	case 12: // cleared at one end
		var word, end [8]byte
		*(*uint64)(unsafe.Pointer(&word[0])) = a
		clear(word[4:])
		*(*uint64)(unsafe.Pointer(&end[0])) = b
		clear(end[:2])
		return *(*uint64)(unsafe.Pointer(&word[0])) ^ *(*uint64)(unsafe.Pointer(&end[0]))<<1
	case 13: // small aggregates around a loop
		w, v, h := newFour(a), newFour(b), uint64(0)
		for range b & 3 {
			h = h*3 + uint64(element2(w)) ^ uint64(element2(v))<<9
			w, v = next(v), w
		}
		return h ^ uint64(element2(w)) ^ uint64(element2(v))<<7
	case 14: // results of two types that nothing wants
		if a > b {
			countWide(a)
		} else {
			countNarrow(b)
		}
		return wideGlobal.row[5]
	case 15: // a float that doesn't fit: the low bits
		f := float64(int32(a))
		return uint64(int8(f)) ^ uint64(uint16(f))<<9 ^ uint64(uint8(float32(int16(b))))<<30
	case 16: // a parameter that takes another's value, beside what is used before and after
		return taken(a, b, a^b) ^ taken(b, a, a&1)<<1
	}
	return chains(a, b)
}

//go:noinline
func taken(a, b, c uint64) uint64 {
	if a == 12345 {
		return taken(b, c, a+1)
	}
	y := c*c + 5
	wideGlobal.row[6] += y
	if c > 1 {
		wideGlobal.row[6]++
		a = b
	}
	return a*y + y
}

//go:noinline
func countWide(a uint64) uint64 {
	if a == 12345 {
		return countWide(a + 1)
	}
	wideGlobal.row[5] += a
	return wideGlobal.row[5]
}

//go:noinline
func countNarrow(a uint64) uint32 {
	if a == 12345 {
		return countNarrow(a + 1)
	}
	wideGlobal.row[5] ^= a
	return uint32(a)
}

type four [4]uint32

func newFour(a uint64) four  { return four{uint32(a), uint32(a >> 9), uint32(a >> 32), 4} }
func element2(w four) uint32 { return w[2] }

//go:noinline
func next(w four) four {
	if w[0] == 12345 {
		return next(four{1: w[1]})
	}
	return four{w[1], w[2] + 1, w[3] ^ w[0], w[0]}
}

// widths reads what it has written in other widths, in a variable of its own and
// in one that others see.
func widths(a, b uint64) uint64 {
	var own [12]byte
	*(*uint16)(unsafe.Pointer(&own[2])) = uint16(a)
	h := uint64(*(*int16)(unsafe.Pointer(&own[2])))
	*(*uint8)(unsafe.Pointer(&own[7])) = uint8(b)
	h = h*3 ^ uint64(*(*int8)(unsafe.Pointer(&own[7])))
	*(*int32)(unsafe.Pointer(&own[8])) = int32(a)
	h = h*3 ^ uint64(*(*uint32)(unsafe.Pointer(&own[8])))
	var signs [4]byte
	*(*int8)(unsafe.Pointer(&signs[0])) = int8(a)
	*(*int16)(unsafe.Pointer(&signs[2])) = int16(b)
	h = h*3 ^ uint64(*(*uint8)(unsafe.Pointer(&signs[0]))) ^ uint64(*(*uint16)(unsafe.Pointer(&signs[2])))<<5
	q := unsafe.Pointer(&wideGlobal.row[3])
	*(*uint64)(q) = a
	*(*uint16)(unsafe.Add(q, 1)) = uint16(b)
	h = h*3 ^ *(*uint64)(q)
	*(*uint8)(unsafe.Add(q, 7)) = uint8(a)
	h = h*3 ^ uint64(*(*int16)(unsafe.Add(q, 6))) ^ uint64(*(*uint8)(unsafe.Add(q, 7)))<<8
	*(*uint32)(unsafe.Add(q, 6)) = uint32(b)
	h = h*3 ^ *(*uint64)(q) ^ wideGlobal.row[4]
	*(*uint16)(q) = uint16(b >> 7)
	x := *(*uint16)(q)
	y := *(*int16)(q)
	*(*uint8)(q) = uint8(b >> 9)
	return h*3 ^ uint64(x) ^ uint64(y)<<5 ^ uint64(*(*int8)(q))<<7 ^ uint64(*(*uint8)(q))<<11
}

func emptiness(a, b uint64) uint64 {
	var none [0]uint64
	var other [0]uint64
	empties := make([]struct{}, a&0xff)
	empties = append(empties, struct{}{})
	part := empties[b%uint64(len(empties)):]
	h := uint64(len(part))
	if none == other {
		h += 1000
	}
	x, y := holding(struct{}{}, none, a, struct{}{}, b)
	if x == (struct{ _ [0]int32 }{}) {
		h += 3000
	}
	return h + y
}

//go:noinline
func holding(_ struct{}, none [0]uint64, a uint64, _ struct{}, b uint64) (struct{ _ [0]int32 }, uint64) {
	if a == 12345 {
		return holding(struct{}{}, none, b, struct{}{}, a+1)
	}
	return struct{ _ [0]int32 }{}, a*3 + b
}

// chains converts through several types.
func chains(a, b uint64) uint64 {
	h := uint64(int8(a)) ^ uint64(int16(b))<<1 ^ uint64(uint16(int8(a)))<<2 ^ uint64(int32(uint16(int32(b))))<<3
	h = h*3 ^ uint64(uint32(int8(b))) ^ uint64(int64(uint32(a)))<<4 ^ uint64(int16(int8(a>>3)))<<6
	h = h*3 ^ uint64(int8(uint8(a)|0x80)) ^ uint64(int8(a)&0x7f)<<7 ^ uint64(int16(uint16(b)>>1))<<9
	f := float64(uint32(a))
	h = h*3 ^ uint64(f) ^ uint64(int8(float64(int8(b)))) ^ uint64(uint16(float32(uint16(a))))<<3
	if g := float64(a >> 1 << 1); g < 1<<64 {
		h = h*3 ^ uint64(g)
	}
	if uint64(uint32(a)) < uint64(uint32(b)) {
		h++
	}
	if int64(uint32(a)) < int64(uint32(b)) {
		h += 2
	}
	if int64(int32(a)) < int64(uint32(b)) {
		h += 4
	}
	if int64(int32(a)) < int64(int32(b)) {
		h += 8
	}
	return h
}
