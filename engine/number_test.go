package engine_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

var (
	integerForm = regexp.MustCompile(`^[+-]?[0-9]+$`)
	floatForm   = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// checkNumeric compares the engine's reading of s with math/big and strconv.
func checkNumeric(t *testing.T, s string) {
	t.Helper()
	k, bits := engine.Numeric(s)
	switch {
	case integerForm.MatchString(s):
		want, _ := new(big.Int).SetString(strings.TrimPrefix(s, "+"), 10)
		switch {
		case want.IsInt64() && (k != engine.KindInt || int64(bits) != want.Int64()):
			t.Errorf("%q: kind %d, %d", s, k, int64(bits))
		case !want.IsInt64() && k != engine.KindInteger:
			t.Errorf("%q: kind %d, want an integer beyond 64 bits", s, k)
		}
	case floatForm.MatchString(s):
		want, err := strconv.ParseFloat(s, 64)
		if err != nil {
			if k != engine.KindString {
				t.Errorf("%q overflows, yet kind %d", s, k)
			}
		} else if k != engine.KindFloat || bits != math.Float64bits(want) {
			t.Errorf("%q: kind %d, %x, want %x", s, k, bits, math.Float64bits(want))
		}
	case k != engine.KindString:
		t.Errorf("%q is no number, yet kind %d", s, k)
	}
}

func TestNumeric(t *testing.T) {
	for _, s := range []string{"", "+", "-", "5", "05", "+5", "-0", "007", " 5", "5 ", "5.", ".5", "1_000", "0x10", "1.e5", "1e", "1e+", "1e5", "1.0E5",
		"Infinity", "NaN", "1.0e400", "1.7976931348623157e308", "1.7976931348623159e308", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
		"2.2250738585072011e-308", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		"0000000000000000000000000000000000005", "18446744073709551616", "99999999999999999999999999", "٣", "9007199254740993.0", "0.1", "1e22", "1e23", "1e-400"} {
		checkNumeric(t, s)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		digits := func(n int) string {
			b := make([]byte, 1+r.IntN(n))
			for i := range b {
				b[i] = byte('0' + r.IntN(10))
			}
			return string(b)
		}
		s := digits(30)
		switch r.IntN(4) {
		case 0:
			s += "." + digits(30)
		case 1:
			s += fmt.Sprintf("e%d", r.IntN(700)-350)
		case 2:
			s += "." + digits(20) + fmt.Sprintf("E%+d", r.IntN(700)-350)
		}
		checkNumeric(t, s)
	}
}

// Rounding tends to go wrong exactly halfway between two floats.
func TestNumericHalfWays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2_000 {
		x := math.Float64frombits(r.Uint64() &^ (1 << 63))
		if math.IsInf(x, 0) || math.IsNaN(x) || math.IsInf(math.Nextafter(x, math.Inf(1)), 0) {
			continue
		}
		a := new(big.Float).SetPrec(3000).SetFloat64(x)
		b := new(big.Float).SetPrec(3000).SetFloat64(math.Nextafter(x, math.Inf(1)))
		half := a.Add(a, b).Quo(a, big.NewFloat(2))
		s := half.Text('e', 800)
		checkNumeric(t, s)
		checkNumeric(t, strings.Replace(s, "e", "1e", 1)) // a little above
	}
}

func checkCompare(t *testing.T, a, b string) {
	t.Helper()
	rat := func(s string) *big.Rat {
		if k, bits := engine.Numeric(s); k == engine.KindFloat {
			return new(big.Rat).SetFloat64(math.Float64frombits(bits))
		}
		x, _ := new(big.Rat).SetString(s)
		return x
	}
	if got, want := engine.Compare(a, b), int32(rat(a).Cmp(rat(b))); got != want {
		t.Errorf("compare(%s, %s) = %d, want %d", a, b, got, want)
	}
}

func TestCompare(t *testing.T) {
	texts := []string{"0", "-0", "0.0", "-0.0", "5", "5.0", "-5", "5.5", "9007199254740992", "9007199254740993", "9007199254740992.0", "9007199254740993.0",
		"9223372036854775807", "9223372036854775808", "9223372036854775808.0", "-9223372036854775808", "-9223372036854775809", "-9223372036854775808.0",
		"18446744073709551616", "18446744073709551616.0", "18446744073709551617", "1e300", "-1e300", "1" + strings.Repeat("0", 300), "1" + strings.Repeat("0", 299) + "1",
		"-1" + strings.Repeat("0", 300), strings.Repeat("9", 400), "-" + strings.Repeat("9", 400), "+000" + strings.Repeat("9", 30), strings.Repeat("9", 30), "1e-300", "-1e-300"}
	for _, a := range texts {
		for _, b := range texts {
			checkCompare(t, a, b)
		}
	}
}

func FuzzNumeric(f *testing.F) {
	for _, s := range []string{"5", "-0", "1e5", "2.2250738585072011e-308", "9223372036854775808", "1.7976931348623159e308"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkNumeric(t, s) })
}

func FuzzCompare(f *testing.F) {
	f.Add("9007199254740993", "9007199254740992.0")
	f.Add("18446744073709551616", "1e300")
	f.Fuzz(func(t *testing.T, a, b string) {
		if ka, _ := engine.Numeric(a); ka == engine.KindString {
			return
		}
		if kb, _ := engine.Numeric(b); kb == engine.KindString {
			return
		}
		if len(a) > 2000 || len(b) > 2000 {
			return
		}
		checkCompare(t, a, b)
	})
}
