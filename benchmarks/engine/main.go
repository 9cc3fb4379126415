// Command engine times the native engine against the least work that a decision needs: a map look-up and, if it needs
// a score, one SHA-256 of actor and key.
//
//	go run ./benchmarks/engine [-o benchmarks/results/latest.jsonl]
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine"
)

const flags = 1000

// These are the ratios that the engine must keep for W1 to W5.
var limits = [workload.Kinds]float64{2.5, 3.5, 1.25, 1.35, 1.25}

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
	b, err := newBench(flags, workload.Listed)
	if err != nil {
		return err
	}
	parts := 0.0
	for kind := range workload.Kinds {
		x, err := report.Add(b.single(kind))
		if err != nil {
			return err
		}
		parts += x.NS * flags / workload.Kinds
	}
	if err := b.all(report, parts); err != nil {
		return err
	}
	if err := manyActors(report); err != nil {
		return err
	}
	return loading(report)
}

type bench struct {
	s      *engine.Snapshot
	inputs [workload.Actors]engine.Input
	keys   [workload.Kinds][workload.Actors]string
	index  map[string]*entry // of the floor
	listed int
}

type entry struct {
	on    bool
	score uint16
}

func newBench(n, listed int) (*bench, error) {
	data, err := workload.Compile(workload.Set(n, listed))
	if err != nil {
		return nil, err
	}
	b := &bench{inputs: workload.Inputs(), index: map[string]*entry{}, listed: listed}
	if b.s, err = engine.Load(data); err != nil {
		return nil, err
	}
	for kind := range workload.Kinds {
		for i := range n / workload.Kinds {
			b.index[workload.Key(kind, i)] = &entry{true, 16384}
		}
		for i := range b.keys[kind] {
			b.keys[kind][i] = workload.Key(kind, i*(n/workload.Kinds)/workload.Actors)
		}
	}
	return b, nil
}

var (
	sink  engine.Decision
	found bool
)

func (b *bench) single(kind int) measure.Case {
	c := measure.Case{Name: "native " + workload.Names[kind], Limit: limits[kind], Check: func() (int, error) { return b.check(kind) }}
	keys := &b.keys[kind]
	c.Subject = func(n int) {
		var d engine.Decision
		for i := range n {
			b.s.Evaluate(keys[i%workload.Actors], &b.inputs[i%workload.Actors], nil, &d)
		}
		sink = d
	}
	c.Reference = func(n int) {
		on := false
		for i := range n {
			on = b.index[keys[i%workload.Actors]].on
		}
		found = on
	}
	if kind >= 2 {
		c.Reference = func(n int) {
			on := false
			for i := range n {
				key, actor := keys[i%workload.Actors], b.inputs[i%workload.Actors].Actor
				e := b.index[key]
				var buf [64]byte
				k := copy(buf[:], actor)
				k += copy(buf[k:], key)
				sum := sha256.Sum256(buf[:k])
				on = uint16(sum[0])<<8|uint16(sum[1]) <= e.score
			}
			found = on
		}
	}
	return c
}

// check compares the decisions for 1,024 users on each rotating key with answers worked out without the engine.
func (b *bench) check(kind int) (int, error) {
	const users = 1024
	var d engine.Decision
	checked, granted := 0, 0
	for _, key := range b.keys[kind] {
		for u := range users {
			in := b.inputs[0]
			in.Actor = workload.User(u)
			b.s.Evaluate(key, &in, nil, &d)
			enabled, variant := workload.Want(kind, key, in.Actor, b.listed)
			if d.Enabled != enabled || d.Variant != variant {
				return checked, fmt.Errorf("%s for %s: %v %q, want %v %q", key, in.Actor, d.Enabled, d.Variant, enabled, variant)
			}
			if enabled {
				granted++
			}
			checked++
		}
	}
	if kind == 1 && b.listed <= users && granted != b.listed*workload.Actors {
		return checked, fmt.Errorf("%d granted, want %d a flag", granted, b.listed)
	}
	return checked, nil
}

// all times W6, 1,000 flags for one actor, against the sum of its parts.
func (b *bench) all(report *measure.Report, parts float64) error {
	out := make([]engine.Decision, b.s.Len())
	x, err := measure.Run(measure.Case{
		Name: "native W6 all of 1,000 flags", Limit: 1,
		Subject: func(n int) {
			for i := range n {
				b.s.EvaluateAll(nil, &b.inputs[i%workload.Actors], nil, out)
			}
		},
		Check: func() (int, error) {
			n := b.s.EvaluateAll(nil, &b.inputs[5], nil, out)
			for i := range n {
				kind := int(b.s.Key(i)[1] - '1')
				enabled, variant := workload.Want(kind, b.s.Key(i), b.inputs[5].Actor, b.listed)
				if out[i].Enabled != enabled || out[i].Variant != variant {
					return int(i), fmt.Errorf("%s: %+v", b.s.Key(i), out[i])
				}
			}
			return int(n), nil
		},
	})
	if err != nil {
		return err
	}
	x.ReferenceNS, x.Ratio = parts, x.NS/parts
	return report.Put(x)
}

// manyActors compares one of 100,000 actors with one of 100.
func manyActors(report *measure.Report) error {
	few, err := newBench(workload.Kinds, workload.Listed)
	if err != nil {
		return err
	}
	many, err := newBench(workload.Kinds, engine.MaxTargets)
	if err != nil {
		return err
	}
	c := many.single(1)
	c.Name, c.Limit, c.Reference = "native 1 of 100,000 actors", 1.5, few.single(1).Subject
	_, err = report.Add(c)
	return err
}

// loading times loading a snapshot of 10,000 flags, and measures the memory it keeps.
func loading(report *measure.Report) error {
	data, err := workload.Compile(workload.Set(10_000, workload.Listed))
	if err != nil {
		return err
	}
	var s *engine.Snapshot
	x, err := measure.Run(measure.Case{
		Name: fmt.Sprintf("native load, 10,000 flags, %.1f MB", float64(len(data))/1e6),
		Subject: func(n int) {
			for range n {
				s, _ = engine.Load(data)
			}
		},
		Reference: func(n int) {
			for range n {
				found = sha256.Sum256(data)[0] == 0
			}
		},
		Check: func() (int, error) {
			loaded, err := engine.Load(data)
			if err != nil {
				return 0, err
			}
			if loaded.Len() != 10_000 {
				return 0, fmt.Errorf("%d flags", loaded.Len())
			}
			return int(loaded.Len()), nil
		},
	})
	if err != nil {
		return err
	}
	s = nil
	before := heap()
	s, err = engine.Load(data)
	x.Bytes = int64(heap() - before)
	runtime.KeepAlive(s)
	if err != nil {
		return err
	}
	if err := report.Put(x); err != nil {
		return err
	}
	fmt.Printf("%-34s %12.1f ms, %.1f MB kept (at most 40 ms and 15 MB)\n", "", x.NS/1e6, float64(x.Bytes)/1e6)
	return nil
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
