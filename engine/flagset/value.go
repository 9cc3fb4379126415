package flagset

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
)

// Normalise converts a value to the form that constraints keep, as every edge of the system does. Integers of all
// sizes become int64 or, beyond it, *big.Int. A float without a fraction within ±2^53 becomes an integer. A
// json.Number keeps every digit. In text, U+FFFD replaces each byte that isn't UTF-8. Lists and maps are converted in
// the same way. NaN, infinities and all other types are errors.
func Normalise(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64:
		return v, nil
	case string:
		return ValidText(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is not a number", v)
		}
		return settleFloat(v), nil
	case json.Number:
		return parseNumber(string(v))
	case *big.Int:
		if v == nil {
			return nil, nil
		}
		return Integer(v).Value(), nil
	case Number:
		return Normalise(v.Value())
	case []any:
		list := make([]any, len(v))
		for i := range v {
			item, err := Normalise(v[i])
			if err != nil {
				return nil, err
			}
			list[i] = item
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			item, err := Normalise(v[name])
			if err != nil {
				return nil, err
			}
			object[ValidText(name)] = item
		}
		return object, nil
	case float32:
		return Normalise(float64(v))
	}
	if n, ok := integer(v); ok {
		return n, nil
	}
	return nil, fmt.Errorf("a value can't be a %T", v)
}

// integer converts Go's other integer types.
func integer(v any) (n any, ok bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint:
		return unsigned(uint64(v)), true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case uint64:
		return unsigned(v), true
	}
	return nil, false
}

func unsigned(v uint64) any { return Integer(new(big.Int).SetUint64(v)).Value() }

// ValidText replaces each byte that isn't UTF-8 with U+FFFD.
func ValidText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var valid strings.Builder
	valid.Grow(len(s))
	for _, r := range s {
		valid.WriteRune(r)
	}
	return valid.String()
}

// appendValue appends a value as canonical JSON: compact, with ascending names and exact numbers.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		if v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case string:
		return appendText(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, item)
		}
		return append(dst, ']')
	case map[string]any:
		dst = append(dst, '{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, name), ':')
			dst = appendValue(dst, v[name])
		}
		return append(dst, '}')
	}
	return appendNumber(dst, v)
}

// appendText appends a JSON string with as few escapes as JSON allows.
func appendText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			if i := strings.IndexRune("\b\t\n\f\r", r); i >= 0 {
				dst = append(dst, '\\', "btnfr"[i])
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
			}
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// CanonicalJSON returns a JSON document in canonical form: compact, with names ascending bytewise, and numbers as this
// package writes them.
func CanonicalJSON(data []byte) (json.RawMessage, error) {
	root, problem := readJSON(data)
	if problem != nil {
		return nil, &InvalidError{Problems: []Problem{*problem}}
	}
	return appendValue(nil, root.plain()), nil
}

// AppendValue normalises a value of a context and appends it to dst as msgpack, such as a list or map for
// engine.Encoded.
func AppendValue(dst []byte, v any) ([]byte, error) {
	normal, err := Normalise(v)
	if err != nil {
		return dst, err
	}
	w := pack.NewWriter()
	err = w.Value(normal)
	return append(dst, w.Bytes()...), err
}
