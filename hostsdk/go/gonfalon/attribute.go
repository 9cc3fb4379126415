package gonfalon

import (
	"encoding"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// maxDepth is how deep lists and maps of a context may nest. Rules compare them whole, so that nobody needs more; what
// is deeper is null, and a value that contains itself ends.
const maxDepth = 16

// maxListed is how many groups a context may have, how many attributes, how many values in the lists and maps of one
// attribute, and how many keys a question may name.
const maxListed = 100_000

// tooLarge says why an attribute is null.
const tooLarge = "an attribute has more than 100,000 values"

// maxExact is the greatest integer up to which every integer is a float64 of its own, as in languages with one kind of
// number.
const maxExact = 1 << 53

// text is s with each byte that isn't UTF-8 as U+FFFD.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// attribute makes a value of the context. It reports false, and null, if the value has more in it than is read.
func attribute(name string, v any) (engine.Attribute, bool) {
	left := maxListed
	v = normal(v, 0, &left)
	if left < 0 {
		return engine.Null(name), false
	}
	switch v := v.(type) {
	case bool:
		return engine.Bool(name, v), true
	case int64:
		return engine.Int(name, v), true
	case *big.Int:
		return engine.Integer(name, v.String()), true
	case float64:
		return engine.Float(name, v), true
	case string:
		return engine.String(name, v), true
	case []any, map[string]any:
		return engine.Encoded(name, pack(v)), true
	}
	return engine.Null(name), true
}

// normal is a value in one of the forms nil, bool, int64, *big.Int (beyond int64), float64, string, []any,
// map[string]any. Left is how many more values its lists and maps may have; below 0 there were too many, and the rest
// isn't read.
func normal(v any, depth int, left *int) any {
	switch v := v.(type) {
	case nil:
		return nil
	case bool, int64:
		return v
	case string:
		return text(v)
	case int:
		return int64(v)
	case float64:
		return float(v)
	case json.Number:
		return number(string(v))
	case *big.Int:
		if v == nil {
			return nil
		}
		return integer(v)
	case big.Int:
		return integer(&v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case *time.Time: // it marshals itself too, in its own zone
	case encoding.TextMarshaler:
		return marshalled(v)
	}
	return reflected(reflect.ValueOf(v), depth, left)
}

// marshalled is the text that a value makes of itself, or nil. Methods of the program's own may panic.
func marshalled(v encoding.TextMarshaler) (normal any) {
	if isNil(v) {
		return nil
	}
	defer func() {
		if recover() != nil {
			normal = nil
		}
	}()
	data, err := v.MarshalText()
	if err != nil {
		return nil
	}
	return text(string(data))
}

// reflected is normal for named types, other widths, and collections of any element.
func reflected(v reflect.Value, depth int, left *int) any {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return text(v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return integer(new(big.Int).SetUint64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return float(v.Float())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || depth >= maxDepth {
			return nil
		}
		return normal(v.Elem().Interface(), depth+1, left)
	case reflect.Slice, reflect.Array:
		if depth >= maxDepth || v.Kind() == reflect.Slice && v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return nil // bytes aren't a list of numbers in every language
		}
		if *left -= v.Len(); *left < 0 {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = normal(v.Index(i).Interface(), depth+1, left)
		}
		return list
	case reflect.Map:
		if depth >= maxDepth || v.IsNil() || v.Type().Key().Kind() != reflect.String {
			return nil
		}
		if *left -= v.Len(); *left < 0 {
			return nil
		}
		m := make(map[string]any, v.Len())
		for iter := v.MapRange(); iter.Next(); {
			m[text(iter.Key().String())] = normal(iter.Value().Interface(), depth+1, left)
		}
		return m
	}
	return nil
}

// float is an integer if it has no fraction and lies within ±2^53, since some languages can't tell 5 from 5.0.
func float(f float64) any {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil
	case f == math.Trunc(f) && math.Abs(f) <= maxExact:
		return int64(f)
	}
	return f
}

func integer(n *big.Int) any {
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

// number reads a JSON number: exactly, if it is written as an integer.
func number(s string) any {
	if strings.ContainsAny(s, ".eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil
		}
		return float(f)
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if len(s) > engine.MaxValueBytes {
		return nil
	}
	if n, ok := new(big.Int).SetString(s, 10); ok {
		return n
	}
	return nil
}
