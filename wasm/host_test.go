package wasm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

// TestHostOfThePage runs the host of HOST.md.
func TestHostOfThePage(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node to run the host of HOST.md")
	}
	page, err := os.ReadFile("HOST.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, found := strings.Cut(string(page), "```js\n")
	code, _, ended := strings.Cut(code, "```\n")
	if !found || !ended {
		t.Fatal("the page has no host")
	}
	// Beside what the page asks, it asks for values that are easy to write wrong.
	code += `
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b) || (console.log('not', a, 'but', b), process.exit(1))
same(msgpack(2 ** 53 - 1), msgpack(9007199254740991n))
same(msgpack(NaN), [0xc0])
same(msgpack(5.0), msgpack(5n))
same(msgpack(-5n).length, 9)
same(msgpack(12345678901234567890n).slice(0, 6), [0xc9, 0, 0, 0, 20, 1])
`
	dir := t.TempDir()
	for name, data := range map[string][]byte{"host.mjs": []byte(code), "engine.wasm": wasm.Module(), "flags.snapshot": compile(t, "testdata/example.yaml", nil)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), node, "host.mjs")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "true\nblue\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
