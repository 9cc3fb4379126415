package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/conformance"
)

// module asks an engine module through its ABI (wasm/ABI.md), nothing else: so that what answers is the module alone.
type module struct {
	ctx      context.Context // of the run that it serves
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	instance api.Module // holds snapshot
	snapshot []byte
}

func openModule(ctx context.Context, binary []byte) (*module, error) {
	m := &module{ctx: ctx, runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true))}
	var err error
	if m.compiled, err = m.runtime.CompileModule(ctx, binary); err != nil {
		return nil, errors.Join(fmt.Errorf("the module: %w", err), m.Close())
	}
	if n := len(m.compiled.ImportedFunctions()) + len(m.compiled.ImportedMemories()); n > 0 {
		return nil, errors.Join(fmt.Errorf("the module imports %s: an engine module has no imports", count(n, "thing")), m.Close())
	}
	return m, nil
}

func (m *module) Close() error { return m.runtime.Close(m.ctx) }

// decide answers a request in an instance of its own for each snapshot.
func (m *module) decide(snapshot, request []byte) (conformance.Answer, error) {
	var a conformance.Answer
	if m.instance == nil || !bytes.Equal(snapshot, m.snapshot) {
		if err := m.load(snapshot); err != nil {
			return a, err
		}
	}
	if err := m.write("request", request); err != nil {
		return a, err
	}
	packed, err := m.call("evaluate", uint64(len(request)))
	if err != nil {
		return a, err
	}
	if packed < 0 {
		return a, fmt.Errorf("evaluate answers %d", packed)
	}
	a.Enabled = packed&1 != 0
	a.Score16 = packed>>9&0x1ffff - 1
	if packed>>26&1 == 0 {
		return a, nil
	}
	at, err := m.word(2)
	if err != nil {
		return a, err
	}
	length, err := m.word(3)
	if err != nil {
		return a, err
	}
	name, ok := m.instance.Memory().Read(at, length)
	if !ok {
		return a, errors.New("the variant's name lies outside the memory")
	}
	variant := string(name)
	a.Variant = &variant
	return a, nil
}

func (m *module) load(snapshot []byte) error {
	if m.instance != nil {
		if err := m.instance.Close(m.ctx); err != nil {
			return err
		}
	}
	var err error
	if m.instance, err = m.runtime.InstantiateModule(m.ctx, m.compiled, wazero.NewModuleConfig().WithName("")); err != nil {
		return err
	}
	m.snapshot = snapshot
	if err := m.write("snapshot", snapshot); err != nil {
		return err
	}
	code, err := m.call("load", uint64(len(snapshot)))
	if err == nil && code != 0 {
		at, _ := m.word(0)
		err = &engine.LoadError{Code: engine.Code(code), Offset: int(at)}
	}
	return err
}

// write puts bytes where the export of that name reserves room for them.
func (m *module) write(reserve string, data []byte) error {
	at, err := m.call(reserve, uint64(len(data)))
	if err != nil {
		return err
	}
	if at == 0 || !m.instance.Memory().Write(uint32(at), data) {
		return fmt.Errorf("%s has no room for %s", reserve, count(len(data), "byte"))
	}
	return nil
}

// word reads word i of the result.
func (m *module) word(i uint32) (uint32, error) {
	at, err := m.call("result")
	if err != nil {
		return 0, err
	}
	v, ok := m.instance.Memory().ReadUint32Le(uint32(at) + 4*i)
	if !ok {
		return 0, errors.New("the result lies outside the memory")
	}
	return v, nil
}

func (m *module) call(export string, args ...uint64) (int32, error) {
	f := m.instance.ExportedFunction(export)
	if f == nil {
		return 0, fmt.Errorf("the module has no export %q", export)
	}
	results, err := f.Call(m.ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", export, err)
	}
	if len(results) != 1 {
		return 0, fmt.Errorf("%s answers %d values", export, len(results))
	}
	return api.DecodeI32(results[0]), nil
}
