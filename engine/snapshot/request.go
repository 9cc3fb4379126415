package snapshot

import (
	"fmt"
)

// Request is a request to the engine, as a host sends it to the module. This one is for tests, benchmarks and vectors; hosts have their
// own writers, made for speed.
type Request struct {
	Flags      []string // one flag, or the flags of a batch
	Numbers    []int64  // flags by their numbers; Flags is empty then
	Batch      bool     // write the flags as a list even if there is only one; no flags means all
	Actor      *string  // the actor's key; nil for none
	Keyless    bool     // there is an actor without a key: only its groups count
	Groups     []string
	Now        int64          // Unix microseconds
	Roll       uint64         // written as the int64 with the same bits
	Attributes map[string]any // with the values that a constraint can have
}

// Append appends the request's bytes, which wasm/ABI.md describes, to dst.
func (r Request) Append(dst []byte) ([]byte, error) {
	w := newWriter()
	w.array(6)
	switch n := len(r.Flags) + len(r.Numbers); {
	case !r.Batch && n != 1:
		return dst, fmt.Errorf("a request for one flag names %d", n)
	case r.Batch && n == 0:
		w.none()
	case r.Batch:
		w.array(n)
	}
	for _, key := range r.Flags {
		w.text(key)
	}
	for _, number := range r.Numbers {
		w.long(number)
	}
	switch {
	case r.Actor != nil:
		w.text(*r.Actor)
	case r.Keyless:
		w.bool(false)
	default:
		w.none()
	}
	w.array(len(r.Groups))
	for _, group := range r.Groups {
		w.text(group)
	}
	w.long(r.Now)
	w.long(int64(r.Roll))
	attributes := map[string]any{}
	if r.Attributes != nil {
		attributes = r.Attributes
	}
	if err := w.value(attributes); err != nil {
		return dst, err
	}
	return append(dst, w.bytes()...), nil
}

// AppendValue normalises a value of a context and appends it to dst as msgpack, such as a list or map for engine.Encoded.
func AppendValue(dst []byte, v any) ([]byte, error) {
	normal, err := Normalise(v)
	if err != nil {
		return dst, err
	}
	data, err := encodeValue(normal)
	return append(dst, data...), err
}
