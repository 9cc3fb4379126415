// Package request writes requests to the engine as bytes, as a host sends them to the module. It is for tests,
// benchmarks and vectors; hosts have their own writers, made for speed.
package request

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
)

// Request is one call of the engine.
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
	w := pack.NewWriter()
	w.Array(6)
	switch n := len(r.Flags) + len(r.Numbers); {
	case !r.Batch && n != 1:
		return dst, fmt.Errorf("a request for one flag names %d", n)
	case r.Batch && n == 0:
		w.Nil()
	case r.Batch:
		w.Array(n)
	}
	for _, key := range r.Flags {
		w.Text(key)
	}
	for _, number := range r.Numbers {
		w.Long(number)
	}
	switch {
	case r.Actor != nil:
		w.Text(*r.Actor)
	case r.Keyless:
		w.Bool(false)
	default:
		w.Nil()
	}
	w.Array(len(r.Groups))
	for _, group := range r.Groups {
		w.Text(group)
	}
	w.Long(r.Now)
	w.Long(int64(r.Roll))
	attributes := map[string]any{}
	if r.Attributes != nil {
		attributes = r.Attributes
	}
	if err := w.Value(attributes); err != nil {
		return dst, err
	}
	return append(dst, w.Bytes()...), nil
}
