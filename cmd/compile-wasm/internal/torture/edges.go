package main

// edgeCases run on pairs of operands from the edges of their types, where
// counters wrap around and narrow stores cut.
const edgeCases = 21

var (
	halves  [8]int16
	words16 [8]uint16
	bytes8  [8]int8
	mem     struct {
		tab    [4]int32
		secret [8]int32
	}
	seen int32
)

// edge runs one case.
//
//go:wasmexport edge
func edge(n int32, a, b uint64) uint64 {
	switch n {
	case 0, 1, 2, 3, 4, 5:
		return narrowStores(n, a, b)
	case 6:
		return dead(a, b)
	case 7:
		t := twice(int64(a))
		l := lookUp(int32(b))
		return uint64(l) ^ uint64(t[0])
	case 8:
		t := twice(int64(a))
		return uint64(lookUp(int32(b))) ^ uint64(t[0])
	case 9:
		return uint64(lookUp(int32(b))+twice(int64(a))[1]) ^ uint64(lookUp(int32(a)))
	case 10:
		p, q := both(int64(a))
		l := lookUp(int32(b))
		return uint64(l+p[1]) ^ uint64(q[0])
	}
	return counters(n, int32(a), int32(b))
}

func narrowStores(n int32, a, b uint64) uint64 {
	x, i := int32(a), b&7
	switch n {
	case 0:
		halves[i] = int16(int8(x))
		return uint64(halves[i])
	case 1:
		words16[i] = uint16(int8(a))
		return uint64(words16[i])
	case 2:
		bytes8[i] = int8(int16(x))
		return uint64(bytes8[i])
	case 3:
		halves[i] = int16(x & 0x7fff)
		words16[i] = uint16(x&0xff | 0x100)
		return uint64(halves[i])<<16 + uint64(words16[i])
	case 4:
		s := make([]struct {
			p int8
			q int16
			r uint16
		}, 8)
		t := &s[i]
		t.p = int8(a)
		t.q = int16(t.p)
		t.r = uint16(int8(b))
		return uint64(uint8(t.p)) | uint64(uint16(t.q))<<8 | uint64(t.r)<<24
	}
	bytes8[i] = int8(x & 0xfff)
	halves[i] = int16(int64(int8(a)) & 0x1ffff)
	return uint64(bytes8[i]) ^ uint64(halves[i])<<8
}

// twice returns an aggregate, which lies in its frame.
func twice(x int64) [2]int64 {
	var t [2]int64
	for i := range t {
		t[i] = x*int64(i+3) + 17
		if t[i]&1 == 0 {
			t[i] ^= 0x5555
		}
	}
	if x == 12345 {
		t[0], t[1] = t[1], t[0]
	}
	return t
}

func both(x int64) (p, q [2]int64) {
	p, q = twice(x), twice(x+1)
	p[0], q[1] = q[1], p[0]
	return p, q
}

// lookUp has a frame, and touches nothing else.
func lookUp(i int32) int64 {
	var t [12]int64
	t[0] = 1001
	t[1] = 1002
	t[2] = 1003
	t[3] = 1004
	t[4] = 1005
	t[5] = 1006
	t[6] = 1007
	t[7] = 1008
	t[8] = 1009
	t[9] = 1010
	t[10] = 1011
	t[11] = 1012
	return t[i&7] + t[(i>>3)&7]*3
}

func dead(a, b uint64) uint64 {
	t := twice(int64(a))
	l := lookUp(int32(b))
	u := twice(int64(b))
	m := lookUp(int32(a))
	return uint64(l*5+t[0]) ^ uint64(u[1]+m)
}

// These count from anywhere, in loops that test after the step.

func stepFirst(i, n int32) uint64 {
	if i < 0 {
		return 9
	}
	k := 0
	for {
		j := i
		i++
		if i >= n {
			break
		}
		seen = i
		if j <= 3 {
			mem.tab[j] = 77
		}
		if k++; k > 60 {
			break
		}
	}
	return sumOf(k)
}

