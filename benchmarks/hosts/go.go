package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/wasmengine"
)

const questions = 64 // flags and actors that take turns

var sink bool // keeps the compiler from leaving out what is timed

// open makes a client that counts its usage but doesn't report it.
func open(by string, data []byte) (*gonfalon.Client, error) {
	config := gonfalon.Config{
		Bootstrap: data, ReadyWithin: -1, Logger: slog.New(slog.DiscardHandler),
		ReportUsage: func(context.Context, string, []gonfalon.FlagUsage) error { return nil },
	}
	if by == "wazero" {
		var err error
		if config.Engine, err = wasmengine.New(context.Background(), wasmengine.Config{}); err != nil {
			return nil, err
		}
	}
	return gonfalon.New(context.Background(), config)
}

// printGo measures the Go SDK by an engine, and prints its figures.
func printGo(by string) error {
	folder := os.Getenv("GONFALON_BENCH")
	small, large := filepath.Join(folder, "1000.snapshot"), filepath.Join(folder, "10000.snapshot")
	data, err := os.ReadFile(small)
	if err != nil {
		return err
	}
	flags, err := open(by, data)
	if err != nil {
		return err
	}
	defer flags.Close()
	f := figures{Lang: "go", Engine: by, Decide: map[string]float64{}, Prepared: map[string]float64{}}
	b := newSubject(flags)
	for kind := range kinds {
		if f.Decide[kinds[kind]], err = f.time(b.decide(kind), func() (int, error) { return b.check(kind) }); err != nil {
			return err
		}
		if f.Prepared[kinds[kind]], err = f.time(b.prepared(kind), func() (int, error) { return b.check(kind) }); err != nil {
			return err
		}
	}
	if f.Batch, err = f.time(b.batch(), b.checkBatch); err != nil {
		return err
	}
	if f.Load, err = load(by, large); err != nil {
		return err
	}
	if f.Start, err = start(by, small); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	peak, err := exec.Command(self, "-engine", by, "-serve", large).Output()
	if err != nil {
		return err
	}
	if f.Memory, err = strconv.ParseFloat(strings.TrimSpace(string(peak)), 64); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

// time checks the answers, and returns the nanoseconds of one operation.
func (f *figures) time(subject func(n int), check func() (int, error)) (float64, error) {
	r, err := measure.Run(measure.Case{Name: "go", Subject: subject, Check: check})
	f.Checked += r.Checked
	return r.NS, err
}

// subject asks a client.
type subject struct {
	flags    *gonfalon.Client
	actors   [questions]string
	contexts [questions]gonfalon.Option
	keys     [][questions]string // by kind
	hundred  []string
}

func newSubject(flags *gonfalon.Client) *subject {
	b := &subject{flags: flags, keys: make([][questions]string, len(kinds))}
	for i := range questions {
		b.actors[i] = workload.User(3 * i)
		b.contexts[i] = gonfalon.Prepare(gonfalon.For(b.actors[i]), gonfalon.Attributes(workload.Attributes()))
		for kind, name := range kinds {
			b.keys[kind][i] = fmt.Sprintf("%s_%05d", name, i)
		}
	}
	for i := range 100 {
		b.hundred = append(b.hundred, fmt.Sprintf("%s_%05d", kinds[i%len(kinds)], i/len(kinds)))
	}
	return b
}

func (b *subject) decide(kind int) func(int) {
	attributes := workload.Attributes()
	return func(n int) {
		for i := range n {
			sink = b.flags.Enabled(b.keys[kind][i%questions], gonfalon.For(b.actors[i%questions]), gonfalon.Attributes(attributes))
		}
	}
}

func (b *subject) prepared(kind int) func(int) {
	return func(n int) {
		for i := range n {
			sink = b.flags.Enabled(b.keys[kind][i%questions], b.contexts[i%questions])
		}
	}
}

func (b *subject) batch() func(int) {
	decisions := make([]gonfalon.Decision, 0, len(b.hundred))
	return func(n int) {
		for i := range n {
			decisions = b.flags.AppendAll(decisions[:0], b.hundred, b.contexts[i%questions])
		}
	}
}

// right is the right answer, from the definitions and not by the engine.
func right(kind int, key, actor string) bool {
	return float64(engine.Score(actor, key))/65536 <= []float64{1, 0.25, 0.5}[kind]
}

func (b *subject) check(kind int) (int, error) {
	for _, key := range b.keys[kind] {
		for i, actor := range b.actors {
			want := right(kind, key, actor)
			if b.flags.Enabled(key, b.contexts[i]) != want || b.flags.Enabled(key, gonfalon.For(actor), gonfalon.Attributes(workload.Attributes())) != want {
				return 0, fmt.Errorf("%s for %s isn't %t", key, actor, want)
			}
		}
	}
	return 2 * questions * questions, nil
}

func (b *subject) checkBatch() (int, error) {
	for i, d := range b.flags.AppendAll(nil, b.hundred, b.contexts[1]) {
		if d.Enabled != right(i%len(kinds), b.hundred[i], b.actors[1]) {
			return 0, fmt.Errorf("%s in a batch is %t", d.Key, d.Enabled)
		}
	}
	return len(b.hundred), nil
}

// load returns how many milliseconds it takes from a snapshot's bytes until it serves.
func load(by, path string) (float64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	e := gonfalon.Native()
	if by == "wazero" {
		module, err := wasmengine.New(context.Background(), wasmengine.Config{})
		if err != nil {
			return 0, err
		}
		defer module.Close()
		e = module
	}
	var best time.Duration
	for range 10 {
		begin := time.Now()
		flags, err := gonfalon.New(context.Background(), gonfalon.Config{Bootstrap: data, Engine: e, ReadyWithin: -1, Logger: slog.New(slog.DiscardHandler)})
		taken := time.Since(begin)
		if err != nil {
			return 0, err
		}
		flags.Close()
		if best == 0 || taken < best {
			best = taken
		}
	}
	return best.Seconds() * 1e3, nil
}

// start returns how many milliseconds pass from the start of a process to its first decision.
func start(by, path string) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	var best time.Duration
	for range 10 {
		begin := time.Now()
		if said, err := exec.Command(self, "-engine", by, "-first", path).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%w: %s", err, said)
		}
		if taken := time.Since(begin); best == 0 || taken < best {
			best = taken
		}
	}
	return best.Seconds() * 1e3, nil
}

func firstDecision(by, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	flags, err := open(by, data)
	if err != nil {
		return err
	}
	defer flags.Close()
	if !flags.Enabled("boolean_00000", gonfalon.For("user:000003")) {
		return fmt.Errorf("the first decision is wrong")
	}
	return nil
}

// printMemory prints the megabytes of the peak of resident memory of a process that serves a snapshot.
func printMemory(by, path string) error {
	if err := firstDecision(by, path); err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kb float64
	if _, err := fmt.Sscan(peak, &kb); err != nil {
		return err
	}
	fmt.Println(kb / 1024)
	return nil
}
