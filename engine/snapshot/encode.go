package snapshot

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"

	"github.com/vmihailenco/msgpack/v5"
)

// extInteger is the ext type of an integer beyond int64, which is written as decimal digits.
const extInteger = 1

// writer writes canonical msgpack, in which every head has its shortest form. The library's encoder does the work. It fails only if its
// buffer does, and a bytes.Buffer never does, so the only errors are values that msgpack has no form for.
type writer struct {
	buffer  bytes.Buffer
	encoder *msgpack.Encoder
}

func newWriter() *writer {
	w := &writer{}
	w.encoder = msgpack.NewEncoder(&w.buffer)
	return w
}

func (w *writer) bytes() []byte { return w.buffer.Bytes() }

func (w *writer) array(n int)      { must(w.encoder.EncodeArrayLen(n)) }
func (w *writer) int(v int)        { must(w.encoder.EncodeInt(int64(v))) }
func (w *writer) long(v int64)     { must(w.encoder.EncodeInt(v)) }
func (w *writer) text(s string)    { must(w.encoder.EncodeString(s)) }
func (w *writer) bool(v bool)      { must(w.encoder.EncodeBool(v)) }
func (w *writer) none()            { must(w.encoder.EncodeNil()) }
func (w *writer) float(v float64)  { must(w.encoder.EncodeFloat64(v)) }
func (w *writer) raw(bytes []byte) { w.buffer.Write(bytes) }

func (w *writer) binary(bytes []byte) {
	must(w.encoder.EncodeBytesLen(len(bytes)))
	w.buffer.Write(bytes)
}

// value writes the value of a constraint or a context.
func (w *writer) value(v any) error {
	switch v := v.(type) {
	case nil:
		w.none()
	case bool:
		w.bool(v)
	case int64:
		w.long(v)
	case *big.Int:
		if v.IsInt64() {
			w.long(v.Int64())
			return nil
		}
		digits := v.String()
		must(w.encoder.EncodeExtHeader(extInteger, len(digits)))
		w.buffer.WriteString(digits)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is not a number", v)
		}
		w.float(v)
	case string:
		w.text(v)
	case []any:
		w.array(len(v))
		for _, item := range v {
			if err := w.value(item); err != nil {
				return err
			}
		}
	case map[string]any:
		must(w.encoder.EncodeMapLen(len(v)))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.text(name)
			if err := w.value(v[name]); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("a value can't be a %T", v)
	}
	return nil
}

func encodeValue(v any) ([]byte, error) {
	w := newWriter()
	err := w.value(v)
	return w.bytes(), err
}

func must(err error) {
	if err != nil {
		panic("snapshot: a buffer refused bytes: " + err.Error())
	}
}
