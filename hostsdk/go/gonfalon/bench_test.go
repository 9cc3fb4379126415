package gonfalon

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func BenchmarkEnabled(b *testing.B) {
	c := booted(b, flags...)
	s, err := engine.Load(c.Snapshot())
	if err != nil {
		b.Fatal(err)
	}
	context := Prepare(For("user:42"), With("plan", "pro"))
	in := engine.Input{Actor: "user:42", Presence: engine.Keyed, Attributes: []engine.Attribute{engine.String("plan", "pro")}}
	for _, key := range []string{"on", "actor", "half", "rule"} {
		b.Run(key+"/engine", func(b *testing.B) {
			var d engine.Decision
			for b.Loop() {
				s.Evaluate(key, &in, nil, &d)
			}
		})
		b.Run(key+"/prepared", func(b *testing.B) {
			for b.Loop() {
				c.Enabled(key, context)
			}
		})
		b.Run(key+"/options", func(b *testing.B) {
			for b.Loop() {
				c.Enabled(key, For("user:42"), With("plan", "pro"))
			}
		})
	}
}
