package differential

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// Module answers with a WebAssembly module in wazero, a new instance for each
// round.
type Module struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	mod      api.Module
	result   uint32
	request  uint32
	room     int
}

// NewModule compiles a module. The standard toolchain's gets WASI.
func NewModule(ctx context.Context, bin []byte, interpreter bool) (*Module, error) {
	cfg := wazero.NewRuntimeConfig()
	if interpreter {
		cfg = wazero.NewRuntimeConfigInterpreter()
	}
	r := wazero.NewRuntimeWithConfig(ctx, cfg)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, err
	}
	compiled, err := r.CompileModule(ctx, bin)
	if err != nil {
		return nil, err
	}
	return &Module{runtime: r, compiled: compiled}, nil
}

// Close frees the module.
func (m *Module) Close(ctx context.Context) error { return m.runtime.Close(ctx) }

// Run answers a round.
func (m *Module) Run(r *Round) ([]Answer, error) {
	ctx := context.Background()
	mod, err := m.runtime.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	if err != nil {
		return nil, err
	}
	defer mod.Close(ctx)
	m.mod, m.request, m.room = mod, 0, 0
	at, err := m.call("snapshot", uint64(len(r.Snapshot)))
	if err != nil {
		return nil, err
	}
	if at == 0 || !mod.Memory().Write(uint32(at), r.Snapshot) {
		return nil, fmt.Errorf("no room for a snapshot of %d bytes", len(r.Snapshot))
	}
	code, err := m.call("load", uint64(len(r.Snapshot)))
	if err != nil {
		return nil, err
	}
	result, err := m.call("result")
	if err != nil {
		return nil, err
	}
	m.result = uint32(result)
	words, err := m.words(m.result)
	if err != nil {
		return nil, err
	}
	answers := []Answer{{code, uint64(words[0])}}
	if code != 0 {
		return answers, nil
	}
	answers[0].Digest = 0
	for i := range r.Calls {
		a, err := m.answer(&r.Calls[i])
		if err != nil {
			return nil, fmt.Errorf("call %d, %s: %w", i, r.Calls[i].Export, err)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func (m *Module) call(name string, args ...uint64) (int32, error) {
	out, err := m.mod.ExportedFunction(name).Call(context.Background(), args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return int32(uint32(out[0])), nil
}

func (m *Module) read(at, n uint32) ([]byte, error) {
	b, ok := m.mod.Memory().Read(at, n)
	if !ok {
		return nil, fmt.Errorf("%d bytes at %d lie outside the memory", n, at)
	}
	return b, nil
}

func (m *Module) words(at uint32) (w [8]uint32, err error) {
	b, err := m.read(at, 32)
	if err != nil {
		return w, err
	}
	for i := range w {
		w[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return w, nil
}

func (m *Module) answer(c *Call) (a Answer, err error) {
	if m.request == 0 || len(c.Data) > m.room {
		at, err := m.call("request", uint64(len(c.Data)))
		if err != nil {
			return a, err
		}
		m.request, m.room = uint32(at), len(c.Data)
	}
	if !m.mod.Memory().Write(m.request, c.Data) {
		return a, fmt.Errorf("no room for a request of %d bytes", len(c.Data))
	}
	args := []uint64{uint64(len(c.Data))}
	if c.Export == Batch {
		args = append(args, uint64(c.First))
	}
	if a.Code, err = m.call(c.Export.String(), args...); err != nil || a.Code < 0 {
		return a, err
	}
	words, err := m.words(m.result)
	if err != nil {
		return a, err
	}
	switch c.Export {
	case Evaluate:
		a.Digest, err = m.record(m.result)
	case Batch:
		for i := range uint32(a.Code) {
			d, err := m.record(words[0] + 32*i)
			if err != nil {
				return a, err
			}
			a.Digest = a.Digest*31 + d
		}
	case Splice:
		if a.Code != 0 {
			a.Digest = uint64(words[0])
			return a, nil
		}
		var b []byte
		b, err = m.read(words[0], words[1])
		a.Digest = digest(b)
	default:
		var b []byte
		b, err = m.read(words[0], uint32(a.Code))
		a.Digest = digest(b)
	}
	return a, err
}

// record digests a decision with its strings.
func (m *Module) record(at uint32) (uint64, error) {
	w, err := m.words(at)
	if err != nil {
		return 0, err
	}
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], w[0])
	binary.LittleEndian.PutUint32(head[4:], w[1])
	parts := [][]byte{head[:]}
	for i := 2; i < 8; i += 2 {
		b, err := m.read(w[i], w[i+1])
		if err != nil {
			return 0, err
		}
		parts = append(parts, b)
	}
	return digest(parts...), nil
}
