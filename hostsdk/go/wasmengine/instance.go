package wasmengine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// version is that of the module's ABI.
const version = 1

// Sizes of wasm/ABI.md.
const (
	recordBytes = 32
	batchMost   = 1024
)

// instance is one instance of the module with a snapshot in it. It serves one call at a time. What it points at is
// copied out before the next call.
type instance struct {
	module  api.Module
	memory  api.Memory
	request uint32 // address of the request buffer
	room    uint32 // its size
	result  uint32 // address of the result record
	stack   [2]uint64

	evaluate, batch, explain, needs, splice, reserve api.Function

	variants []variant         // by index: their strings, made once
	names    map[string]string // of gates' targets, made once
	memo     *memo             // nil until the first answer that is remembered
}

type variant struct{ name, payload string }

// errTrap is a call that the module didn't survive.
var errTrap = errors.New("wasmengine: the module trapped")

// build makes an instance that holds data. A snapshot that the engine refuses is an *engine.LoadError.
func (e *Engine) build(data string) (*instance, error) {
	if !e.begin() {
		return nil, ErrClosed
	}
	module, err := e.runtime.InstantiateModule(context.Background(), e.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		e.ended.Done()
		return nil, fmt.Errorf("wasmengine: instantiating the module: %w", err)
	}
	e.instances.Add(1)
	e.loads.Add(1)
	n := &instance{module: module, memory: module.Memory(), names: map[string]string{}}
	if err := n.begin(data); err != nil {
		e.drop(n)
		return nil, err
	}
	return n, nil
}

// begin says whether anything may still begin; then Close waits for it.
func (e *Engine) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.ended.Add(1)
	}
	return !e.closed
}

// drop frees an instance that nobody calls any more.
func (e *Engine) drop(n *instance) {
	n.module.Close(context.Background())
	e.instances.Add(-1)
	e.ended.Done()
}

// begin finds the exports and loads data.
func (n *instance) begin(data string) error {
	for name, f := range map[string]*api.Function{
		"evaluate": &n.evaluate, "evaluate_batch": &n.batch, "explain": &n.explain, "needs": &n.needs, "splice": &n.splice, "request": &n.reserve,
	} {
		if *f = n.module.ExportedFunction(name); *f == nil {
			return fmt.Errorf("wasmengine: the module has no %s", name)
		}
	}
	if v, err := n.once("abi"); err != nil || v != version {
		return fmt.Errorf("wasmengine: the module's ABI is %d, not %d (%w)", v, version, err)
	}
	at, err := n.once("snapshot", uint64(len(data)))
	if err != nil {
		return err
	}
	if at == 0 {
		return &engine.LoadError{Code: engine.CodeTooLarge}
	}
	if !n.memory.WriteString(uint32(at), data) {
		return errTrap
	}
	code, err := n.once("load", uint64(len(data)))
	if err != nil {
		return err
	}
	result, err := n.once("result")
	if err != nil {
		return err
	}
	n.result = uint32(result)
	if code != 0 {
		return &engine.LoadError{Code: engine.Code(code), Offset: int(n.word(0))}
	}
	return n.resize(leastRequest)
}

const (
	leastRequest = 16 << 10 // room for a context of ordinary size
	maxRequest   = 32 << 20 // the most that the module takes
)

// once calls an export that isn't called again.
func (n *instance) once(name string, args ...uint64) (int32, error) {
	f := n.module.ExportedFunction(name)
	if f == nil {
		return 0, fmt.Errorf("wasmengine: the module has no %s", name)
	}
	answer, err := f.Call(context.Background(), args...)
	if err != nil {
		return 0, fmt.Errorf("%w in %s: %w", errTrap, name, err)
	}
	return int32(answer[0]), nil
}

// call calls an export with up to two arguments, without an allocation.
func (n *instance) call(f api.Function, first, second uint32) (int32, error) {
	n.stack[0], n.stack[1] = uint64(first), uint64(second)
	if err := f.CallWithStack(context.Background(), n.stack[:]); err != nil {
		return 0, fmt.Errorf("%w: %w", errTrap, err)
	}
	return int32(n.stack[0]), nil
}

// resize makes the request buffer at least size bytes large.
func (n *instance) resize(size int) error {
	at, err := n.call(n.reserve, uint32(size), 0)
	if err != nil {
		return err
	}
	if at == 0 {
		return fmt.Errorf("%w: a request of %d bytes is too large for the module", gonfalon.ErrContext, size)
	}
	n.request, n.room = uint32(at), uint32(size)
	return nil
}

// write puts a request in place: append appends it to what it is given. It gives the request's size.
func (n *instance) write(appended func(dst []byte) []byte) (uint32, error) {
	view, ok := n.memory.Read(n.request, n.room)
	if !ok {
		return 0, errTrap
	}
	request := appended(view[:0])
	return n.place(request)
}

