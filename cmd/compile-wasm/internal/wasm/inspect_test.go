package wasm_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

const i32, i64 = 0x7f, 0x7e

func module(code wasm.Code, results ...byte) *wasm.Module {
	return &wasm.Module{
		Funcs:   []wasm.Func{{Name: "f", Sig: wasm.Signature{Params: []byte{i32, i64}, Results: results}, Locals: []byte{i32, i32, i64}, Code: code}},
		Exports: []wasm.Export{{Name: "f", Index: 0}}, Pages: 2, MaxPages: 9, Globals: []int32{-1},
		Segments: []wasm.Segment{{Offset: 70000, Data: []byte("data")}},
	}
}

func TestInspect(t *testing.T) {
	for name, c := range map[string]struct {
		code     wasm.Code
		results  []byte
		features []string
	}{
		"nothing":  {wasm.Code{wasm.OpUnreachable}, nil, nil},
		"bulk":     {wasm.Code{wasm.OpUnreachable, 0xfc, 10, 0, 0}, nil, []string{wasm.BulkMemory}},
		"sign":     {wasm.Code{wasm.OpUnreachable, 0xc0, wasm.OpDrop}, nil, []string{wasm.SignExtension}},
		"multiple": {wasm.Code{wasm.OpUnreachable}, []byte{i32, i64}, []string{wasm.MultiValue}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := wasm.Inspect(module(c.code, c.results...).Encode())
			if err != nil {
				t.Fatal(err)
			}
			want := append(slices.Clone(c.features), wasm.MutableGlobal)
			slices.Sort(want)
			if !slices.Equal(d.Features, want) {
				t.Errorf("features %v, want %v", d.Features, want)
			}
			sig := d.Exports["f"]
			if d.Memory != "memory" || d.MinPages != 2 || d.MaxPages != 9 || len(d.Imports) > 0 || !slices.Equal(sig.Params, []byte{i32, i64}) || !slices.Equal(sig.Results, c.results) {
				t.Errorf("read %+v", d)
			}
		})
	}
}

// TestInspectRefuses: what the reader doesn't know is a feature nobody allowed,
// and nonsense is an error, not a panic.
func TestInspectRefuses(t *testing.T) {
	for name, code := range map[string]wasm.Code{
		"simd": {0xfd, 12}, "atomics": {0xfe, 0}, "tail call": {0x12, 0}, "exceptions": {0x06, 0x40}, "saturating": {0xfc, 0}, "table copy": {0xfc, 14, 0, 0}, "block type": {0x02, 0},
	} {
		if _, err := wasm.Inspect(module(code).Encode()); err == nil {
			t.Errorf("%s is let through", name)
		}
	}
	bin := module(wasm.Code{wasm.OpUnreachable}).Encode()
	for n := range bin { // some cuts are between sections, so only panics are wrong
		if d, err := wasm.Inspect(bin[:n]); err == nil && d == nil {
			t.Errorf("the first %d bytes give neither demands nor an error", n)
		}
	}
	imports := append(bin[:8:8], "\x02\x09\x01\x03env\x01f\x00\x00"...)
	if d, err := wasm.Inspect(imports); err != nil || len(d.Imports) != 1 || d.Imports[0] != "env.f" {
		t.Errorf("an import goes unseen: %+v, %v", d, err)
	}
}

func TestLEB128(t *testing.T) {
	for v, want := range map[int64]string{0: "\x00", -1: "\x7f", 63: "\x3f", 64: "\xc0\x00", -64: "\x40", -65: "\xbf\x7f", 128: "\x80\x01", math.MinInt32: "\x80\x80\x80\x80\x78", math.MinInt64: "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"} {
		var c wasm.Code
		if c.S(v); string(c) != want {
			t.Errorf("%d is % x, want % x", v, []byte(c), want)
		}
	}
}
