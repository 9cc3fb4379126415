package engine

import "math"

// numeric reads s as a number if all of it is one. It returns the kind (kindInt, kindInteger or kindFloat; kindString
// if s isn't a number) and the int64 or the float64's bits. The grammar is Elixir's: [+-]digits, or
// [+-]digits[.digits][(e|E)[+-]digits]. A float that overflows stays a string.
func numeric(s string) (kind, uint64) {
	n := int32(len(s))
	i := int32(0)
	negative := false
	if n > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		i = 1
	}
	if i >= n || !digit(s[i]) {
		return kindString, 0
	}
	start := i
	v, fits := uint64(0), true
	for ; i < n && digit(s[i]); i++ {
		d := uint64(s[i] - '0')
		if v > (1<<63-d)/10 {
			fits = false
		}
		v = v*10 + d
	}
	if i == n {
		switch {
		case !fits || v == 1<<63 && !negative:
			return kindInteger, 0
		case negative:
			return kindInt, -v
		}
		return kindInt, v
	}
	x := decimal{text: s, start: start, point: i, end: i}
	if s[i] == '.' {
		i++
		if i >= n || !digit(s[i]) {
			return kindString, 0
		}
		for i < n && digit(s[i]) {
			i++
		}
		x.end = i
	}
	if i < n {
		var ok bool
		if x.exponent, ok = exponent(s, i); !ok {
			return kindString, 0
		}
	}
	f := x.float()
	if f > math.MaxFloat64 {
		return kindString, 0
	}
	if negative {
		f = -f
	}
	return kindFloat, math.Float64bits(f)
}

// exponent reads (e|E)[+-]digits from i to the end of s. It saturates far beyond any float's range.
func exponent(s string, i int32) (int32, bool) {
	n := int32(len(s))
	if s[i]|32 != 'e' {
		return 0, false
	}
	i++
	negative := false
	if i < n && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	if i >= n {
		return 0, false
	}
	e := int32(0)
	for ; i < n; i++ {
		if !digit(s[i]) {
			return 0, false
		}
		if e < 1<<26 {
			e = e*10 + int32(s[i]-'0')
		}
	}
	if negative {
		return -e, true
	}
	return e, true
}

func digit(c byte) bool { return c-'0' <= 9 }

// digitsOnly reports whether s is -?digits, the form of an integer beyond int64.
func digitsOnly(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			return false
		}
	}
	return len(s) > 0
}

// finite reports whether the float with these bits is neither infinite nor NaN.
func finite(b uint64) bool { return b>>52&0x7ff != 0x7ff }

func isNumber(k kind) bool { return k == kindInt || k == kindFloat || k == kindInteger }

// unordered is the result of comparing with NaN.
const unordered = 2

// number is a number of any kind: int64 or float64 bits, or the digits of an integer beyond int64.
type number struct {
	kind kind
	bits uint64
	text string // the digits, for kindInteger
}

// compare compares two numbers of any kind exactly. It returns −1, 0, 1, or unordered.
func compare(a, b *number) int32 {
	if a.kind == kindInt && b.kind == kindInt {
		return order(int64(a.bits), int64(b.bits))
	}
	x, y := math.Float64frombits(a.bits), math.Float64frombits(b.bits)
	switch a.kind {
	case kindInt:
		if b.kind == kindFloat {
			return compareFloat(int64(a.bits), y)
		}
		return -bigSign(b.text)
	case kindFloat:
		switch b.kind {
		case kindInt:
			return opposite(compareFloat(int64(b.bits), x))
		case kindFloat:
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			case x == y:
				return 0
			}
			return unordered
		}
		return opposite(compareBigFloat(b.text, x))
	}
	switch b.kind {
	case kindInt:
		return bigSign(a.text)
	case kindFloat:
		return compareBigFloat(a.text, y)
	}
	return compareBig(a.text, b.text)
}

func opposite(c int32) int32 {
	if c == unordered {
		return c
	}
	return -c
}

func order(a, b int64) int32 {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func orderText(a, b string) int32 {
	switch {
	case a == b:
		return 0
	case a < b:
		return -1
	}
	return 1
}

// compareFloat compares an integer with a float, exactly.
func compareFloat(i int64, f float64) int32 {
	switch {
	case f != f:
		return unordered
	case f >= 1<<63:
		return -1
	case f < -(1 << 63):
		return 1
	}
	whole := int64(f)
	if c := order(i, whole); c != 0 {
		return c
	}
	switch rest := f - float64(whole); {
	case rest > 0:
		return -1
	case rest < 0:
		return 1
	}
	return 0
}

// unsigned strips the sign and the leading zeros from an integer's text.
func unsigned(s string) (negative bool, digits string) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	for len(s) > 0 && s[0] == '0' {
		s = s[1:]
	}
	return negative, s
}

// bigSign returns the sign of an integer beyond int64, which is also the result of comparing it with any int64.
func bigSign(s string) int32 {
	negative, _ := unsigned(s)
	if negative {
		return -1
	}
	return 1
}

// compareBig compares two integers by their text.
func compareBig(a, b string) int32 {
	an, ad := unsigned(a)
	bn, bd := unsigned(b)
	if an != bn {
		if an {
			return -1
		}
		return 1
	}
	c := order(int64(len(ad)), int64(len(bd)))
	if c == 0 {
		c = orderText(ad, bd)
	}
	if an {
		return -c
	}
	return c
}

// compareBigFloat compares an integer by its text with a float, exactly.
func compareBigFloat(s string, f float64) int32 {
	if f != f {
		return unordered
	}
	negative, digits := unsigned(s)
	if negative {
		f = -f
	}
	c := compareMagnitude(digits, f)
	if negative {
		return -c
	}
	return c
}

// compareMagnitude compares a positive integer of at least 2^63 with a float.
func compareMagnitude(digits string, f float64) int32 {
	switch {
	case f < 1<<63:
		return 1
	case f > math.MaxFloat64:
		return -1
	case len(digits) > 309: // beyond 1.8e308
		return 1
	}
	var a, b bignum
	for i := 0; i < len(digits); i++ {
		a.mulAdd(10, uint32(digits[i]-'0'))
	}
	x := math.Float64bits(f)
	b.set(x&(1<<52-1) | 1<<52)
	return compareShifted(&a, 0, &b, int32(x>>52)-1075)
}
