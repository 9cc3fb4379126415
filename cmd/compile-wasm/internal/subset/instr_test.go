package subset

import (
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/analyse"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
	"golang.org/x/tools/go/ssa"
)

// TestUnknown: an instruction that a later go/ssa may have is refused with a place.
func TestUnknown(t *testing.T) {
	p, err := load.Load(t.Context(), load.Config{Dir: "testdata/unordered", Pattern: "."})
	if err != nil {
		t.Fatal(err)
	}
	g := analyse.Reach(p, lower.IsIntrinsic)
	c := &checker{g: g, f: p.Exports[0].Func}
	c.instr(struct{ *ssa.Jump }{new(ssa.Jump)})
	const want = "main.go:11:6: an instruction that this compiler doesn't know (struct"
	if len(c.all) != 1 || !strings.Contains(c.all[0].Error(), want) {
		t.Errorf("got %v, want %s…", c.all, want)
	}
}
