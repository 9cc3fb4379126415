package build

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
)

// TestUsable: whatever the stages before do, a module that no machine takes, or
// that one misreads, never leaves the compiler.
func TestUsable(t *testing.T) {
	for name, c := range map[string]struct {
		code    string
		exports []string
		ok      bool
	}{
		"usable":              {"\x20\x00", []string{"f"}, true},
		"two of one name":     {"\x20\x00", []string{"f", "f"}, false},
		"a named memory":      {"\x20\x00", []string{"memory"}, false},
		"no result":           {"", []string{"f"}, false},
		"another type":        {"\x42\x00", []string{"f"}, false},
		"a mask, on the left": {"\x41\x00\x20\x00\x20\x00\x71\x48", []string{"f"}, false},
	} {
		m := &wasm.Module{
			Funcs: []wasm.Func{{Sig: wasm.Signature{Params: []byte{0x7f}, Results: []byte{0x7f}}, Code: wasm.Code(c.code)}},
			Pages: 1, MaxPages: 1,
		}
		for _, e := range c.exports {
			m.Exports = append(m.Exports, wasm.Export{Name: e})
		}
		if err := usable(t.Context(), m.Encode()); c.ok != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
