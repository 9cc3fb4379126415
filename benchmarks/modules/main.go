// Command modules times two modules against each other, in each machine that is here: V8 (node), wazero's compiler and
// its interpreter, and C (wasm2c and cc). It also tells their sizes.
//
//	go run ./benchmarks/modules [-starts 7] [-samples 40] BEFORE.wasm AFTER.wasm
//
// The modules take turns, and the lowest sample of each counts. The ratio is the median of those of all starts. Every
// answer is compared with the native engine's.
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
	"slices"
	"strings"
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
	starts := flag.Int("starts", 7, "how often each machine is started")
	samples := flag.Int("samples", 40, "how often each module is timed then")
	only := flag.String("only", "", "time the machines alone whose names begin so")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("want two modules: BEFORE.wasm AFTER.wasm")
	}
	if err := run(flag.Args(), *only, *starts, *samples); err != nil {
		log.Fatal(err)
	}
}

func run(files []string, only string, starts, samples int) error {
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
		if !strings.HasPrefix(kind.name, only) {
			continue
		}
		if err := compare(kind, work, files, starts, samples); err != nil {
			return err
		}
	}
	return nil
}

// compare starts the machines anew several times: how fast one is also depends on where its code came to lie.
func compare(kind kind, work *work, files []string, starts, samples int) error {
	lowest := make([][2]float64, len(work.names))
	ratios := make([][]float64, len(work.names))
	for range starts {
		one, err := once(kind, work, files, samples)
		if errors.Is(err, errMissing) {
			fmt.Printf("%-22s %v\n", kind.name, err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		for group, ns := range one {
			ratios[group] = append(ratios[group], ns[1]/ns[0])
			for i, n := range ns {
				lowest[group][i] = min(cmp.Or(lowest[group][i], n), n)
			}
		}
	}
	for group, name := range work.names {
		slices.Sort(ratios[group])
		fmt.Printf("%-22s %-24s %10.1f %10.1f %8.3f\n", kind.name, name, lowest[group][0], lowest[group][1], ratios[group][starts/2])
	}
	return nil
}

// once returns the lowest sample of each group, for both modules.
func once(kind kind, work *work, files []string, samples int) ([][2]float64, error) {
	var both [2]machine
	for i, file := range files {
		m, err := kind.start(context.Background(), work, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		defer m.close()
		both[i] = m
	}
	lowest := make([][2]float64, len(work.names))
	for group := range work.names {
		for range samples {
			for i, m := range both {
				ns, err := m.sample(group)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", files[i], err)
				}
				lowest[group][i] = min(cmp.Or(lowest[group][i], ns), ns)
			}
		}
	}
	return lowest, nil
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
