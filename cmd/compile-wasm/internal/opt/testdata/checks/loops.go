package main

// keeps 1
//
//go:wasmexport below
func below(n int32) int32 {
	t := int32(0)
	for i := int32(10); i > -10; i-- { // goes below 0
		t += table[i] ^ n
	}
	return t
}

// keeps 1
//
//go:wasmexport wrapsAtTheBottom
func wrapsAtTheBottom(n int32) int32 {
	t := int32(0)
	for i := int32(7); i > -2147483647; i -= 3 { // the last step wraps around
		if i >= 0 {
			t += table[i]
		}
	}
	return t ^ n
}

// keeps 1
//
//go:wasmexport unsignedGuard
func unsignedGuard(n int32) int32 {
	t := int32(0)
	for i := int32(0); uint32(i) < uint32(n); i++ { // n may be above what i can be
		if i < 16 {
			t += table[i]
		}
	}
	return t
}

// keeps 1
//
//go:wasmexport bothWays
func bothWays(n int32) int32 {
	t, i := int32(0), int32(8)
again:
	if i < 16 {
		t += table[i]
	}
	n >>= 1
	if n&1 == 0 {
		if i < 100 && n != 0 {
			i++
			goto again
		}
		return t
	}
	if i > -100 && i < 200 && n != 0 {
		i--
		goto again
	}
	return t
}

// keeps 1
//
//go:wasmexport afterTheStep
func afterTheStep(n int32) int32 {
	t := n
	for i := int32(0); ; {
		if i < 16 {
			t += table[i]
		}
		i += 2
		if i >= 2147483647 { // from 2147483646 the next step wraps around
			break
		}
		t ^= i
	}
	return t
}

// keeps 1
//
//go:wasmexport beginsAtTheEnd
func beginsAtTheEnd(n int32) int32 {
	t := n
	for i := int32(2147483647); ; {
		if i < 16 {
			t += table[i]
		}
		i++
		if i > 100 {
			break
		}
		t ^= i
	}
	return t
}

// keeps 1
//
//go:wasmexport beginsAnywhere
func beginsAnywhere(n int32) int32 {
	t := n
	for i := int32(uint32(n) >> 1); ; { // 31 bits: the first step may wrap around
		if i < 16 {
			t += table[i]
		}
		i++
		if i > 100 {
			break
		}
		t ^= i
	}
	return t
}

// keeps 4
//
//go:wasmexport twoBeginnings
func twoBeginnings(k, n int32) int32 {
	t := int32(0)
	k &= 3
	i := int32(0)
	if n > 5 {
		i = k + 2
	}
	for ; i < 9; i++ {
		t += int32(len(text[k:i])) // i may be below k
	}
	j := k + 2
	if n > 7 {
		j = 0
	}
	for ; j < 9; j++ {
		t += int32(len(text[k:j])) * 3
	}
	return t
}

// keeps 2
//
//go:wasmexport beginsBelow
func beginsBelow(n int32) int32 {
	t, i := int32(0), int32(0)
	if n > 5 {
		i = -3
	}
	for ; i < 16; i++ {
		t += table[i]
	}
	j := int32(-3)
	if n > 7 {
		j = 0
	}
	for ; j < 16; j++ {
		t += table[j]
	}
	return t
}

// keeps 2
//
//go:wasmexport twoSteps
func twoSteps(n int32) int32 {
	t := int32(0)
	for i := int32(0); ; {
		if i < 16 {
			t += table[i]
		}
		n >>= 1
		if n&1 != 0 {
			i++
			if i >= 2147483646 {
				break
			}
			t ^= i
			continue
		}
		i += 3
		if i >= 2147483646 {
			break
		}
		t += i
	}
	for i := int32(0); ; {
		if i < 16 {
			t += table[i]
		}
		n >>= 1
		if n&1 != 0 {
			i += 3
			if i >= 2147483646 {
				break
			}
			t ^= i
			continue
		}
		i++
		if i >= 2147483646 {
			break
		}
		t += i
	}
	return t
}
