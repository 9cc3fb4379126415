package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

func TestModule(t *testing.T) {
	out := filepath.Join(t.TempDir(), "engine.wasm")
	gonfalon(t, "module", "-o", out).has(t, 0, "bytes, SHA-256 "+wasm.SHA256())
	got, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(got, wasm.Module()) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if piped := gonfalon(t, "module", "-o", "-"); piped.out != string(wasm.Module()) {
		t.Errorf("%d bytes", len(piped.out))
	}
	gonfalon(t, "module").has(t, 2, "-o is missing")
	gonfalon(t, "conformance", "--engine", "wazero", "--module", out, "../../engine/conformance/own.jsonl").has(t, 0, "0 failed")
}
