package main

const trapCases = 25

type record struct {
	id   int32
	next *record
	row  [4]int16
}

var first = record{id: 7, row: [4]int16{1, 2, 3, 4}}

// traps does one thing that panics in Go for some k.
//
//go:wasmexport traps
func traps(n, k int32) int32 {
	three := []int32{1, 2, 3}
	var four [4]int32
	var p *record
	switch n {
	case 0:
		return three[k]
	case 1:
		return four[k]
	case 2:
		return int32(len(three[k:]))
	case 3:
		return int32(len(three[:k]))
	case 4:
		return 10 / k
	case 5:
		if k > 0 {
			p = &first
		}
		return p.id
	case 6:
		return int32(1) << k
	case 7:
		return int32("hello"[k])
	case 8:
		if k == 3 {
			panic("three")
		}
		return 8
	case 9:
		return (*[3]int32)(three[:k])[1]
	case 10:
		return int32(len(three[k:2:3]))
	case 11:
		return 10 % k
	case 12:
		return four[k&3] + three[uint8(k)]
	case 13:
		return int32(len(make([]int64, k&0xffff, 100)))
	case 14:
		p = first.next
		if k != 5 {
			p = &first
		}
		p.row[k&3]++
		return int32(p.row[k&3])
	case 15:
		return int32(len("hello"[k:]) + len("hello"[:k]))
	case 16:
		return int32(-128/int8(k)) + int32(int64(k)/int64(k+1))
	case 17:
		return three[int64(k)] + four[uint64(uint32(k))]
	case 18:
		pick := &first
		if k == 1 {
			pick = nil
		}
		return deref(pick)
	case 19:
		if len(three[:k&3]) == 0 {
			return 0
		}
		return three[:k&3][0] + int32(len(three[1:k]))
	case 20:
		return int32(len(make([]int32, k, four[0]+3)))
	case 21:
		return three[int64(k)<<32]
	case 22:
		verify(k)
		verify(k ^ 1)
	case 23:
		_ = 7 % k
	case 24:
		return lengthsOnly(p, k)
	}
	return -1
}

// lengthsOnly ranges over arrays by their indices alone. Go doesn't evaluate an
// array whose length is all that counts, but it makes the calls in it.
func lengthsOnly(p *record, k int32) (t int32) {
	var four [4][5]int32
	switch k & 7 {
	case 0:
		for i := range p.row {
			t += int32(i)
		}
	case 1:
		for range p.next.row {
			t++
		}
	case 2:
		for i := range four[k] {
			t += int32(i)
		}
	case 3:
		for i := range (*[6]int16)(nil) {
			t += int32(i)
		}
	case 4:
		for i := range self(p).row {
			t += int32(i)
		}
	case 5:
		for i, v := range p.row {
			t += int32(i) + int32(v)
		}
	case 6:
		for i := range p.row[:] {
			t += int32(i)
		}
	case 7:
		for i := range [2]int16{p.row[0], 2} {
			t += int32(i)
		}
	}
	return t
}

func self(p *record) *record { return p }

func deref(p *record) int32 { return int32(p.row[1]) + p.id }

// verify does nothing but panic for some n.
func verify(n int32) int32 {
	t := n*3 ^ n>>2
	t ^= t<<5 - t>>3
	t = t*t + n ^ t<<7
	t ^= t>>9 + n*11 - t<<1
	if n == 5 || n == 100 {
		panic("five")
	}
	return t
}

// deep recurses until the stack is full, with frames of various sizes.
//
//go:wasmexport deep
func deep(n int32) int32 {
	var a [64]int32
	a[n&63] = n
	if n == 0 {
		return 0
	}
	return deep(n-1) + third(&a) + deeper(n-1)
}

func deeper(n int32) int32 {
	var a [512]int32
	a[n&511] = n
	if n <= 0 {
		return 1
	}
	return deeper(n/2) + a[3]
}

// often calls functions with frames again and again: each has to leave the stack
// as it was.
//
//go:wasmexport often
func often(n int32) int32 {
	t := int32(0)
	for i := range n {
		t += deeper(i & 3)
	}
	return t
}

// wrapping counts past the greatest number: the guard lets it.
//
//go:wasmexport wrapping
func wrapping(n int32) int32 {
	t := int32(0)
	for i := int32(1<<31 - 3); i <= n; i++ {
		if i < 0 {
			return t
		}
		t++
	}
	return -t
}

func third(a *[64]int32) int32 { return a[3] }

var kept int32

// remember changes memory and then may trap, deep in its stack.
//
//go:wasmexport remember
func remember(n int32) int32 {
	var a [32]int32
	for i := range a {
		a[i] = n
	}
	kept = total(a[:], n)
	s := make([]int32, 1000+n)
	s[0] = kept
	return total(s, n) + kept
}

func total(s []int32, k int32) int32 {
	t := int32(0)
	for _, v := range s {
		t += v
	}
	return t + s[k]
}

func main() {}
