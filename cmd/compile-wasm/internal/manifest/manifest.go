package manifest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Manifest is what a module promises to its hosts.
type Manifest struct {
	ABI      int      `json:"abi"`
	Imports  []string `json:"imports"` // always empty
	Memory   Memory   `json:"memory"`
	Features []string `json:"features"` // that it may use
	Exports  []Export `json:"exports"`
	Budget   Size     `json:"budget"`
	Verified Verified `json:"verified"`
	Built    Built    `json:"built"`
}

// Memory is the module's own.
type Memory struct {
	Export   string `json:"export"`
	MaxPages uint64 `json:"max_pages"` // of 64 KiB
}

// Export is a function of the module.
type Export struct {
	Name      string           `json:"name"`
	Params    []string         `json:"params"`
	Results   []string         `json:"results"`
	Allocates build.Allocation `json:"allocates"`
}

// Size is in bytes.
type Size struct {
	Raw  int `json:"raw"`
	Gzip int `json:"gzip"`
}

// Verified is what the compiler's long tests were last run with. People write it, no program does: another version of
// any part may change the code that comes out, so it is a step of its own.
type Verified struct {
	Go       []string `json:"go"`       // the toolchains; each makes the same bytes
	Language string   `json:"language"` // go.mod's go line
	Tools    string   `json:"tools"`    // golang.org/x/tools, which reads the source into SSA form
}

// Built is what was made last. Go and Gzip say how: the next version of Go may compress the same bytes to another size.
type Built struct {
	Go     string `json:"go"` // runtime.Version()
	Raw    int    `json:"raw"`
	Gzip   int    `json:"gzip"`
	SHA256 string `json:"sha256"`
}

// Same reports whether b and c are records of the same bytes.
func (b Built) Same(c Built) bool { return b.Raw == c.Raw && b.SHA256 == c.SHA256 }

// Read reads a manifest file. Unknown fields are errors.
func Read(file string) (*Manifest, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, e := range m.Exports {
		if !slices.Contains([]build.Allocation{build.None, build.Scratch, build.Keep}, e.Allocates) {
			return nil, fmt.Errorf("%s: export %s: allocates %q, want none, scratch or keep", file, e.Name, e.Allocates)
		}
	}
	return &m, nil
}

// Write replaces a manifest file at once.
func (m *Manifest) Write(file string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return Replace(file, append(b, '\n'))
}

// Replace writes a file at once: whoever reads it meanwhile sees the old one. What
// is no regular file is written to.
func Replace(file string, b []byte) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(file, b, 0o644)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// Allocation is the map that the build wants.
func (m *Manifest) Allocation() map[string]build.Allocation {
	out := map[string]build.Allocation{}
	for _, e := range m.Exports {
		out[e.Name] = e.Allocates
	}
	return out
}

// Measure is the record of a module built by the Go version given.
func Measure(bin []byte, goVersion string) Built {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // fails for unknown levels only
	w.Write(bin)                                          // to memory: never fails
	w.Close()
	sum := sha256.Sum256(bin)
	return Built{goVersion, len(bin), z.Len(), hex.EncodeToString(sum[:])}
}

// features of wazero, by the names of the manifest.
var features = map[string]api.CoreFeatures{
	wasm.BulkMemory:    api.CoreFeatureBulkMemoryOperations,
	wasm.MultiValue:    api.CoreFeatureMultiValue,
	wasm.MutableGlobal: api.CoreFeatureMutableGlobal,
	wasm.SignExtension: api.CoreFeatureSignExtensionOps,
}

// maxLocals is how many locals of a function the JavaScript API promises to take.
const maxLocals = 50_000

// Check reports everything in which a module differs from the manifest.
func (m *Manifest) Check(ctx context.Context, bin []byte) error {
	if err := m.validate(ctx, bin); err != nil {
		return err
	}
	d, err := wasm.Inspect(bin)
	if err != nil {
		return err
	}
	var errs []error
	fail := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if len(d.Imports) > 0 {
		fail("the module imports %s; it may import nothing", strings.Join(d.Imports, ", "))
	}
	if d.Memory != m.Memory.Export {
		fail("the memory is exported as %q, not %q", d.Memory, m.Memory.Export)
	}
	if d.MaxPages != m.Memory.MaxPages {
		fail("the memory's maximum is %d pages, not %d", d.MaxPages, m.Memory.MaxPages)
	}
	if d.Locals > maxLocals {
		fail("a function has %d locals; JavaScript's engines take %d", d.Locals, maxLocals)
	}
	for _, f := range d.Features {
		if !slices.Contains(m.Features, f) {
			fail("the module uses %s, which the manifest doesn't allow", f)
		}
	}
	want := map[string]string{}
	for _, e := range m.Exports {
		want[e.Name] = fmt.Sprintf("(%s) → (%s)", strings.Join(e.Params, ", "), strings.Join(e.Results, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(d.Exports)) {
		got := signature(d.Exports[name])
		switch w, ok := want[name]; {
		case !ok:
			fail("the module exports %s%s, which the manifest doesn't know", name, got)
		case w != got:
			fail("export %s is %s, not %s", name, got, w)
		}
		delete(want, name)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		fail("export %s%s is missing", name, want[name])
	}
	size := Measure(bin, "")
	if size.Raw > m.Budget.Raw {
		fail("the module has %d bytes, budget %d", size.Raw, m.Budget.Raw)
	}
	if size.Gzip > m.Budget.Gzip {
		fail("the module has %d bytes gzipped, budget %d", size.Gzip, m.Budget.Gzip)
	}
	return errors.Join(errs...)
}

// validate compiles the module with no features but the allowed ones.
func (m *Manifest) validate(ctx context.Context, bin []byte) error {
	var allowed api.CoreFeatures
	for _, f := range m.Features {
		bit, ok := features[f]
		if !ok {
			return fmt.Errorf("the manifest allows %q, which is not one of %v", f, slices.Sorted(maps.Keys(features)))
		}
		allowed = allowed.SetEnabled(bit, true)
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(allowed))
	defer r.Close(ctx)
	if _, err := r.CompileModule(ctx, bin); err != nil {
		return fmt.Errorf("the module is not valid: %w", err)
	}
	return nil
}

func signature(s wasm.Signature) string {
	names := func(types []byte) string {
		out := make([]string, len(types))
		for i, t := range types {
			out[i] = map[byte]string{0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64"}[t]
		}
		return strings.Join(out, ", ")
	}
	return fmt.Sprintf("(%s) → (%s)", names(s.Params), names(s.Results))
}
