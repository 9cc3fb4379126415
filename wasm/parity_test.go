package wasm_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/conformance"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

// TestVectors checks that the module answers every vector like the native engine, in wazero's compiler and in its interpreter.
func TestVectors(t *testing.T) {
	cases, err := conformance.All()
	if err != nil {
		t.Fatal(err)
	}
	native := conformance.Run(cases, conformance.Native).Total()
	for _, w := range []struct {
		name   string
		config wazero.RuntimeConfig
	}{{"compiler", wazero.NewRuntimeConfig()}, {"interpreter", wazero.NewRuntimeConfigInterpreter()}} {
		t.Run(w.name, func(t *testing.T) {
			report := conformance.Run(cases, decider(t, w.config))
			if err := report.Write(testWriter{t}); err != nil {
				t.Fatal(err)
			}
			if total := report.Total(); total != native || total.Failed > 0 || total.Passed == 0 {
				t.Errorf("the module: %+v, the native engine: %+v", total, native)
			}
		})
	}
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// decider decides with the module. Like a host, it makes a new instance for each snapshot.
func decider(t *testing.T, config wazero.RuntimeConfig) conformance.Decide {
	ctx := context.Background()
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	t.Cleanup(func() { runtime.Close(ctx) })
	compiled, err := runtime.CompileModule(ctx, wasm.Module())
	if err != nil {
		t.Fatal(err)
	}
	var mod api.Module
	var loaded []byte
	return func(snapshot, request []byte) (conformance.Answer, error) {
		if mod != nil && bytes.Equal(snapshot, loaded) {
			return decide(mod, nil, request)
		}
		if mod != nil {
			mod.Close(ctx)
		}
		if mod, err = runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig()); err != nil {
			return conformance.Answer{}, err
		}
		loaded = snapshot
		return decide(mod, snapshot, request)
	}
}

// decide loads the snapshot, unless it is nil, and evaluates.
func decide(mod api.Module, snapshot, request []byte) (a conformance.Answer, err error) {
	call := func(name string, args ...uint64) uint32 {
		out, e := mod.ExportedFunction(name).Call(context.Background(), args...)
		if e != nil {
			err = errors.Join(err, e)
			return 0
		}
		return uint32(out[0])
	}
	put := func(export string, b []byte) {
		if !mod.Memory().Write(call(export, uint64(len(b))), b) {
			err = errors.Join(err, errors.New("no room for the "+export))
		}
	}
	if snapshot != nil {
		put("snapshot", snapshot)
		if code := call("load", uint64(len(snapshot))); code != 0 {
			return a, errors.Join(err, errors.New(engine.Code(code).String()))
		}
	}
	put("request", request)
	packed := call("evaluate", uint64(len(request)))
	record, ok := mod.Memory().Read(call("result"), 32)
	if err != nil || !ok || int32(packed) < 0 {
		return a, errors.Join(err, errors.New("no decision"))
	}
	a = conformance.Answer{Enabled: packed&1 != 0, Score16: int32(packed>>9&0x1ffff) - 1}
	if binary.LittleEndian.Uint32(record[4:]) != 0 {
		name, _ := mod.Memory().Read(binary.LittleEndian.Uint32(record[8:]), binary.LittleEndian.Uint32(record[12:]))
		s := string(name)
		a.Variant = &s
	}
	return a, nil
}

// TestVectorsInNode checks the same in V8.
func TestVectorsInNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node to run the module in V8")
	}
	cases, err := conformance.All()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var lines bytes.Buffer
	if err := conformance.Emit(&lines, cases); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"cases.jsonl": lines.Bytes(), "engine.wasm": wasm.Module()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/vectors.mjs", dir)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, &complaint)
	}
	type answer struct {
		File    string
		ID      int
		Enabled bool
		Variant *string
		Score16 int32
	}
	type key struct {
		file string
		id   int
	}
	answers := map[key]answer{}
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		var a answer
		if err := json.Unmarshal(sc.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		answers[key{a.File, a.ID}] = a
	}
	compared := 0
	for _, r := range conformance.Run(cases, conformance.Native).Results {
		if r.Answer == nil {
			continue
		}
		compared++
		a, ok := answers[key{r.Case.File, r.Case.ID}]
		same := ok && a.Enabled == r.Answer.Enabled && (a.Variant == nil) == (r.Answer.Variant == nil) && (a.Variant == nil || *a.Variant == *r.Answer.Variant)
		if same && a.Score16 >= 0 {
			same = a.Score16 == r.Answer.Score16
		}
		if !same {
			t.Errorf("%s: V8 says %+v, the native engine %+v", r.Case.Name(), a, *r.Answer)
		}
	}
	if compared == 0 || compared != len(answers) {
		t.Errorf("compared %d cases, V8 answered %d", compared, len(answers))
	}
}
