package main

import (
	"context"
	"log/slog"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

func gonfalonEngine(string) (*library, error) {
	data, err := workload.Compile(workload.Set(flags, workload.Listed))
	if err != nil {
		return nil, err
	}
	s, err := engine.Load(data)
	if err != nil {
		return nil, err
	}
	inputs := make([]engine.Input, users)
	for i := range inputs {
		inputs[i] = workload.Inputs()[0]
		inputs[i].Actor = workload.User(i)
	}
	var d engine.Decision
	out := make([]engine.Decision, flags)
	return &library{
		flags: flags, close: func() {},
		ask: func(_ int, key string, user int) (bool, string) {
			s.Evaluate(key, &inputs[user], nil, &d)
			return d.Enabled, d.Variant
		},
		all: func(user int) int { return int(s.EvaluateAll(nil, &inputs[user], nil, out)) },
	}, nil
}

func gonfalonSDK(string) (*library, error) {
	data, err := workload.Compile(workload.Set(flags, workload.Listed))
	if err != nil {
		return nil, err
	}
	c, err := gonfalon.New(context.Background(), gonfalon.Config{Environment: "bench", Bootstrap: data, Logger: slog.New(slog.DiscardHandler), Usage: -1})
	if err != nil {
		return nil, err
	}
	contexts := make([]gonfalon.Option, users)
	for i := range contexts {
		contexts[i] = gonfalon.Prepare(gonfalon.For(workload.User(i)), gonfalon.Attributes(workload.Attributes()))
	}
	out := make([]gonfalon.Decision, 0, flags)
	return &library{
		flags: flags, close: func() { c.Close() },
		ask: func(kind int, key string, user int) (bool, string) {
			if kind == 4 {
				return true, c.Variant(key, contexts[user])
			}
			return c.Enabled(key, contexts[user]), ""
		},
		all: func(user int) int {
			out = c.AppendAll(out[:0], nil, contexts[user])
			return len(out)
		},
	}, nil
}
