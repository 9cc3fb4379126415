package lower

import (
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
)

// TestResolve: each function that becomes instructions is in Go's library, or in
// the module, by the name that the tables have.
func TestResolve(t *testing.T) {
	p, err := load.Load(t.Context(), load.Config{Dir: "testdata/intrinsics", Pattern: "."})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range intrinsics() {
		if pkg, found := resolve(p, name); !pkg || !found {
			t.Errorf("%s: package loaded %v, found %v", name, pkg, found)
		}
	}
	if got := Unresolved(p); len(got) > 0 {
		t.Errorf("%v don't resolve", got)
	}
	for _, name := range []string{"math.Flour", "(encoding/binary.littleEndian).Uint24", "(encoding/binary.middleEndian).Uint16", "gonfalon/rt.top"} {
		if pkg, found := resolve(p, name); !pkg || found {
			t.Errorf("%s: package loaded %v, found %v", name, pkg, found)
		}
	}
	more = append(slices.Clone(more), "math/bits.Length")
	defer func() { more = more[:len(more)-1] }()
	if got := Unresolved(p); !slices.Equal(got, []string{"math/bits.Length"}) {
		t.Errorf("%v don't resolve, want math/bits.Length", got)
	}
}
