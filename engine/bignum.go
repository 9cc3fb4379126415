package engine

import "math/bits"

// bignum is a natural number of up to 160 32-bit words, least significant first. It can hold any float's exact
// midpoint times the power of five that makes it whole, and a number of maxDigits decimal digits.
type bignum struct {
	n int32
	w [160]uint32
}

// mulAdd sets b to b·m + a.
func (b *bignum) mulAdd(m, a uint32) {
	carry := uint64(a)
	for i := int32(0); i < b.n; i++ {
		carry += uint64(b.w[i]) * uint64(m)
		b.w[i] = uint32(carry)
		carry >>= 32
	}
	if carry != 0 {
		b.w[b.n] = uint32(carry)
		b.n++
	}
}

// mulPow5 sets b to b·5^k.
func (b *bignum) mulPow5(k int32) {
	for ; k >= 13; k -= 13 {
		b.mulAdd(1220703125, 0) // 5^13, the greatest power in 32 bits
	}
	m := uint32(1)
	for ; k > 0; k-- {
		m *= 5
	}
	b.mulAdd(m, 0)
}

func (b *bignum) set(v uint64) {
	b.n = 0
	for ; v != 0; v >>= 32 {
		b.w[b.n] = uint32(v)
		b.n++
	}
}

// bits returns the length in bits.
func (b *bignum) bits() int32 {
	if b.n == 0 {
		return 0
	}
	return b.n*32 - int32(bits.LeadingZeros32(b.w[b.n-1]))
}

// word returns word i of b·2^shift.
func (b *bignum) word(i, shift int32) uint32 {
	j := i - shift>>5
	by := uint32(shift & 31)
	v := uint32(0)
	if j >= 0 && j < b.n {
		v = b.w[j] << by
	}
	if by != 0 && j >= 1 && j <= b.n {
		v |= b.w[j-1] >> (32 - by)
	}
	return v
}

// compareShifted compares a·2^x with b·2^y.
func compareShifted(a *bignum, x int32, b *bignum, y int32) int32 {
	p, q := a.bits()+x, b.bits()+y
	if p != q {
		return order(int64(p), int64(q))
	}
	for i := (p+31)>>5 - 1; i >= 0; i-- {
		if u, v := a.word(i, x), b.word(i, y); u != v {
			return order(int64(u), int64(v))
		}
	}
	return 0
}
