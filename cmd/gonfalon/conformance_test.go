package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConformance(t *testing.T) {
	vectors := "../../engine/conformance/fun_with_flags.jsonl"
	dir := t.TempDir()
	native, wazero := filepath.Join(dir, "native"), filepath.Join(dir, "wazero")
	for engine, answers := range map[string]string{"native": native, "wazero": wazero} {
		out := gonfalon(t, "conformance", vectors, "--engine", engine, "--json", answers).must(t)
		if !strings.HasSuffix(out, "\n1500 passed, 0 failed, 0 skipped\n") {
			t.Errorf("%s: %s", engine, out)
		}
	}
	a, err := os.ReadFile(native)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(wazero)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("the engines answer differently")
	}
	first := `{"file":"fun_with_flags.jsonl","id":1,"enabled":false,"variant":null,"score16":18238}` + "\n"
	if !bytes.HasPrefix(a, []byte(first)) || bytes.Count(a, []byte("\n")) != 1500 {
		t.Errorf("the answers begin with %.200s", a)
	}
}

func TestConformanceFindsWrongAnswers(t *testing.T) {
	vectors, err := os.ReadFile("../../engine/conformance/fun_with_flags.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(vectors), "\n")
	wrong := file(t, "wrong.jsonl", strings.Replace(line, `"enabled":false,"variant"`, `"enabled":true,"variant"`, 1)+"\n"+
		strings.Replace(line, `"score16":18238`, `"score16":18239`, 1)+"\n"+line+"\n")
	for _, engine := range []string{"native", "wazero"} {
		gonfalon(t, "conformance", wrong, "--engine", engine).has(t, 1, "enabled is false, not true", "the score is 18238, not 18239",
			"1 passed, 2 failed, 0 skipped")
	}
}

func TestConformanceRefuses(t *testing.T) {
	gonfalon(t, "conformance", "missing.jsonl").has(t, 2, "missing.jsonl")
	gonfalon(t, "conformance", file(t, "x.txt", "")).has(t, 2, "ends in .jsonl or .json")
	gonfalon(t, "conformance", file(t, "x.jsonl", "{}{}\n")).has(t, 2, "line 1")
	gonfalon(t, "conformance", file(t, "x.jsonl", "")).has(t, 2, "no vectors")
	gonfalon(t, "conformance", "--engine", "wazero", "--module", file(t, "x.wasm", "\x00asm")).has(t, 2, "the module")
	// A module without our exports: magic and version only.
	gonfalon(t, "conformance", "--engine", "wazero", "--module", file(t, "x.wasm", "\x00asm\x01\x00\x00\x00")).has(t, 1, "no export")
}

func TestEmittedCases(t *testing.T) {
	vectors, out := "../../engine/conformance/fun_with_flags.jsonl", filepath.Join(t.TempDir(), "cases.jsonl")
	for range 2 { // the second time the file is there
		gonfalon(t, "conformance", "--emit-cases", vectors, out).must(t)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "\n") != 1500 || !strings.Contains(string(text), `"snapshot":"`) {
		t.Errorf("%.300s", text)
	}
	if gonfalon(t, "conformance", vectors, "--emit-cases", "-").must(t) != string(text) {
		t.Error("standard output gets something else")
	}
	if again := gonfalon(t, "conformance", out).must(t); !strings.HasSuffix(again, "\n1500 passed, 0 failed, 0 skipped\n") {
		t.Errorf("read again: %s", again)
	}
	gonfalon(t, "conformance", "--emit-cases").has(t, 2, "the last file")
	only := file(t, "only.jsonl", strings.SplitAfter(read(t, vectors), "\n")[0])
	gonfalon(t, "conformance", "--emit-cases", vectors, only).has(t, 2, "has vectors")
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
