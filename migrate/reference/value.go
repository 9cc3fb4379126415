package reference

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseJSON reads a JSON text as Jason does: integers are exact and differ from floats, and a float that is too large
// is an error.
func ParseJSON(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("it isn't valid UTF-8")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errors.New("it isn't JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON")
	}
	return Value(v)
}

// Value converts what encoding/json decoded to the values of constraints.
func Value(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if i, ok := new(big.Int).SetString(string(v), 10); ok {
			return i, nil
		}
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return nil, fmt.Errorf("the number %.40s is too large", v)
		}
		return f, nil
	case []any:
		list := make([]any, len(v))
		for i := range v {
			item, err := Value(v[i])
			if err != nil {
				return nil, err
			}
			list[i] = item
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			item, err := Value(v[name])
			if err != nil {
				return nil, err
			}
			object[name] = item
		}
		return object, nil
	}
	return v, nil
}

// appendJSON writes a value as Jason does: floats keep a fraction, so that they stay floats.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case *big.Int:
		return v.Append(dst, 10)
	case float64:
		return append(dst, floatText(v)...)
	case []any:
		dst = append(dst, '[')
		for i := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, v[i])
		}
		return append(dst, ']')
	case map[string]any:
		dst = append(dst, '{')
		for i, name := range sortedNames(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSON(dst, name), ':')
			dst = appendJSON(dst, v[name])
		}
		return append(dst, '}')
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // nil, bool and string can always be encoded
	return append(dst, bytes.TrimSuffix(text.Bytes(), []byte{'\n'})...)
}

// floatText writes a float as Elixir's to_string does where String.to_float has to read it: with a point.
func floatText(f float64) string {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	mantissa, exponent, scientific := strings.Cut(text, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if !scientific {
		return mantissa
	}
	sign := strings.HasPrefix(exponent, "-")
	exponent = strings.TrimLeft(exponent, "+-0")
	if sign {
		exponent = "-" + exponent
	}
	return mantissa + "e" + exponent
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var (
	integerText = regexp.MustCompile(`^[+-]?[0-9]+$`)
	decimalText = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// coerced turns a text that is a number altogether into that number, as Integer.parse and Float.parse do.
func coerced(v any) any {
	text, isText := v.(string)
	switch {
	case !isText:
		return v
	case integerText.MatchString(text) && !strings.HasSuffix(text, "\n"):
		i, _ := new(big.Int).SetString(text, 10)
		return i
	case decimalText.MatchString(text):
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return v
}

// equal is Erlang's ==, and with strict its =:=, for which 1 isn't 1.0.
func equal(a, b any, strict bool) bool {
	switch a := a.(type) {
	case *big.Int, float64:
		if !isNumber(b) || strict && isFloat(a) != isFloat(b) {
			return false
		}
		return exact(a).Cmp(exact(b)) == 0
	case []any:
		b, isList := b.([]any)
		return isList && slices.EqualFunc(a, b, func(x, y any) bool { return equal(x, y, strict) })
	case map[string]any:
		b, isMap := b.(map[string]any)
		if !isMap || len(a) != len(b) {
			return false
		}
		for name, x := range a {
			if y, has := b[name]; !has || !equal(x, y, strict) {
				return false
			}
		}
		return true
	}
	switch b.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}

func isFloat(v any) bool { _, is := v.(float64); return is }

func isNumber(v any) bool {
	_, integer := v.(*big.Int)
	return integer || isFloat(v)
}

// exact returns a number without rounding it.
func exact(v any) *big.Rat {
	if i, ok := v.(*big.Int); ok {
		return new(big.Rat).SetInt(i)
	}
	return new(big.Rat).SetFloat64(v.(float64))
}
