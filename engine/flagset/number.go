package flagset

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Number is an integer of any length or a float. The two stay apart, 5 isn't 5.0, and neither is ever rounded. The
// zero value is 0.
type Number struct{ value any } // nil (for 0), int64, *big.Int beyond int64, or float64

// Int returns an integer.
func Int(v int64) Number { return Number{v} }

// Float returns a float, which stays a float even without a fraction.
func Float(v float64) Number { return Number{v} }

// Integer returns an integer of any length.
func Integer(v *big.Int) Number {
	if v.IsInt64() {
		return Number{v.Int64()}
	}
	return Number{v}
}

// Value returns an int64, a *big.Int beyond int64, or a float64.
func (n Number) Value() any {
	if n.value == nil {
		return int64(0)
	}
	return n.value
}

// Float64 returns the nearest float.
func (n Number) Float64() float64 {
	switch v := n.Value().(type) {
	case int64:
		return float64(v)
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case float64:
		return v
	}
	return 0
}

// String returns the number as JSON writes it.
func (n Number) String() string { return string(appendNumber(nil, n.Value())) }

// MarshalJSON writes the number. NaN and infinities are errors.
func (n Number) MarshalJSON() ([]byte, error) {
	if f, ok := n.value.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return nil, fmt.Errorf("%v is not a number", f)
	}
	return appendNumber(nil, n.Value()), nil
}

// UnmarshalJSON reads a number without losing a digit.
func (n *Number) UnmarshalJSON(data []byte) error {
	v, err := parseNumber(string(data))
	if err != nil {
		return err
	}
	n.value = v
	return nil
}

// maxDigits bounds the text of a number, so that reading one can't take quadratic time. The longest integer that fits
// a value of a snapshot is shorter.
const maxDigits = 65_536

var (
	errNumberLength = errors.New("the number is too long")
	errNumberRange  = errors.New("the number is beyond the range of a float64")
	errNumberSyntax = errors.New("not a number")
)

// parseNumber reads a JSON number into an int64, *big.Int or float64. A float without a fraction within ±2^53 becomes
// an integer.
func parseNumber(text string) (any, error) {
	if len(text) > maxDigits {
		return nil, errNumberLength
	}
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return nil, errNumberRange
		case err != nil:
			return nil, errNumberSyntax
		}
		return settleFloat(f), nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return v, nil
	}
	v, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, errNumberSyntax
	}
	return Integer(v).Value(), nil
}

// settleFloat turns a float without a fraction within ±2^53, where every integer is a float, into an integer.
func settleFloat(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		return int64(f)
	}
	return f
}

// appendNumber writes an integer as digits, and a float so that it reads back as the same float.
func appendNumber(dst []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case *big.Int:
		return v.Append(dst, 10)
	case float64:
		at, format := len(dst), byte('f')
		if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
			format = 'e'
		}
		dst = strconv.AppendFloat(dst, v, format, -1, 64)
		if !strings.ContainsAny(string(dst[at:]), ".eN") && !math.IsInf(v, 0) {
			dst = append(dst, ".0"...)
		}
	}
	return dst
}
