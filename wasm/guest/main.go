//go:build wasm || gonfalon_module

// Command guest is the outside of the module. It hands bytes to package engine and lays out the answers as ../ABI.md
// says. It decides nothing itself.
package main

import (
	"unsafe"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/wasm/arena"
)

// version is the ABI's version.
const version = 1

// These are the errors below zero, and the sizes of the guest's buffers.
const (
	errRequest     = -1
	errTooLarge    = -2
	errNotLoaded   = -3
	errOutOfRange  = -4
	leastRequest   = 64 << 10 // of the request buffer: what a host needs before it has loaded, and until a large delta comes
	leastOutput    = 64 << 10
	recordWords    = 8
	batchDecisions = 1024
)

var (
	snapshot engine.Snapshot
	loaded   bool
	bytes    []byte // the snapshot's bytes

	request engine.Request
	input   []byte  // the request buffer
	base    uintptr // the arena's top after the first request buffer, before a snapshot
	settled uintptr // the arena's top after the snapshot's bytes and, once it is loaded, its tables
	top     uintptr // the arena's top after the request buffer
	started bool

	scratch     engine.Scratch
	explanation engine.ExplanationBuffer
	decisions   [batchDecisions]engine.Decision
	records     [batchDecisions * recordWords]uint32
	answer      [recordWords + 1]uint32
)

func main() {}

//go:wasmexport abi
func abi() int32 { return version }

//go:wasmexport result
func result() uint32 { return uint32(uintptr(unsafe.Pointer(&answer))) }

// reserve allocates the first request buffer at the first call, and marks the arena's base. It lies below everything
// that comes and goes, so its address stays good whatever order a host makes its calls in.
func reserve() {
	if !started {
		started = true
		input = make([]byte, leastRequest)
		base = arena.Mark()
		settled, top = base, base
	}
}

//go:wasmexport snapshot
func reserveSnapshot(size uint32) uint32 {
	reserve()
	if loaded || size > engine.MaxSnapshotBytes {
		return 0
	}
	arena.Reset(base)
	settled, top = base, base
	bytes = make([]byte, max(size, 1))
	settled = arena.Mark()
	top = settled
	return address(bytes)
}

//go:wasmexport load
func load(size uint32) int32 {
	reserve()
	if loaded || size > uint32(len(bytes)) {
		return int32(engine.CodeTooLarge)
	}
	arena.Reset(settled)
	snapshot = engine.Snapshot{}
	code, at := snapshot.Load(unsafe.String(unsafe.SliceData(bytes), size))
	loaded = code == engine.CodeOK
	answer[0] = uint32(at)
	if loaded {
		settled = arena.Mark()
		top = settled
	}
	return int32(code)
}

//go:wasmexport request
func reserveRequest(size uint32) uint32 {
	reserve()
	if size > engine.MaxSnapshotBytes || !loaded && size > leastRequest {
		return 0
	}
	if size > uint32(len(input)) {
		arena.Reset(settled)
		input = make([]byte, size)
		top = arena.Mark()
	}
	return address(input)
}

//go:wasmexport info
func info() int32 {
	if !loaded {
		return errNotLoaded
	}
	put(0, snapshot.Environment())
	answer[2] = uint32(uintptr(unsafe.Pointer(unsafe.StringData(snapshot.ID()))))
	answer[3] = uint32(uintptr(unsafe.Pointer(unsafe.StringData(snapshot.Lineage()))))
	revision := uint64(snapshot.Revision())
	answer[4], answer[5] = uint32(revision), uint32(revision>>32)
	answer[6], answer[7] = uint32(snapshot.Len()), uint32(snapshot.Segments())
	unreadable, _, _ := snapshot.Unreadable()
	answer[8] = uint32(unreadable)
	return 0
}

//go:wasmexport flag_key
func flagKey(index uint32) int32 {
	if !loaded {
		return errNotLoaded
	}
	if index >= uint32(snapshot.Len()) {
		return errOutOfRange
	}
	put(0, snapshot.Key(int32(index)))
	answer[2] = 0
	if !snapshot.Readable(int32(index)) {
		answer[2] = 1
	}
	return 0
}

//go:wasmexport evaluate
func evaluate(size uint32) int32 {
	if code := parse(size, false); code != 0 {
		return code
	}
	d := &decisions[0]
	request.Evaluate(&snapshot, &scratch, d)
	write(answer[:], d)
	return int32(answer[0])
}

//go:wasmexport evaluate_batch
func evaluateBatch(size, first uint32) int32 {
	if code := parse(size, true); code != 0 {
		return code
	}
	if first > engine.MaxFlags {
		return errOutOfRange
	}
	n := request.Batch(&snapshot, int32(first), &scratch, decisions[:])
	for i := int32(0); i < n; i++ {
		write(records[i*recordWords:], &decisions[i])
	}
	answer[0] = uint32(uintptr(unsafe.Pointer(&records)))
	return n
}

//go:wasmexport explain
func explain(size uint32) int32 {
	if code := parse(size, false); code != 0 {
		return code
	}
	for room := leastOutput; room <= engine.MaxSnapshotBytes; room *= 2 {
		arena.Reset(top)
		out := make([]byte, room)
		if n := explanation.Write(&snapshot, &request, &scratch, &decisions[0], out); n >= 0 {
			answer[0] = address(out)
			return n
		}
	}
	return errTooLarge
}

//go:wasmexport needs
func needs(size uint32) int32 {
	if code := parse(size, false); code != 0 {
		return code
	}
	arena.Reset(top)
	n := int32(0)
	if i := request.Number(&snapshot); i >= 0 {
		n = snapshot.Groups(i, &scratch, nil)
	}
	names := make([]string, n)
	named := arena.Mark()
	for room := leastOutput; room <= engine.MaxSnapshotBytes; room *= 2 {
		arena.Reset(named)
		out := make([]byte, room)
		if n := request.WriteNeeds(&snapshot, &scratch, names, out); n >= 0 {
			answer[0] = address(out)
			return n
		}
	}
	return errTooLarge
}

//go:wasmexport splice
func splice(size uint32) int32 {
	if !loaded {
		return errNotLoaded
	}
	if size > uint32(len(input)) {
		return errRequest
	}
	arena.Reset(top)
	delta := unsafe.String(unsafe.SliceData(input), size)
	out := make([]byte, snapshot.SpliceSize(delta))
	n, code, at := snapshot.Splice(delta, out)
	if code != engine.CodeOK {
		answer[0] = uint32(at)
		return int32(code)
	}
	answer[0], answer[1] = address(out), uint32(n)
	return 0
}

// parse reads a request for one flag, or for a batch, from the request buffer. It returns 0, or an error.
func parse(size uint32, batch bool) int32 {
	if !loaded {
		return errNotLoaded
	}
	if size > uint32(len(input)) || !request.Parse(unsafe.String(unsafe.SliceData(input), size)) || request.One() == batch {
		return errRequest
	}
	return 0
}

// write writes one result record.
func write(w []uint32, d *engine.Decision) {
	w = w[:recordWords]
	w[0] = d.Pack()
	w[1] = uint32(d.VariantIndex + 1)
	w[2], w[3] = place(d.Variant)
	w[4], w[5] = place(d.Payload)
	w[6], w[7] = place(d.Target)
}

func put(word int32, s string) { answer[word], answer[word+1] = place(s) }

func place(s string) (uint32, uint32) {
	if s == "" {
		return 0, 0
	}
	return uint32(uintptr(unsafe.Pointer(unsafe.StringData(s)))), uint32(len(s))
}

func address(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
