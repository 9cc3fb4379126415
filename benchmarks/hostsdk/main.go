// Command hostsdk times the Go SDK against the engine alone, its module engine against its native one, and decisions
// while snapshots are swapped.
//
//	go run ./benchmarks/hostsdk [-o benchmarks/results/latest.jsonl]
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/wasmengine"
)

const flags = 1000

// These are the ratios that the SDK must keep.
const (
	limitShare    = 1.5 // times the engine's time,
	limitOverhead = 15  // plus this many nanoseconds
	limitBatch    = 2.5
	limitReload   = 2
)

// These are the ratios by workload that the module's engine must keep to the native one, with SHA instructions.
var (
	limitModule   = [workload.Kinds]float64{2, 3, 4.5, 0, 4.5}
	limitStranger = [workload.Kinds]float64{0, 0, 4.5, 0, 4.5}
)

func main() {
	out := flag.String("o", "benchmarks/results/latest.jsonl", "append one JSON line a case to this file")
	flag.Parse()
	if err := run(*out); err != nil {
		log.Fatal(err)
	}
}

func run(out string) error {
	report, err := measure.Open(os.Stdout, out)
	if err != nil {
		return err
	}
	defer report.Close()
	b, err := newBench()
	if err != nil {
		return err
	}
	defer b.close()
	for kind := range workload.Kinds {
		if err := b.overhead(report, kind); err != nil {
			return err
		}
	}
	for kind := range workload.Kinds {
		if _, err := report.Add(b.options(kind)); err != nil {
			return err
		}
	}
	for kind := range workload.Kinds {
		if _, err := report.Add(b.modules(kind)); err != nil {
			return err
		}
		if _, err := report.Add(b.strangers(kind)); err != nil {
			return err
		}
	}
	if _, err := report.Add(b.batch()); err != nil {
		return err
	}
	return reload(report)
}

// bench is a client on each engine, and the engine alone, with the same flags.
type bench struct {
	engine   *engine.Snapshot
	native   *gonfalon.Client
	module   *gonfalon.Client
	wasm     *wasmengine.Engine
	inputs   [workload.Actors]engine.Input
	contexts [workload.Actors]gonfalon.Option
	keys     [workload.Kinds][workload.Actors]string
}

// environment is the environment that workload.Compile uses.
const environment = "bench"

func newBench() (*bench, error) {
	data, err := workload.Compile(workload.Set(flags, workload.Listed))
	if err != nil {
		return nil, err
	}
	b := &bench{inputs: workload.Inputs()}
	if b.engine, err = engine.Load(data); err != nil {
		return nil, err
	}
	if b.wasm, err = wasmengine.New(context.Background(), wasmengine.Config{}); err != nil {
		return nil, err
	}
	for client, e := range map[**gonfalon.Client]gonfalon.Engine{&b.native: gonfalon.Native(), &b.module: b.wasm} {
		if *client, err = open(data, e, nil); err != nil {
			return nil, err
		}
	}
	for i := range b.contexts {
		b.contexts[i] = gonfalon.Prepare(gonfalon.For(b.inputs[i].Actor), gonfalon.Attributes(workload.Attributes()))
	}
	for kind := range b.keys {
		for i := range b.keys[kind] {
			b.keys[kind][i] = workload.Key(kind, i*(flags/workload.Kinds)/workload.Actors)
		}
	}
	return b, nil
}

// open makes a client that counts its usage but doesn't report it.
func open(data []byte, e gonfalon.Engine, source gonfalon.Source) (*gonfalon.Client, error) {
	return gonfalon.New(context.Background(), gonfalon.Config{
		Environment: environment, Bootstrap: data, Engine: e, Source: source, ReadyWithin: -1, Logger: slog.New(slog.DiscardHandler),
		ReportUsage: func(context.Context, string, []gonfalon.FlagUsage) error { return nil },
	})
}

func (b *bench) close() {
	b.native.Close()
	b.module.Close()
	b.wasm.Close()
}

// check compares a client's answers with answers worked out without any engine.
func (b *bench) check(c *gonfalon.Client, kind int) (int, error) {
	for i, key := range b.keys[kind] {
		d := c.Decide(key, b.contexts[i])
		enabled, variant := workload.Want(kind, key, b.inputs[i].Actor, workload.Listed)
		if d.Enabled != enabled || d.Variant != variant || c.Enabled(key, b.contexts[i]) != enabled || c.Variant(key, b.contexts[i]) != variant {
			return i, fmt.Errorf("%s for %s: %v %q, want %v %q", key, b.inputs[i].Actor, d.Enabled, d.Variant, enabled, variant)
		}
	}
	return workload.Actors, nil
}
