package wasmengine

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

func BenchmarkEnabled(b *testing.B) {
	data := compiled(b, 1, flags)
	context := gonfalon.Prepare(gonfalon.For("user:42"), gonfalon.With("age", 30), gonfalon.With("mail", "a@acme.com"))
	for name, e := range map[string]gonfalon.Engine{"native": gonfalon.Native(), "wasm": made(b, Config{})} {
		c, err := gonfalon.New(b.Context(), gonfalon.Config{Bootstrap: data, Engine: e, Logger: quiet})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		for _, key := range []string{"on", "actor", "half", "rule", "hero"} {
			b.Run(key+"/"+name, func(b *testing.B) {
				for b.Loop() {
					c.Enabled(key, context)
				}
			})
		}
	}
}
