package build

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/emit"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/subset"
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

// initPages is the memory that the initialisers may use: 64 MiB.
const initPages = 1 << 10

// runInits runs the package initialisers, unoptimised, and takes what they left.
func runInits(ctx context.Context, prog *load.Program, p *lower.Program, memory *lower.Memory) (image, error) {
	if memory.Top() > initPages*pageSize {
		return image{}, fmt.Errorf("the package variables take %d bytes, there are %d: make them smaller, or let the caller give the memory", memory.Top(), initPages*pageSize)
	}
	run, heapEnd, place, steps := p.Init()
	if err := checkStack([]*ir.Func{run}); err != nil {
		return image{}, err
	}
	code, err := emit.Functions(p.Funcs, emit.Options{StackTop: lower.StackSize, StackGlobal: lower.GlobalStack})
	if err != nil {
		return image{}, err
	}
	m := &wasm.Module{Funcs: code, Names: true}
	memory.Strings(func(addr int, s string) {
		m.Segments = append(m.Segments, wasm.Segment{Offset: addr, Data: []byte(s)})
	})
	image{heap: memory.Top()}.setMemory(m, true)
	m.MaxPages = initPages
	m.Globals = append(m.Globals, 0, lower.MaxSteps)
	for _, f := range []*ir.Func{run, heapEnd, place, steps} {
		m.Exports = append(m.Exports, wasm.Export{Name: f.Name, Index: slices.Index(p.Funcs, f)})
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	inst, err := r.Instantiate(ctx, m.Encode())
	if err != nil {
		return image{}, internal(fmt.Errorf("the initialisers make no valid module: %w", err))
	}
	get := func(f *ir.Func) (int32, error) {
		out, err := inst.ExportedFunction(f.Name).Call(ctx)
		if err != nil {
			return 0, err
		}
		return int32(out[0]), nil
	}
	if _, trap := inst.ExportedFunction(run.Name).Call(ctx); trap != nil {
		at, err := get(place)
		left, err2 := get(steps)
		if err := errors.Join(err, err2); err != nil {
			return image{}, err
		}
		return image{}, stopped(prog.Position(p.Place(at)), left < 0)
	}
	heap, err := get(heapEnd)
	if err != nil {
		return image{}, err
	}
	heap = (heap + 15) &^ 15
	bytes, ok := inst.Memory().Read(0, inst.Memory().Size())
	if !ok {
		return image{}, fmt.Errorf("cannot read the initialised memory")
	}
	return image{int(heap), segments(bytes[lower.StackSize:min(int(heap), len(bytes))], lower.StackSize)}, nil
}

// stopped refuses an initialiser that doesn't come to its end.
func stopped(at token.Position, tooLong bool) error {
	if tooLong {
		return subset.Refusal{Pos: at, What: fmt.Sprintf("an initialiser that takes more than %d steps", lower.MaxSteps),
			Do: "compute less at the start, or write the result into the source"}
	}
	return subset.Refusal{Pos: at, What: "an initialiser that traps (a panic, a nil pointer, an index out of range, too little memory or stack)",
		Do: "mend it; it runs while the module is built, and natively at the start"}
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
