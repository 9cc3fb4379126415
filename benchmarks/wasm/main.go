// Command wasm times the module in wazero against the native engine. Both read the same request bytes, so the
// comparison is about the engine and not about how a host makes its requests.
//
//	go run ./benchmarks/wasm [-o benchmarks/results/latest.jsonl] [-module FILE]
//
// On a processor with SHA instructions the native engine uses them and hashes three times as fast; the module can't.
// The limits of W3, W4, W5 and the batch are for a processor without these instructions. GODEBUG=cpu.sha=off hides
// them.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"os"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

// These are the ratios that the module must keep.
var limits = [workload.Kinds]float64{4, 4, 2.5, 3, 2.5}

const (
	limitBatch = 2.5
	limitLoad  = 3
	limitEmpty = 1.5
)

func main() {
	out := flag.String("o", "benchmarks/results/latest.jsonl", "append one JSON line a case to this file")
	module := flag.String("module", "", "time this module instead of the embedded one")
	flag.Parse()
	code := wasm.Module()
	if *module != "" {
		var err error
		if code, err = os.ReadFile(*module); err != nil {
			log.Fatal(err)
		}
	}
	if err := run(*out, code); err != nil {
		log.Fatal(err)
	}
}

func run(out string, code []byte) error {
	report, err := measure.Open(os.Stdout, out)
	if err != nil {
		return err
	}
	defer report.Close()
	ctx := context.Background()
	var zipped bytes.Buffer
	z, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	z.Write(code)
	z.Close()
	fmt.Printf("module: %d bytes, %d gzipped (at most 65,536 and 28,672)\n", len(code), zipped.Len())
	if err := starting(ctx, code); err != nil {
		return err
	}
	b, err := newBench(ctx, code)
	if err != nil {
		return err
	}
	defer b.runtime.Close(ctx)
	if err := b.empty(report); err != nil {
		return err
	}
	for kind := range workload.Kinds {
		if _, err := report.Add(b.single(kind)); err != nil {
			return err
		}
	}
	if _, err := report.Add(b.batch()); err != nil {
		return err
	}
	return loading(ctx, report, code)
}

// starting times compiling the module, and making an instance of it. The quickest of ten counts.
func starting(ctx context.Context, code []byte) error {
	compile, instance := time.Hour, time.Hour
	for range 10 {
		start := time.Now()
		runtime := wazero.NewRuntime(ctx)
		compiled, err := runtime.CompileModule(ctx, code)
		if err != nil {
			return err
		}
		if _, err := runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("")); err != nil {
			return err
		}
		compile = min(compile, time.Since(start))
		start = time.Now()
		if _, err := runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("")); err != nil {
			return err
		}
		instance = min(instance, time.Since(start))
		if err := runtime.Close(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("compile and instantiate: %.1f ms (at most 30) · another instance: %.3f ms (at most 0.1)\n", compile.Seconds()*1e3, instance.Seconds()*1e3)
	return nil
}

type instance struct {
	mod                     api.Module
	memory                  api.Memory
	evaluate, batch, result api.Function
	at                      uint32 // where the request buffer is
	stack                   [4]uint64
}

func (x *instance) call(f api.Function, args ...uint64) (int32, error) {
	copy(x.stack[:], args)
	if err := f.CallWithStack(context.Background(), x.stack[:]); err != nil {
		return 0, err
	}
	return int32(uint32(x.stack[0])), nil
}

func newInstance(ctx context.Context, runtime wazero.Runtime, compiled wazero.CompiledModule, data []byte) (*instance, error) {
	mod, err := runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, err
	}
	x := &instance{mod: mod, memory: mod.Memory(), evaluate: mod.ExportedFunction("evaluate"), batch: mod.ExportedFunction("evaluate_batch"), result: mod.ExportedFunction("result")}
	at, err := x.call(mod.ExportedFunction("snapshot"), uint64(len(data)))
	if err != nil {
		return nil, err
	}
	if !x.memory.Write(uint32(at), data) {
		return nil, fmt.Errorf("no room for %d bytes", len(data))
	}
	status, err := x.call(mod.ExportedFunction("load"), uint64(len(data)))
	if err != nil || status != 0 {
		return nil, fmt.Errorf("load: %v, %w", engine.Code(status), err)
	}
	at, err = x.call(mod.ExportedFunction("request"), 64<<10)
	x.at = uint32(at)
	return x, err
}

type bench struct {
	runtime  wazero.Runtime
	native   *engine.Snapshot
	module   *instance
	requests [workload.Kinds][workload.Actors][]byte
	keys     [workload.Kinds][workload.Actors]string
}

