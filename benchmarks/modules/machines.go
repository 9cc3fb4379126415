package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// kind is a kind of machine.
type kind struct {
	name  string
	start func(ctx context.Context, w *work, file string) (machine, error)
}

var machines = []kind{
	{"V8", inV8},
	{"wazero", func(ctx context.Context, w *work, file string) (machine, error) {
		return inWazero(ctx, w, file, wazero.NewRuntimeConfigCompiler())
	}},
	{"wazero, interpreted", func(ctx context.Context, w *work, file string) (machine, error) {
		return inWazero(ctx, w, file, wazero.NewRuntimeConfigInterpreter())
	}},
	{"C (wasm2c)", inC},
}

// errMissing says that a machine isn't installed.
var errMissing = errors.New("isn't here")

type wazeroMachine struct {
	runtime  wazero.Runtime
	memory   api.Memory
	evaluate api.Function
	at       uint32
	work     *work
	stack    [1]uint64
}

func inWazero(ctx context.Context, w *work, file string, cfg wazero.RuntimeConfig) (machine, error) {
	code, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m := &wazeroMachine{runtime: wazero.NewRuntimeWithConfig(ctx, cfg), work: w}
	mod, err := m.runtime.Instantiate(ctx, code)
	if err != nil {
		return nil, err
	}
	m.memory, m.evaluate = mod.Memory(), mod.ExportedFunction("evaluate")
	call := func(name string, n int) uint32 {
		out, e := mod.ExportedFunction(name).Call(ctx, uint64(n))
		if err = errors.Join(err, e); e != nil {
			return 0
		}
		return uint32(out[0])
	}
	m.memory.Write(call("snapshot", len(w.snapshot)), w.snapshot)
	if status := call("load", len(w.snapshot)); status != 0 || err != nil {
		return nil, fmt.Errorf("load: %d, %w", status, err)
	}
	m.at = call("request", 64<<10)
	return m, err
}

func (m *wazeroMachine) sample(group int) (float64, error) {
	questions, n := m.work.groups[group], 0
	start := time.Now()
	for time.Since(start) < sample {
		for _, q := range questions {
			m.memory.Write(m.at, q.request)
			m.stack[0] = uint64(len(q.request))
			if err := m.evaluate.CallWithStack(context.Background(), m.stack[:]); err != nil {
				return 0, err
			}
			if uint32(m.stack[0]) != q.want {
				return 0, fmt.Errorf("the answer is %#x, want %#x", m.stack[0], q.want)
			}
		}
		n += len(questions)
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n), nil
}

func (m *wazeroMachine) close() error { return m.runtime.Close(context.Background()) }

// process is a machine in a program of its own, which gets the number of a group a line, and answers a line with the
// nanoseconds of each decision.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startProcess(ctx context.Context, name string, args ...string) (machine, error) {
	if _, err := exec.LookPath(name); err != nil {
		return nil, fmt.Errorf("%s %w", name, errMissing)
	}
	p := &process{cmd: exec.CommandContext(ctx, name, args...)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

func (p *process) sample(group int) (ns float64, err error) {
	fmt.Fprintln(p.in, group)
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Sscan(line, &ns); err != nil {
		return 0, errors.New(strings.TrimSpace(line))
	}
	return ns, nil
}

func (p *process) close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

//go:embed machines/decide.mjs
var script []byte

func inV8(ctx context.Context, w *work, file string) (machine, error) {
	path := filepath.Join(w.dir, "decide.mjs")
	if err := os.WriteFile(path, script, 0o644); err != nil {
		return nil, err
	}
	return startProcess(ctx, "node", path, file, w.dir, fmt.Sprint(sample.Milliseconds()))
}

//go:embed machines/decide.c
var program []byte

// inC translates a module as the C library does, and compiles it with wabt's runtime.
func inC(ctx context.Context, w *work, file string) (machine, error) {
	for _, tool := range []string{"wasm2c", "cc"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%s %w", tool, errMissing)
		}
	}
	runtime, err := filepath.Abs("hostsdk/c/src/wasm2c")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(w.dir, "c")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "decide.c"), program, 0o644); err != nil {
		return nil, err
	}
	built := filepath.Join(dir, "decide")
	for _, args := range [][]string{
		{"wasm2c", "--module-name", "gonfalon", file, "-o", filepath.Join(dir, "engine.c")},
		{"cc", "-std=c11", "-O2", "-w", "-I", dir, "-I", runtime, filepath.Join(dir, "decide.c"), "-lm", "-o", built},
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", args[0], err, out)
		}
	}
	return startProcess(ctx, built, w.dir, fmt.Sprint(sample.Milliseconds()))
}
