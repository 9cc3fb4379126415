//go:build !race

package wasmengine

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// The race detector makes pools forget at random, so allocations are counted without it.

func TestNoAllocation(t *testing.T) {
	c, err := gonfalon.New(t.Context(), gonfalon.Config{Bootstrap: compiled(t, 1, flags), Engine: made(t, Config{}), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	context := gonfalon.Prepare(gonfalon.For("user:42"), gonfalon.With("age", 30), gonfalon.With("mail", "a@acme.com"), gonfalon.InGroups("staff"))
	for _, key := range []string{"on", "actor", "group", "child", "half", "rule", "segment", "hero", "killed", "nobody"} {
		if n := testing.AllocsPerRun(1000, func() { c.Enabled(key, context) }); n != 0 {
			t.Errorf("%s: %v allocations a call", key, n)
		}
	}
	if n := testing.AllocsPerRun(1000, func() { c.Variant("hero", context) }); n != 0 {
		t.Errorf("a variant: %v allocations", n)
	}
	all := make([]gonfalon.Decision, 0, 16)
	for name, keys := range map[string][]string{"all": nil, "some": {"rule", "nobody", "on"}, "none": {}} {
		if n := testing.AllocsPerRun(1000, func() { all = c.AppendAll(all[:0], keys, context) }); n != 0 {
			t.Errorf("%s flags: %v allocations", name, n)
		}
	}
}