func stepLast(i, n int32) uint64 {
	if i < 0 {
		return 9
	}
	s := mem.tab[:]
	k := 0
	for {
		if i <= 3 {
			s[i] += 77
		}
		i++
		if i >= n {
			break
		}
		seen = i
		if k++; k > 50 {
			break
		}
	}
	return sumOf(k)
}

func wrapsOnce(i, n int32) uint64 {
	if i < 0 {
		return 7
	}
	k := 0
	for {
		if i < 0 {
			return 100 + uint64(k)
		}
		i++
		if i >= n {
			break
		}
		k++
		seen = i
		if k > 50 {
			return 200
		}
	}
	return 300 + uint64(k)
}

func byThree(i, n int32) uint64 {
	i &= 0x7fffffff
	k := 0
	for {
		if i < 0 {
			return 1000 + uint64(k)
		}
		i += 3
		if i < 2000000000 {
			k++
			seen = n
			if k < 60 {
				continue
			}
		}
		break
	}
	return uint64(k)
}

// twoProofs has a step that is guarded before it and one that is guarded after:
// from where the first may lead, the second wraps around.
func twoProofs(i, n int32) uint64 {
	i &= 3
	k := int32(0)
	for {
		if i < 0 {
			return 1000 + uint64(k)
		}
		seen = i
		if k++; k > 40 {
			return 77
		}
		if (k+n)&1 == 0 {
			if i >= 0x7fffffff {
				return 6
			}
			i++
			continue
		}
		i += 0x3fffffff
		if i <= 0x40000000 {
			seen = n
			continue
		}
		return 5
	}
}

func downPast(i, n int32) uint64 {
	i |= -1 << 31
	k := 0
	for {
		if i > 0 {
			return 1000 + uint64(k)
		}
		i--
		if i <= n {
			break
		}
		k++
		seen = n
		if k > 60 {
			return 7
		}
	}
	return uint64(k)
}

func guardedFirst(n, i int32) uint64 {
	k := 0
	for i &= 0x7fffffff; i < n; i += 7 {
		if i < 0 {
			return 5555 + uint64(k)
		}
		if k++; k > 40 {
			return 1
		}
	}
	return uint64(k)
}

func unsignedGuard(i, n int32) uint64 {
	k := 0
	for uint32(i) < uint32(n) {
		if uint32(i) < 4 {
			mem.tab[i]++
		}
		i++
		if k++; k > 50 {
			break
		}
	}
	return sumOf(k)
}

func downTo(i, n int32) uint64 {
	k := 0
	for ; i >= n; i-- {
		if i >= 0 && i < 4 {
			mem.tab[i] += i
		}
		if k++; k > 50 {
			break
		}
	}
	return sumOf(k)
}

func window(i, n int32) uint64 {
	k := 0
	for j := i; j < n && j < i+4; j++ {
		if uint32(j-i) < 4 {
			mem.tab[j-i]++
		}
		if k++; k > 50 {
			break
		}
	}
	return sumOf(k)
}

func counters(n, a, b int32) uint64 {
	mem.tab, mem.secret = [4]int32{}, [8]int32{}
	switch n {
	case 11:
		return stepFirst(a, b)
	case 12:
		return stepLast(a, b)
	case 13:
		return wrapsOnce(a, b)
	case 14:
		return byThree(a, b)
	case 15:
		return twoProofs(a, b)
	case 16:
		return downPast(a, b)
	case 17:
		return guardedFirst(a, b)
	case 18:
		return unsignedGuard(a, b)
	case 19:
		return downTo(a, b)
	}
	return window(a, b)
}

// sumOf digests what a case wrote, and what it must not have written.
func sumOf(k int) (h uint64) {
	for i, v := range mem.tab {
		h = h*31 + uint64(v)*uint64(i+1)
	}
	for _, v := range mem.secret {
		h ^= uint64(v) << 20
	}
	return h*100 + uint64(k)
}
