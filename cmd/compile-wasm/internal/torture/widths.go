package main

import "math"

// widthCases run on pairs of operands from the edges of their types, as edge's
// do: here values of several widths meet, in one place of memory or one comparison.
const widthCases = 17

var (
	plain8  [8]uint8
	plain16 [8]uint16
	flags   [2]bool
	three   [3]int8
	sixteen [16]int8
	odds    [8]struct {
		list [2]int8
		last int8
	}
	many   [1900]int64
	pairOf struct {
		list  [40]int8
		after int32
	}
)

// width runs one case.
//
//go:wasmexport width
func width(n int32, a, b uint64) uint64 {
	i := b & 7
	plain8, plain16, halves, words16, bytes8 = [8]uint8{}, [8]uint16{}, [8]int16{}, [8]uint16{}, [8]int8{}
	three, sixteen = [3]int8{1, -2, 3}, [16]int8{4: -4, 5: 5, 9: 9}
	switch n {
	case 0:
		plain8[i], plain16[i] = uint8(a), uint16(a)
		return uint64(plain8[i]&0x7f) | uint64(plain16[i]&0x7fff)<<8 | uint64(plain16[i]&0xff)<<24 | uint64(plain8[i]&0xff)<<32
	case 1:
		halves[i] = int16(a)
		bytes8[i] = int8(halves[i])
		return uint64(int8(halves[i])) ^ uint64(int16(bytes8[i]))<<8 ^ uint64(int32(int8(plain16[i])))
	case 2:
		zero := int32(a) == 0
		flags[0], flags[1] = !zero, !(b != 0)
		return truth(flags[0]) + 2*truth(flags[1]) + 4*truth(flags[0] == flags[1])
	case 3:
		return truth(uint64(int64(int32(a))) < uint64(uint32(b))) + 2*truth(int64(int32(a)) < int64(uint32(b))) + 4*truth(uint64(uint32(a)) >= uint64(int64(int32(b)))) + 8*truth(int64(int32(a)) == int64(uint32(b)))
	case 4:
		return remainders(uint32(a), uint32(b))
	case 5:
		return shifts(uint32(a), uint32(b))
	case 6:
		three[i%3] = int8(a)
		t := three
		p := &odds[i]
		p.list, p.last = [2]int8{5, 6}, int8(b)
		u := *p
		return uint64(three[2]) ^ uint64(t[2])<<20 ^ uint64(uint8(three[2]))<<40 + uint64(three[0]) + uint64(p.last)*3 + uint64(u.last)
	case 7:
		t := sixteen
		sixteen[4] = int8(a)
		u := sixteen
		sixteen[i+8]++
		v := sixteen
		return uint64(uint8(t[4])) + uint64(uint8(u[4]))<<8 + uint64(uint8(v[i+8]))<<16
	case 8:
		x, y := int32(a), int32(b)
		p := oneOf(&x, &y, b&1 == 0)
		*p += 5
		q := oneOf(&x, &y, b&2 == 0)
		*q ^= x
		return uint64(uint32(x))<<32 | uint64(uint32(y))
	case 9:
		return filled(a, b)
	case 10:
		return slackUp(int32(a)) + slackDown(int32(b))
	case 11:
		s := plain8[a&7 : b : 8]
		return uint64(len(s))*10 + uint64(cap(s))
	case 12:
		s := plain8[:a:b]
		return uint64(len(s))*10 + uint64(cap(s))
	case 13:
		return uint64(len(plain8[:a])) + uint64(cap(plain8[int64(b):]))
	case 14:
		pairOf.after = 77
		for k := range pairOf.list {
			pairOf.list[k] = int8(a >> (k & 31))
		}
		t := pairOf
		pairOf.list[b&31]++
		return uint64(t.list[b&31]) + uint64(pairOf.list[b&31])<<10 + uint64(pairOf.after)<<20
	case 15:
		many[7], many[1899] = int64(a), int64(b)
		t := ends(many)
		many[7] = 1
		u := ends(many)
		many[7] = 2
		return uint64(t*5 + u*3 + ends(many))
	}
	return swapped(a, b, uint32(a), uint32(b))
}

// ends takes so much by value that a copy of it in its caller would fill the
// stack, where one call after another fits.
func ends(list [1900]int64) int64 { return list[7] + list[1899] }

func remainders(x, n uint32) uint64 {
	k := n&7 + 1
	r, q := x%k, x%5
	h := truth(r == 7) + 2*truth(r >= 6) + 4*truth(q == 4) + 8*truth(q > 3) + 16*truth(r+1 == k) + 32*truth(x/k > math.MaxUint32/2)
	if r < k-1 {
		h += 64
	}
	var t [5]uint64
	t[q]++
	return h<<8 + t[4] + uint64(plain8[r])
}

func shifts(x, n uint32) uint64 {
	var t [16]uint64
	t[x>>28] = 3
	h := t[15] + truth(x>>28 >= 15) + 2*truth(uint8(n)>>3 == 31) + 4*truth(uint16(n)>>9 > 126) + 8*truth(int32(x)>>30 < -1) + 16*truth(int32(x)>>30 > 0) + 32*truth((x&3)<<2 > 11)
	if k := x >> (n & 31); k < 16 {
		h += t[k] << 8
	}
	return h
}

func oneOf(x, y *int32, first bool) *int32 {
	if first {
		return x
	}
	return y
}

// filled reads what it clears, in a loop and out of it.
func filled(a, b uint64) (h uint64) {
	s := sixteen[:]
	s[3], s[9] = int8(a), int8(b)
	h = uint64(uint8(s[3]))
	for range b % 3 {
		h = h*3 + uint64(uint8(s[3]))
		clear(s[:4])
	}
	h = h*3 + uint64(uint8(s[3])) + uint64(uint8(s[9]))<<32
	clear(s)
	return h*5 + uint64(uint8(s[9]))
}

// slackUp's guards let the counter come so near the end that its step leads past.
func slackUp(i int32) uint64 {
	k := uint64(0)
	for i &= math.MaxInt32; i < math.MaxInt32; i += 2 {
		if i < 0 {
			return 1000 + k
		}
		if k++; k > 40 {
			return 2000
		}
	}
	for j := int32(math.MaxInt32 - 3); j < math.MaxInt32; j += 2 {
		if j < 0 {
			return 3000 + k
		}
		if k++; k > 90 {
			return 4000
		}
	}
	return k
}

func slackDown(i int32) uint64 {
	k := uint64(0)
	for j := int32(math.MinInt32 + 5); j > math.MinInt32; j -= 2 {
		if j > 0 {
			return 1000 + k
		}
		if k++; k > 40 {
			return 2000
		}
	}
	for j := max(i, -1); j >= math.MinInt32+1; j -= 3 {
		if j > 0 && i < 0 {
			return 3000 + k
		}
		if k++; k > 90 {
			return 4000
		}
	}
	return k
}

// swapped sets its parameters while the others are alive.
func swapped(a, b uint64, x, y uint32) uint64 {
	for range a & 3 {
		a, b = b, a+1
		x, y = y+uint32(b), x
		if x > y {
			y += x & 5
		}
	}
	return a ^ b<<7 ^ uint64(x)<<11 ^ uint64(y)<<13
}
