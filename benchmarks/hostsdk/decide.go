package main

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// The sinks keep the compiler from leaving out the work that is timed.
var (
	On   bool
	Sink engine.Decision
)

// ask lets a client decide kind's flags for the rotating contexts.
func (b *bench) ask(c *gonfalon.Client, kind int) func(int) {
	keys := &b.keys[kind]
	return func(n int) {
		enabled := false
		for i := range n {
			enabled = c.Enabled(keys[i%workload.Actors], b.contexts[i%workload.Actors])
		}
		On = enabled
	}
}

// alone lets the engine decide the same flags without a client.
func (b *bench) alone(kind int) func(int) {
	keys := &b.keys[kind]
	return func(n int) {
		var d engine.Decision
		for i := range n {
			b.engine.Evaluate(keys[i%workload.Actors], &b.inputs[i%workload.Actors], nil, &d)
		}
		Sink = d
	}
}

// overhead compares Enabled, with a prepared context and counted usage, with the engine.
func (b *bench) overhead(report *measure.Report, kind int) error {
	x, err := measure.Run(measure.Case{
		Name: "sdk " + workload.Names[kind], Subject: b.ask(b.native, kind), Reference: b.alone(kind),
		Check: func() (int, error) { return b.check(b.native, kind) },
	})
	if err != nil {
		return err
	}
	x.Limit = limitShare + limitOverhead/x.ReferenceNS
	return report.Put(x)
}

// options compares a context made for the call with a prepared one.
func (b *bench) options(kind int) measure.Case {
	keys := &b.keys[kind]
	return measure.Case{
		Name: "sdk, options, " + workload.Names[kind], Reference: b.ask(b.native, kind),
		Subject: func(n int) {
			enabled := false
			for i := range n {
				enabled = b.native.Enabled(keys[i%workload.Actors], gonfalon.For(b.inputs[i%workload.Actors].Actor), gonfalon.With("country", "DE"), gonfalon.With("age", 34), gonfalon.With("plan", "team"))
			}
			On = enabled
		},
		Check: func() (int, error) {
			for i, key := range keys {
				got := b.native.Enabled(key, gonfalon.For(b.inputs[i].Actor), gonfalon.With("country", "DE"), gonfalon.With("age", 34), gonfalon.With("plan", "team"))
				if want, _ := workload.Want(kind, key, b.inputs[i].Actor, workload.Listed); got != want {
					return i, fmt.Errorf("%s for %s: %v", key, b.inputs[i].Actor, got)
				}
			}
			return len(keys), nil
		},
	}
}

// modules compares a client on the module with a client on the native engine, for actors that come again.
func (b *bench) modules(kind int) measure.Case {
	return measure.Case{
		Name: "sdk, wazero, " + workload.Names[kind], Subject: b.ask(b.module, kind), Reference: b.ask(b.native, kind), Limit: limitModule[kind],
		Check: func() (int, error) { return b.check(b.module, kind) },
	}
}

// strangers is modules for actors that never come again while the module's engine remembers them.
func (b *bench) strangers(kind int) measure.Case {
	contexts := make([]gonfalon.Option, 1<<15)
	for i := range contexts {
		contexts[i] = gonfalon.Prepare(gonfalon.For(workload.User(i)), gonfalon.Attributes(workload.Attributes()))
	}
	key := b.keys[kind][0]
	ask := func(c *gonfalon.Client) func(int) {
		next := 0
		return func(n int) {
			enabled := false
			for range n {
				enabled = c.Enabled(key, contexts[next%len(contexts)])
				next++
			}
			On = enabled
		}
	}
	return measure.Case{
		Name: "sdk, wazero, new actors, " + workload.Names[kind], Subject: ask(b.module), Reference: ask(b.native), Limit: limitStranger[kind],
		Check: func() (int, error) {
			for i := range contexts {
				want, _ := workload.Want(kind, key, workload.User(i), workload.Listed)
				if got := b.module.Enabled(key, contexts[i]); got != want {
					return i, fmt.Errorf("%s for %s: %v", key, workload.User(i), got)
				}
			}
			return len(contexts), nil
		},
	}
}

// batch compares 100 flags in one call into the module with the native client.
func (b *bench) batch() measure.Case {
	var keys []string
	for kind := range b.keys {
		keys = append(keys, b.keys[kind][:100/workload.Kinds]...)
	}
	all := func(c *gonfalon.Client) func(int) {
		decisions := make([]gonfalon.Decision, 0, len(keys))
		return func(n int) {
			for i := range n {
				decisions = c.AppendAll(decisions[:0], keys, b.contexts[i%workload.Actors])
			}
		}
	}
	return measure.Case{
		Name: "sdk, wazero, batch of 100", Limit: limitBatch, Subject: all(b.module), Reference: all(b.native),
		Check: func() (int, error) {
			got, want := b.module.AppendAll(nil, keys, b.contexts[5]), b.native.AppendAll(nil, keys, b.contexts[5])
			for i, key := range keys {
				enabled, variant := workload.Want(i/(100/workload.Kinds), key, b.inputs[5].Actor, workload.Listed)
				if got[i] != want[i] || got[i].Enabled != enabled || got[i].Variant != variant {
					return i, fmt.Errorf("%s: %+v, natively %+v", key, got[i], want[i])
				}
			}
			return len(keys), nil
		},
	}
}