// place moves a request that outgrew the buffer into a larger one.
func (n *instance) place(request []byte) (uint32, error) {
	if len(request) <= int(n.room) {
		return uint32(len(request)), nil // written where it belongs
	}
	if err := n.resize(max(len(request), min(2*len(request), maxRequest))); err != nil {
		return 0, err
	}
	if !n.memory.Write(n.request, request) {
		return 0, errTrap
	}
	return uint32(len(request)), nil
}

// requestOne writes the request for one flag, and returns a view of it.
func (n *instance) requestOne(flag int32, in *engine.Input) ([]byte, error) {
	view, ok := n.memory.Read(n.request, n.room)
	if !ok {
		return nil, errTrap
	}
	request := engine.AppendRequest(view[:0], flag, in)
	if len(request) > len(view) {
		_, err := n.place(request)
		return request, err
	}
	return request, nil
}

// word is a word of the result record.
func (n *instance) word(i uint32) uint32 {
	w, _ := n.memory.ReadUint32Le(n.result + 4*i)
	return w
}

// bytes is a view of memory; empty if it is out of range.
func (n *instance) bytes(at, size uint32) []byte {
	b, _ := n.memory.Read(at, size)
	return b
}

// decide evaluates one flag.
func (n *instance) decide(flag int32, in *engine.Input, d *engine.Decision) error {
	request, err := n.requestOne(flag, in)
	if err != nil {
		return err
	}
	at := n.answer(request, in)
	if at != nil && at.recall(request, in, d) {
		return nil
	}
	packed, err := n.call(n.evaluate, uint32(len(request)), 0)
	if err != nil {
		return err
	}
	if packed < 0 {
		return fmt.Errorf("wasmengine: evaluate answered %d", packed)
	}
	var record []byte
	if packed&(hasVariant|hasTarget) != 0 {
		record = n.bytes(n.result, recordBytes)
	}
	if err := n.unpack(uint32(packed), record, in, d); err != nil || at == nil {
		return err
	}
	n.remember(at, n.bytes(n.request, uint32(len(request))), d)
	return nil
}

// Bits of a packed decision.
const (
	hasVariant  = 1 << 26
	hasTarget   = 1 << 27
	hasVariants = 1 << 28
	isFixed     = 1 << 29
	isExhausted = 1 << 30
)

// unpack reads a decision; record is needed only where there is a variant or a target.
func (n *instance) unpack(packed uint32, record []byte, in *engine.Input, d *engine.Decision) error {
	*d = engine.Decision{
		Enabled: packed&1 != 0, Reason: engine.Reason(packed >> 1 & 15), Gate: engine.Gate(packed >> 5 & 15), Score: int32(packed>>9&0x1ffff) - 1,
		Fixed: packed&isFixed != 0, Exhausted: packed&isExhausted != 0, Variants: packed&hasVariants != 0, VariantIndex: -1,
	}
	if packed&(hasVariant|hasTarget) == 0 {
		return nil
	}
	if len(record) < recordBytes {
		return errTrap
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(record[4*i:]) }
	if packed&hasVariant != 0 {
		d.VariantIndex = int32(word(1)) - 1
		v := n.variant(d.VariantIndex, word(2), word(3), word(4), word(5))
		d.Variant, d.Payload = v.name, v.payload
	}
	if packed&hasTarget != 0 {
		d.Target = n.target(d.Gate, in, word(6), word(7))
	}
	return nil
}

// variant keeps the strings of variants: the module says that an index stays the same variant.
func (n *instance) variant(i int32, name, nameSize, payload, payloadSize uint32) variant {
	if i < 0 || i >= engine.MaxItems {
		return variant{}
	}
	if int(i) >= len(n.variants) {
		n.variants = append(n.variants, make([]variant, int(i)+1-len(n.variants))...)
	}
	v := &n.variants[i]
	if v.name == "" {
		*v = variant{string(n.bytes(name, nameSize)), string(n.bytes(payload, payloadSize))}
	}
	return *v
}

// target is a gate's target, as a string that is there already if possible.
func (n *instance) target(gate engine.Gate, in *engine.Input, at, size uint32) string {
	view := n.bytes(at, size)
	switch gate {
	case engine.GateActor:
		if string(view) == in.Actor {
			return in.Actor
		}
	case engine.GateGroup:
		for _, group := range in.Groups {
			if string(view) == group {
				return group
			}
		}
	}
	if known, ok := n.names[string(view)]; ok {
		return known
	}
	name := strings.Clone(string(view))
	if len(n.names) < engine.MaxSegments {
		n.names[name] = name
	}
	return name
}
