package manifest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/manifest"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

func module() []byte {
	m := &wasm.Module{
		Funcs:   []wasm.Func{{Sig: wasm.Signature{Params: []byte{0x7f, 0x7e}, Results: []byte{0x7f}}, Code: wasm.Code{0x20, 0, 0xc0}}},
		Exports: []wasm.Export{{Name: "f"}}, Pages: 1, MaxPages: 10, Globals: []int32{0},
	}
	return m.Encode()
}

func promise() *manifest.Manifest {
	return &manifest.Manifest{
		ABI: 1, Memory: manifest.Memory{Export: "memory", MaxPages: 10}, Features: []string{"mutable-global", "sign-extension"},
		Exports: []manifest.Export{{Name: "f", Params: []string{"i32", "i64"}, Results: []string{"i32"}, Allocates: build.None}},
		Budget:  manifest.Size{Raw: 1000, Gzip: 1000},
	}
}

func TestCheck(t *testing.T) {
	if err := promise().Check(t.Context(), module()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(m *manifest.Manifest)
		want   string
	}{
		"missing export": {func(m *manifest.Manifest) {
			m.Exports = append(m.Exports, manifest.Export{Name: "g", Allocates: build.None})
		}, "export g() → () is missing"},
		"unknown export": {func(m *manifest.Manifest) { m.Exports = nil }, "exports f(i32, i64) → (i32), which the manifest doesn't know"},
		"signature":      {func(m *manifest.Manifest) { m.Exports[0].Params = []string{"i32"} }, "export f is (i32, i64) → (i32), not (i32) → (i32)"},
		"feature":        {func(m *manifest.Manifest) { m.Features = m.Features[:1] }, "not valid"},
		"unheard of":     {func(m *manifest.Manifest) { m.Features[0] = "simd" }, `allows "simd"`},
		"memory":         {func(m *manifest.Manifest) { m.Memory.MaxPages = 11 }, "10 pages, not 11"},
		"memory's name":  {func(m *manifest.Manifest) { m.Memory.Export = "mem" }, `exported as "memory"`},
		"raw":            {func(m *manifest.Manifest) { m.Budget.Raw = 10 }, "budget 10"},
		"gzip":           {func(m *manifest.Manifest) { m.Budget.Gzip = 10 }, "gzipped, budget 10"},
	} {
		t.Run(name, func(t *testing.T) {
			m := promise()
			c.change(m)
			if err := m.Check(t.Context(), module()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
	spoilt := module()
	spoilt[len(spoilt)-2] = 0xee
	if err := promise().Check(t.Context(), spoilt); err == nil {
		t.Error("an invalid module passes")
	}
	m := &wasm.Module{
		Funcs:   []wasm.Func{{Sig: wasm.Signature{Params: []byte{0x7f, 0x7e}, Results: []byte{0x7f}}, Locals: bytes.Repeat([]byte{0x7f}, 50_000), Code: wasm.Code{0x20, 0}}},
		Exports: []wasm.Export{{Name: "f"}}, Pages: 1, MaxPages: 10,
	}
	if err := promise().Check(t.Context(), m.Encode()); err == nil || !strings.Contains(err.Error(), "50002 locals") {
		t.Errorf("too many locals: %v", err)
	}
	imports := append(module()[:8:8], "\x01\x04\x01\x60\x00\x00\x02\x09\x01\x03env\x01f\x00\x00\x05\x04\x01\x01\x01\x0a\x07\x0a\x01\x06memory\x02\x00"...)
	alone := promise()
	alone.Exports = nil
	if err := alone.Check(t.Context(), imports); err == nil || !strings.Contains(err.Error(), "imports env.f") {
		t.Errorf("an import: %v", err)
	}
}

func TestReadWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "manifest.json")
	m := promise()
	m.Imports = []string{}
	m.Built = manifest.Measure(module(), "go1.0")
	if err := m.Write(file); err != nil {
		t.Fatal(err)
	}
	got, err := manifest.Read(file)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("read %+v, %v; wrote %+v", got, err, m)
	}
	for name, text := range map[string]string{"field": `{"abi": 1, "x": 2}`, "allocates": `{"exports": [{"name": "f", "allocates": "much"}]}`, "json": "{"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := manifest.Read(file); err == nil {
			t.Errorf("%s: no error for %s", name, text)
		}
	}
}
