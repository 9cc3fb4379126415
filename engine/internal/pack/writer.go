// Package pack writes canonical msgpack, in which every head has its shortest form. The library's encoder does the
// work.
package pack

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"

	"github.com/vmihailenco/msgpack/v5"
)

// ExtInteger is the ext type of an integer beyond int64, which is written as decimal digits.
const ExtInteger = 1

// Writer writes into memory. Its encoder fails only if its buffer does, and a bytes.Buffer never does, so the only
// errors are values that msgpack has no form for.
type Writer struct {
	buffer  bytes.Buffer
	encoder *msgpack.Encoder
}

// NewWriter returns an empty writer.
func NewWriter() *Writer {
	w := &Writer{}
	w.encoder = msgpack.NewEncoder(&w.buffer)
	return w
}

// Bytes returns what was written.
func (w *Writer) Bytes() []byte { return w.buffer.Bytes() }

// Array writes the head of an array of n items.
func (w *Writer) Array(n int) { must(w.encoder.EncodeArrayLen(n)) }

// Int writes an integer.
func (w *Writer) Int(v int) { must(w.encoder.EncodeInt(int64(v))) }

// Long writes an integer of 64 bits.
func (w *Writer) Long(v int64) { must(w.encoder.EncodeInt(v)) }

// Text writes a string.
func (w *Writer) Text(s string) { must(w.encoder.EncodeString(s)) }

// Bool writes a boolean.
func (w *Writer) Bool(v bool) { must(w.encoder.EncodeBool(v)) }

// Nil writes nil.
func (w *Writer) Nil() { must(w.encoder.EncodeNil()) }

// Float writes a float64.
func (w *Writer) Float(v float64) { must(w.encoder.EncodeFloat64(v)) }

// Raw appends bytes that are msgpack already.
func (w *Writer) Raw(bytes []byte) { w.buffer.Write(bytes) }

// Binary writes a binary.
func (w *Writer) Binary(bytes []byte) {
	must(w.encoder.EncodeBytesLen(len(bytes)))
	w.buffer.Write(bytes)
}

// Digits writes an integer beyond int64, given as decimal digits.
func (w *Writer) Digits(digits string) {
	must(w.encoder.EncodeExtHeader(ExtInteger, len(digits)))
	w.buffer.WriteString(digits)
}

// Value writes the value of a constraint or a context.
func (w *Writer) Value(v any) error {
	switch v := v.(type) {
	case nil:
		w.Nil()
	case bool:
		w.Bool(v)
	case int64:
		w.Long(v)
	case *big.Int:
		if v.IsInt64() {
			w.Long(v.Int64())
			return nil
		}
		w.Digits(v.String())
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is not a number", v)
		}
		w.Float(v)
	case string:
		w.Text(v)
	case []any:
		w.Array(len(v))
		for _, item := range v {
			if err := w.Value(item); err != nil {
				return err
			}
		}
	case map[string]any:
		w.Map(len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.Text(name)
			if err := w.Value(v[name]); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("a value can't be a %T", v)
	}
	return nil
}

// Map writes the head of a map of n pairs.
func (w *Writer) Map(n int) { must(w.encoder.EncodeMapLen(n)) }

// BinaryHead writes the head of a binary of n bytes, which follow by Raw.
func (w *Writer) BinaryHead(n int) { must(w.encoder.EncodeBytesLen(n)) }

func must(err error) {
	if err != nil {
		panic("pack: a buffer refused bytes: " + err.Error())
	}
}
