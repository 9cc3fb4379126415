package build

import (
	"context"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/emit"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
	"github.com/tetratelabs/wazero"
)

// image is the memory that an instance starts with.
type image struct {
	heap     int // where the heap begins
	segments []wasm.Segment
}

// pageSize is WebAssembly's.
const pageSize = 1 << 16

// setMemory gives m its memory and globals.
func (i image) setMemory(m *wasm.Module, claims bool) {
	m.Pages, m.MaxPages = i.heap/pageSize+1, MaxPages
	m.Globals = make([]int32, 4)
	if claims {
		m.Globals = append(m.Globals, 0) // GlobalClaim
	}
	m.Globals[lower.GlobalStack] = lower.StackSize
	m.Globals[lower.GlobalHeap] = int32(i.heap)
	m.Globals[lower.GlobalKeep] = int32(i.heap)
	m.Globals[lower.GlobalHigh] = int32(i.heap)
}

// runInits runs the package initialisers, unoptimised, and takes what they left.
func runInits(ctx context.Context, p *lower.Program, memory *lower.Memory) (image, error) {
	run, heapEnd := p.Init()
	code, err := emit.Functions(p.Funcs, emit.Options{StackTop: lower.StackSize, StackGlobal: lower.GlobalStack})
	if err != nil {
		return image{}, err
	}
	m := &wasm.Module{Funcs: code, Names: true}
	memory.Strings(func(addr int, s string) {
		m.Segments = append(m.Segments, wasm.Segment{Offset: addr, Data: []byte(s)})
	})
	image{heap: memory.Top()}.setMemory(m, false)
	for i, f := range p.Funcs {
		if f == run {
			m.Exports = append(m.Exports, wasm.Export{Name: "run", Index: i})
		}
		if f == heapEnd {
			m.Exports = append(m.Exports, wasm.Export{Name: "heap", Index: i})
		}
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	inst, err := r.Instantiate(ctx, m.Encode())
	if err != nil {
		return image{}, fmt.Errorf("the initialisers make no valid module: %w", err)
	}
	if _, err := inst.ExportedFunction("run").Call(ctx); err != nil {
		return image{}, fmt.Errorf("a package initialiser failed at build time: %w", err)
	}
	end, err := inst.ExportedFunction("heap").Call(ctx)
	if err != nil {
		return image{}, err
	}
	heap := (int(end[0]) + 15) &^ 15
	bytes, ok := inst.Memory().Read(0, inst.Memory().Size())
	if !ok {
		return image{}, fmt.Errorf("cannot read the initialised memory")
	}
	return image{heap, segments(bytes[lower.StackSize:min(heap, len(bytes))], lower.StackSize)}, nil
}

// segments finds the runs of bytes that are not zero. A shorter gap than a new
// segment costs is part of the run.
func segments(b []byte, base int) (out []wasm.Segment) {
	const gap = 12
	for i := 0; i < len(b); {
		if b[i] == 0 {
			i++
			continue
		}
		last := i
		for j := i; j < len(b) && j-last <= gap; j++ {
			if b[j] != 0 {
				last = j
			}
		}
		out = append(out, wasm.Segment{Offset: base + i, Data: append([]byte(nil), b[i:last+1]...)})
		i = last + 1
	}
	return out
}
