// Command modules times two modules against each other, in each machine that is here: V8 (node), wazero's compiler and
// its interpreter, and C (wasm2c and cc). It also tells their sizes.
//
//	go run ./benchmarks/modules [-samples 200] BEFORE.wasm AFTER.wasm
//
// The modules take turns in one run, and the lowest sample of each counts. All answers are checked against the native
// engine's first.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// sample is how long a machine works for one figure: so short that a busy machine leaves many alone.
const sample = 2 * time.Millisecond

// machine has loaded a module. It answers the requests of a group, one after the other, for the length of a sample.
type machine interface {
	sample(group int) (ns float64, err error)
	close() error
}

func main() {
	samples := flag.Int("samples", 200, "how often each module is timed")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("want two modules: BEFORE.wasm AFTER.wasm")
	}
	if err := run(flag.Args(), *samples); err != nil {
		log.Fatal(err)
	}
}

func run(files []string, samples int) error {
	dir, err := os.MkdirTemp("", "modules")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes, %d gzipped\n", file, len(code), zipped(code))
	}
	work, err := newWork(dir)
	if err != nil {
		return err
	}
	fmt.Printf("\n%-22s %-24s %10s %10s %8s\n", "ns", "", "before", "after", "after ÷ before")
	for _, kind := range machines {
		if err := compare(kind, work, files, samples); err != nil {
			return err
		}
	}
	return nil
}

func compare(kind kind, work *work, files []string, samples int) error {
	var both [2]machine
	for i, file := range files {
		m, err := kind.start(context.Background(), work, file)
		if errors.Is(err, errMissing) {
			fmt.Printf("%-22s %v\n", kind.name, err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", kind.name, file, err)
		}
		defer m.close()
		both[i] = m
	}
	for group, name := range work.names {
		var ns [2]float64
		for range samples {
			for i, m := range both {
				one, err := m.sample(group)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", kind.name, files[i], err)
				}
				ns[i] = min(cmp.Or(ns[i], one), one)
			}
		}
		fmt.Printf("%-22s %-24s %10.1f %10.1f %8.3f\n", kind.name, name, ns[0], ns[1], ns[1]/ns[0])
	}
	return nil
}

func zipped(code []byte) int {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	z.Write(code)
	z.Close()
	return b.Len()
}

// work is a snapshot, and groups of requests with their answers, here and as files.
type work struct {
	dir      string
	snapshot []byte
	names    []string
	groups   [][]question
}

type question struct {
	want    uint32
	request []byte
}

func newWork(dir string) (*work, error) {
	const flags = 1000
	data, err := workload.Compile(workload.Set(flags, workload.Listed))
	if err != nil {
		return nil, err
	}
	native, err := engine.Load(data)
	if err != nil {
		return nil, err
	}
	w := &work{dir: dir, snapshot: data}
	var file []byte
	for kind := range workload.Kinds {
		var group []question
		for i := range workload.Actors {
			r := workload.Request(workload.Key(kind, i*(flags/workload.Kinds)/workload.Actors), i)
			b, err := r.Append(nil)
			if err != nil {
				return nil, err
			}
			var parsed engine.Request
			var d engine.Decision
			parsed.Parse(string(b))
			native.Evaluate(parsed.Flag, &parsed.Input, nil, &d)
			group = append(group, question{d.Pack(), b})
		}
		w.groups, w.names = append(w.groups, group), append(w.names, workload.Names[kind])
	}
	for _, group := range w.groups {
		file = binary.LittleEndian.AppendUint32(file, uint32(len(group)))
		for _, q := range group {
			file = binary.LittleEndian.AppendUint32(file, q.want)
			file = binary.LittleEndian.AppendUint32(file, uint32(len(q.request)))
			file = append(file, q.request...)
		}
	}
	return w, errors.Join(os.WriteFile(filepath.Join(dir, "snapshot"), data, 0o644), os.WriteFile(filepath.Join(dir, "requests"), file, 0o644))
}
