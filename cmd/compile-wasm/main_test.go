package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/manifest"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

const guest = "../../wasm/guest"

// TestCheckedIn: the module in the repository is what the source makes, with
// whatever version of Go.
func TestCheckedIn(t *testing.T) {
	m, err := manifest.Read("../../wasm/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := manifest.Measure(wasm.Module(), m.Built.Go); !got.Same(m.Built) {
		t.Errorf("engine.wasm is %+v, manifest.json records %+v: run `make wasm`", got, m.Built)
	}
	if err := m.Check(t.Context(), wasm.Module()); err != nil {
		t.Errorf("engine.wasm: %v", err)
	}
	out := filepath.Join(t.TempDir(), "engine.wasm")
	if err := run(t.Context(), []string{"-o", out, guest}, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, wasm.Module()) {
		t.Errorf("with %s, the source makes another module (%d bytes) than is checked in (%d), made with %s: run `make wasm`",
			runtime.Version(), len(b), len(wasm.Module()), m.Built.Go)
	}
}

// TestOtherSources: sources elsewhere are compiled as if the command ran there.
func TestOtherSources(t *testing.T) {
	out := filepath.Join(t.TempDir(), "engine.wasm")
	if err := run(t.Context(), []string{"-C", "../..", "-o", out}, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out); err != nil || !bytes.Equal(b, wasm.Module()) {
		t.Errorf("%d bytes, %v; want the module that is checked in", len(b), err)
	}
}

// TestVerified: the compiler's parts are the ones that its output was verified
// with. Otherwise run `make mutants` and the lines of `make fuzz` that name
// compile-wasm, look at what changes in the module, and write the new versions
// into the manifest.
func TestVerified(t *testing.T) {
	m, err := manifest.Read("../../wasm/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ line, want string }{
		"the language":       {`(?m)^go (\S+)$`, m.Verified.Language},
		"golang.org/x/tools": {`(?m)^\s*golang.org/x/tools (\S+)`, m.Verified.Tools},
	} {
		found := regexp.MustCompile(c.line).FindSubmatch(mod)
		if found == nil || string(found[1]) != c.want {
			t.Errorf("go.mod has %s as %q, the module was verified with %q: see this test's comment", what, found, c.want)
		}
	}
}

// TestReport: every function of the engine that the module needs is listed with
// its place, and the sizes are those of the module.
func TestReport(t *testing.T) {
	var out bytes.Buffer
	file := filepath.Join(t.TempDir(), "engine.wasm")
	if err := run(t.Context(), []string{"-report", "-o", file, guest}, &out); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^(\d+|inlined) +\S.* +(engine|wasm|gonfalon/rt|GOROOT)/?\S*\.go:\d+:\d+$`)
	listed := 0
	for _, l := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		if strings.Contains(l, "bytes") {
			continue
		}
		if !line.MatchString(l) {
			t.Errorf("not size, name, place: %q", l)
		}
		listed++
	}
	for _, name := range []string{"engine.Snapshot).EvaluateAt ", "engine.Snapshot).gates ", "engine.sha256Block ", "engine.Request).Parse "} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("%sis not listed", name)
		}
	}
	if listed < 100 {
		t.Errorf("only %d functions", listed)
	}
}

// TestWithoutOptimisation: -O0 makes another, larger module of the same exports.
func TestWithoutOptimisation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "engine.wasm")
	if err := run(t.Context(), []string{"-O0", "-o", file, guest}, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() <= int64(len(wasm.Module())) {
		t.Errorf("%d bytes without optimisation, %d with", info.Size(), len(wasm.Module()))
	}
}

// TestNowhere: what has no place of its own isn't built for nothing.
func TestNowhere(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module guest\n\ngo 1.26\n", "guest/main.go": "package main\n\n//go:wasmexport one\nfunc one() int32 { return 1 }\n\nfunc main() {}\n"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, args := range [][]string{{"./guest"}, {"-report", "./guest"}, {"-O0", "./guest"}, {"-toolchain", "go", "./guest"}} {
		if err := run(t.Context(), args, new(bytes.Buffer)); !errors.Is(err, errNoPlace) {
			t.Errorf("%q: %v, want %v", args, err, errNoPlace)
		}
	}
	if err := run(t.Context(), []string{"-o", "one.wasm", "./guest"}, new(bytes.Buffer)); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile("one.wasm"); err != nil || len(b) == 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestTrimpath: a binary that doesn't know where Go is makes the same module.
func TestTrimpath(t *testing.T) {
	dir := t.TempDir()
	binary, out := filepath.Join(dir, "compile-wasm"), filepath.Join(dir, "engine.wasm")
	for _, args := range [][]string{{"go", "build", "-trimpath", "-o", binary, "."}, {binary, "-o", out, guest}} {
		if b, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, b)
		}
	}
	want := filepath.Join(dir, "want.wasm")
	if err := run(t.Context(), []string{"-o", want, guest}, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	a, err := os.ReadFile(out)
	b, err2 := os.ReadFile(want)
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(a, b) {
		t.Errorf("%d bytes, want the same %d (%v)", len(a), len(b), err)
	}
}

// TestPackage: whichever way a guest's directory is named, its manifest is found;
// what is no directory is refused.
func TestPackage(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module example.org/m\n\ngo 1.26\n",
		"w/manifest.json": "not a manifest",
		"w/guest/main.go": "package main\n\n//go:wasmexport one\nfunc one() int32 { return 1 }\n\nfunc main() {}\n",
	} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out.wasm")
	for _, name := range []string{"./w/guest", "w/guest", "w/guest/", filepath.Join(dir, "w/guest")} {
		if err := run(t.Context(), []string{"-C", dir, "-o", out, name}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "manifest.json") {
			t.Errorf("%s: %v, want a complaint about the manifest", name, err)
		}
	}
	for _, name := range []string{"example.org/m/w/guest", "./w/...", "./w/guest/main.go", "./missing", "fmt"} {
		if err := run(t.Context(), []string{"-C", dir, "-o", out, name}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "is no directory") {
			t.Errorf("%s: %v, want a complaint about the directory", name, err)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"-toolchain", "tiny"}, {"a", "b"}, {"-x"}} {
		if err := run(t.Context(), args, new(bytes.Buffer)); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
