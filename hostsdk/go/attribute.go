package gonfalon

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/vmihailenco/msgpack/v5"
)

// maxDepth is how deep lists and maps of a context may nest. Rules compare them whole, so that nobody needs more; what is deeper
// is null, and a value that contains itself ends.
const maxDepth = 16

// maxExact is the greatest integer up to which every integer is a float64 of its own, as in languages with one kind of number.
const maxExact = 1 << 53

// text is s with each byte that isn't UTF-8 as U+FFFD.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// attribute makes a value of the context.
func attribute(name string, v any) engine.Attribute {
	switch v := normal(v, 0).(type) {
	case bool:
		return engine.Bool(name, v)
	case int64:
		return engine.Int(name, v)
	case *big.Int:
		return engine.Integer(name, v.String())
	case float64:
		return engine.Float(name, v)
	case string:
		return engine.String(name, v)
	case []any, map[string]any:
		if packed, ok := pack(v); ok {
			return engine.Encoded(name, packed)
		}
	}
	return engine.Null(name)
}

// normal is a value in one of the forms nil, bool, int64, *big.Int (beyond int64), float64, string, []any, map[string]any.
func normal(v any, depth int) any {
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
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return reflected(reflect.ValueOf(v), depth)
}

// reflected is normal for named types, other widths, and collections of any element.
func reflected(v reflect.Value, depth int) any {
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
		return normal(v.Elem().Interface(), depth+1)
	case reflect.Slice, reflect.Array:
		if depth >= maxDepth || v.Kind() == reflect.Slice && v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = normal(v.Index(i).Interface(), depth+1)
		}
		return list
	case reflect.Map:
		if depth >= maxDepth || v.IsNil() || v.Type().Key().Kind() != reflect.String {
			return nil
		}
		m := make(map[string]any, v.Len())
		for iter := v.MapRange(); iter.Next(); {
			m[text(iter.Key().String())] = normal(iter.Value().Interface(), depth+1)
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
	if n, ok := new(big.Int).SetString(s, 10); ok && len(s) <= engine.MaxValueBytes {
		return n
	}
	return nil
}

// pack writes a list or a map as the engine compares it: msgpack in its shortest forms, map keys ascending.
func pack(v any) (string, bool) {
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.SetSortMapKeys(true)
	e.UseCompactInts(true)
	if packValue(e, &b, v) != nil {
		return "", false
	}
	return b.String(), true
}

func packValue(e *msgpack.Encoder, b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case *big.Int:
		digits := v.String()
		if err := e.EncodeExtHeader(integerExt, len(digits)); err != nil {
			return err
		}
		b.WriteString(digits)
		return nil
	case []any:
		if err := e.EncodeArrayLen(len(v)); err != nil {
			return err
		}
		for _, item := range v {
			if err := packValue(e, b, item); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		if err := e.EncodeMapLen(len(v)); err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := e.EncodeString(key); err != nil {
				return err
			}
			if err := packValue(e, b, v[key]); err != nil {
				return err
			}
		}
		return nil
	}
	return e.Encode(v)
}

// integerExt is the msgpack ext type of integers beyond 64 bits, as digits.
const integerExt = 1
