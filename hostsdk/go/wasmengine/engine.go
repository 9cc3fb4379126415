package wasmengine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/wasm"
	"github.com/tetratelabs/wazero"
)

// Config says how an engine runs the module. Its zero value is fine.
type Config struct {
	// Cache is a directory for compiled code, which makes the next start of the process faster. Empty is none.
	Cache string
	// Instances is the greatest number of instances of a snapshot, and so of decisions at once; more wait. 0 is the
	// number of processors.
	Instances int
	// Interpreter runs the module without compiling it.
	Interpreter bool
}

// Engine runs the module. It may serve many clients.
type Engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	most     int

	mu     sync.Mutex
	closed bool
	live   map[*pool]struct{}
	ended  sync.WaitGroup // of instances

	traps, instances, loads atomic.Int64
}

var _ gonfalon.Engine = (*Engine)(nil)

// Stats are the figures of an engine.
type Stats struct {
	Traps     int64 // instances thrown away
	Instances int64 // alive now
	Snapshots int64 // alive now
	Loads     int64 // instances built
}

// caches are the compiled modules of this process, by directory.
var caches struct {
	sync.Mutex
	of map[string]wazero.CompilationCache
}

func cacheOf(dir string) (wazero.CompilationCache, error) {
	caches.Lock()
	defer caches.Unlock()
	if c, ok := caches.of[dir]; ok {
		return c, nil
	}
	c := wazero.NewCompilationCache()
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		var err error
		if c, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
			return nil, err
		}
	}
	if caches.of == nil {
		caches.of = map[string]wazero.CompilationCache{}
	}
	caches.of[dir] = c
	return c, nil
}

// New compiles the module, or takes what this process or the cache has compiled.
func New(ctx context.Context, config Config) (*Engine, error) {
	return newEngine(ctx, config, wasm.Module())
}

func newEngine(ctx context.Context, config Config, module []byte) (*Engine, error) {
	cache, err := cacheOf(config.Cache)
	if err != nil {
		return nil, fmt.Errorf("wasmengine: Cache: %w", err)
	}
	how := wazero.NewRuntimeConfig()
	if config.Interpreter {
		how = wazero.NewRuntimeConfigInterpreter()
	}
	e := &Engine{most: config.Instances, live: map[*pool]struct{}{}}
	if e.most <= 0 {
		e.most = runtime.GOMAXPROCS(0)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, how.WithCompilationCache(cache))
	if e.compiled, err = e.runtime.CompileModule(ctx, module); err != nil {
		return nil, errors.Join(fmt.Errorf("wasmengine: compiling the module: %w", err), e.runtime.Close(ctx))
	}
	if imports := e.compiled.ImportedFunctions(); len(imports) > 0 {
		return nil, errors.Join(fmt.Errorf("wasmengine: the module imports %d functions, and must import none", len(imports)), e.runtime.Close(ctx))
	}
	return e, nil
}

// ErrClosed is the error of a call on a closed engine.
var ErrClosed = errors.New("wasmengine: the engine is closed")

// Load returns a snapshot, with one instance of the module that holds data.
func (e *Engine) Load(data []byte) (gonfalon.Snapshot, error) {
	s := &pool{engine: e, data: string(data), slots: make([]slot, e.most), freed: make(chan struct{}, 1)}
	first, err := e.build(s.data)
	if err != nil {
		return nil, err
	}
	if err := s.describe(first); err != nil {
		e.drop(first)
		return nil, err
	}
	s.slots[0].instance = first
	s.built.Store(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		e.drop(first)
		return nil, ErrClosed
	}
	e.live[s] = struct{}{}
	return s, nil
}

// Close retires every snapshot, waits for the calls that have begun, and frees the module. Close the clients first:
// later decisions are their callers' defaults.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	live := make([]*pool, 0, len(e.live))
	for s := range e.live {
		live = append(live, s)
	}
	e.mu.Unlock()
	for _, s := range live {
		s.Retire()
	}
	e.ended.Wait()
	return e.runtime.Close(context.Background())
}

// Stats returns the engine's figures.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Stats{Traps: e.traps.Load(), Instances: e.instances.Load(), Snapshots: int64(len(e.live)), Loads: e.loads.Load()}
}

func (e *Engine) forget(s *pool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.live, s)
}