func newBench(ctx context.Context, code []byte) (*bench, error) {
	const flags = 1000
	data, err := workload.Compile(workload.Set(flags, workload.Listed))
	if err != nil {
		return nil, err
	}
	b := &bench{runtime: wazero.NewRuntime(ctx)}
	if b.native, err = engine.Load(data); err != nil {
		return nil, err
	}
	compiled, err := b.runtime.CompileModule(ctx, code)
	if err != nil {
		return nil, err
	}
	if b.module, err = newInstance(ctx, b.runtime, compiled, data); err != nil {
		return nil, err
	}
	for kind := range workload.Kinds {
		for i := range b.requests[kind] {
			b.keys[kind][i] = workload.Key(kind, i*(flags/workload.Kinds)/workload.Actors)
			if b.requests[kind][i], err = workload.Request(b.keys[kind][i], i).Append(nil); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

var sink uint32

// empty compares abi(), which does nothing but return, with the smallest possible module.
func (b *bench) empty(report *measure.Report) error {
	ctx := context.Background()
	least, err := b.runtime.Instantiate(ctx, []byte{0, 'a', 's', 'm', 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 'f', 0, 0, 10, 6, 1, 4, 0, 0x41, 1, 0x0b})
	if err != nil {
		return err
	}
	loop := func(f api.Function) func(int) {
		return func(n int) {
			for range n {
				v, _ := b.module.call(f)
				sink += uint32(v)
			}
		}
	}
	_, err = report.Add(measure.Case{Name: "wazero, a call that only answers", Limit: limitEmpty,
		Subject: loop(b.module.mod.ExportedFunction("abi")), Reference: loop(least.ExportedFunction("f")),
		Check: func() (int, error) { return 1, nil }})
	return err
}

func (b *bench) decide(r []byte) uint32 {
	b.module.memory.Write(b.module.at, r)
	v, err := b.module.call(b.module.evaluate, uint64(len(r)))
	if err != nil {
		panic(err) // a trap; the answers were checked before
	}
	return uint32(v)
}

func (b *bench) single(kind int) measure.Case {
	requests := &b.requests[kind]
	var request engine.Request
	var d engine.Decision
	return measure.Case{
		Name: "wazero " + workload.Names[kind], Limit: limits[kind],
		Subject: func(n int) {
			for i := range n {
				sink += b.decide(requests[i%workload.Actors])
			}
		},
		Reference: func(n int) {
			for i := range n {
				r := requests[i%workload.Actors]
				request.Parse(view(r))
				b.native.Evaluate(request.Flag, &request.Input, nil, &d)
				sink += d.Pack()
			}
		},
		Check: func() (int, error) {
			for i, r := range requests {
				packed := b.decide(r)
				request.Parse(view(r))
				b.native.Evaluate(request.Flag, &request.Input, nil, &d)
				if packed != d.Pack() {
					return i, fmt.Errorf("request %d: the module gives %#x, native %#x", i, packed, d.Pack())
				}
				enabled, variant := workload.Want(kind, b.keys[kind][i], workload.User(i*3), workload.Listed)
				if d.Enabled != enabled || d.Variant != variant {
					return i, fmt.Errorf("request %d: %v %q, want %v %q", i, d.Enabled, d.Variant, enabled, variant)
				}
			}
			return len(requests), nil
		},
	}
}

// batch decides 100 flags, 20 of each kind, for one actor in one call.
func (b *bench) batch() measure.Case {
	const flags = 100
	r := workload.Request("", 5)
	r.Flags, r.Batch = nil, true
	for kind := range workload.Kinds {
		r.Flags = append(r.Flags, b.keys[kind][:flags/workload.Kinds]...)
	}
	request, err := r.Append(nil)
	if err != nil {
		panic(err)
	}
	var parsed engine.Request
	out := make([]engine.Decision, flags)
	crossing := func() int32 {
		b.module.memory.Write(b.module.at, request)
		n, err := b.module.call(b.module.batch, uint64(len(request)), 0)
		if err != nil {
			panic(err)
		}
		return n
	}
	return measure.Case{
		Name: "wazero batch of 100", Limit: limitBatch,
		Subject: func(n int) {
			for range n {
				sink += uint32(crossing())
			}
		},
		Reference: func(n int) {
			for range n {
				parsed.Parse(view(request))
				parsed.Batch(b.native, 0, nil, out)
			}
		},
		Check: func() (int, error) {
			if n := crossing(); n != flags {
				return 0, fmt.Errorf("%d decisions", n)
			}
			parsed.Parse(view(request))
			parsed.Batch(b.native, 0, nil, out)
			at, err := b.module.call(b.module.result)
			if err != nil {
				return 0, err
			}
			records, _ := b.module.memory.ReadUint32Le(uint32(at))
			for i := range out {
				record, _ := b.module.memory.Read(records+uint32(i)*32, 4)
				if packed := binary.LittleEndian.Uint32(record); packed != out[i].Pack() {
					return i, fmt.Errorf("flag %d: the module gives %#x, native %#x", i, packed, out[i].Pack())
				}
			}
			return flags, nil
		},
	}
}

// loading times loading 10,000 flags into a new instance each time.
func loading(ctx context.Context, report *measure.Report, code []byte) error {
	data, err := workload.Compile(workload.Set(10_000, 20))
	if err != nil {
		return err
	}
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	compiled, err := runtime.CompileModule(ctx, code)
	if err != nil {
		return err
	}
	_, err = report.Add(measure.Case{
		Name: fmt.Sprintf("wazero load, 10,000 flags, %.1f MB", float64(len(data))/1e6), Limit: limitLoad,
		Subject: func(n int) {
			for range n {
				x, err := newInstance(ctx, runtime, compiled, data)
				if err != nil {
					panic(err)
				}
				x.mod.Close(ctx)
			}
		},
		Reference: func(n int) {
			for range n {
				if _, err := engine.Load(data); err != nil {
					panic(err)
				}
			}
		},
		Check: func() (int, error) {
			x, err := newInstance(ctx, runtime, compiled, data)
			if err != nil {
				return 0, err
			}
			defer x.mod.Close(ctx)
			r, err := workload.Request(workload.Key(0, 1999), 1).Append(nil)
			if err != nil {
				return 0, err
			}
			x.memory.Write(x.at, r)
			packed, err := x.call(x.evaluate, uint64(len(r)))
			if err != nil || packed&1 != 1 {
				return 0, fmt.Errorf("the last boolean flag: %#x, %w", packed, err)
			}
			return 1, nil
		},
	})
	return err
}

// view returns bytes as a string, in place, the way the module reads them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
