//go:build !race

package gonfalon

import "testing"

// The race detector makes pools forget at random, so allocations are counted without it.

func TestNoAllocation(t *testing.T) {
	c := booted(t, flags...)
	context := Prepare(For("user:42"), With("plan", "pro"), With("age", 30), Default(true))
	id, plan := "user:"+t.Name(), "p"+t.Name()
	for name, f := range map[string]func(){
		"prepared": func() { c.Enabled("rule", context) },
		"actor":    func() { c.Enabled("half", For(id)) },
		"options":  func() { c.Enabled("rule", For(id), With("plan", plan), With("age", len(plan)), Default(true)) },
		"parent":   func() { c.Enabled("child", context) },
		"time":     func() { c.Enabled("time", context) },
		"variant":  func() { c.Variant("hero", context) },
		"decide":   func() { c.Decide("hero", context) },
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
	all := make([]Decision, 0, len(flags))
	if n := testing.AllocsPerRun(1000, func() { all = c.AppendAll(all[:0], nil, context) }); n != 0 {
		t.Errorf("all flags: %v allocations a call", n)
	}
}
