package engine

import "math"

// maxDigits is how many digits are read to decide a rounding. A midpoint between two floats has at most 767.
const maxDigits = 800

var pow10 = [23]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// decimal is a number's text: the digits in [start, end), with a decimal point at point (point == end if there is
// none), times ten to the power of exponent.
type decimal struct {
	text              string
	start, point, end int32
	exponent          int32
}

// float rounds to the nearest float64, ties to even, and returns the same bits as strconv.ParseFloat: +Inf if x is too
// large.
func (x *decimal) float() float64 {
	// Take the first 19 digits as an integer, and the power of ten that goes with them.
	mantissa, digits, dropped, fraction := uint64(0), int32(0), int32(0), int32(0)
	exact := true
	for i := x.start; i < x.end; i++ {
		if i == x.point {
			continue
		}
		d := x.text[i] - '0'
		if digits == 19 {
			exact = exact && d == 0
			if i < x.point {
				dropped++
			}
			continue
		}
		if digits > 0 || d != 0 {
			digits++
		}
		mantissa = mantissa*10 + uint64(d)
		if i > x.point {
			fraction++
		}
	}
	if mantissa == 0 {
		return 0
	}
	e := x.exponent - fraction + dropped
	if exact && mantissa < 1<<53 {
		// Both factors are exact, so one rounding gives the right answer.
		if e >= 0 && e <= 22 {
			return float64(mantissa) * pow10[e]
		}
		if e < 0 && e >= -22 {
			return float64(mantissa) / pow10[-e]
		}
	}
	if e > 330 {
		return math.Inf(1)
	}
	if e < -370 {
		return 0
	}
	return x.bisect(guess(mantissa, e))
}

// guess returns the bits of mantissa·10^e, to within a few units in the last place.
func guess(mantissa uint64, e int32) uint64 {
	g := float64(mantissa)
	for ; e > 22; e -= 22 {
		g *= 1e22
	}
	for ; e < -22; e += 22 {
		g /= 1e22
	}
	if e >= 0 {
		g *= pow10[e]
	} else {
		g /= pow10[-e]
	}
	return math.Float64bits(g)
}

// bisect finds the float by comparing the exact value with exact midpoints. It starts near the guess if the guess is
// close.
func (x *decimal) bisect(guess uint64) float64 {
	const near, infinity = 64, uint64(0x7ff) << 52
	var d, h bignum
	e := x.digits(&d)
	lo, hi := uint64(0), infinity
	if guess >= near && guess+near < infinity {
		if above(&d, e, guess-near, &h) {
			lo = guess - near
		}
		if !above(&d, e, guess+near, &h) {
			hi = guess + near
		}
	}
	for lo < hi {
		mid := lo + (hi-lo)/2
		if above(&d, e, mid, &h) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return math.Float64frombits(lo)
}

// digits reads all digits that can matter into d. If e > 0 it also multiplies d by 5^e, so that the value is d·2^e;
// otherwise the value is d·10^e.
func (x *decimal) digits(d *bignum) (e int32) {
	digits, fraction, dropped := int32(0), int32(0), int32(0)
	sticky := false
	chunk, scale := uint32(0), uint32(1)
	for i := x.start; i < x.end; i++ {
		if i == x.point {
			continue
		}
		c := x.text[i] - '0'
		if digits >= maxDigits {
			sticky = sticky || c != 0
			if i < x.point {
				dropped++
			}
			continue
		}
		if digits > 0 || c != 0 {
			digits++
		}
		if i > x.point {
			fraction++
		}
		chunk = chunk*10 + uint32(c)
		if scale *= 10; scale == 1_000_000_000 {
			d.mulAdd(scale, chunk)
			chunk, scale = 0, 1
		}
	}
	d.mulAdd(scale, chunk)
	if sticky {
		// One more digit stands for all that were dropped, so that a value off a midpoint stays off it.
		d.mulAdd(10, 1)
		dropped--
	}
	e = x.exponent - fraction + dropped
	if e > 0 {
		d.mulPow5(e)
	}
	return e
}

// above reports whether the value of d and e, as digits returns them, rounds to more than the float with these bits:
// whether it lies above the midpoint over that float, or on it if the float is odd.
func above(d *bignum, e int32, x uint64, h *bignum) bool {
	mantissa := x & (1<<52 - 1)
	exponent := int32(x >> 52)
	if exponent == 0 {
		exponent = 1
	} else {
		mantissa |= 1 << 52
	}
	h.set(2*mantissa + 1)
	shift, dshift := exponent-1076, e
	if e < 0 {
		h.mulPow5(-e)
		dshift = 0
		shift -= e
	}
	if shift < 0 {
		dshift -= shift
		shift = 0
	}
	c := compareShifted(h, shift, d, dshift)
	return c < 0 || c == 0 && x&1 == 1
}
