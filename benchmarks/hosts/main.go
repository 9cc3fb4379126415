// Command hosts times the SDK of every language on one workload, and prints one table: decisions, a batch of 100, loading 10,000
// flags, the start of a process, memory, the size of the package.
//
//	go run ./benchmarks/hosts [-o benchmarks/results/latest.jsonl] [-only java,ruby]
//
// Each SDK measures itself and checks its answers: bench.sh in its folder prints its figures as JSON. Native Go is the control: it
// is measured beside each host, before and after, and a host's figures are ratios to the lower of the two. What a machine adds to
// both cancels. Absolute times of two runs say nothing.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
)

func main() {
	out := flag.String("o", "benchmarks/results/latest.jsonl", "append one JSON line a host to this file")
	only := flag.String("only", "", "measure these hosts alone: names with commas between")
	self := flag.String("self", "", "measure Go itself, and print the figures: native or wazero")
	first := flag.String("first", "", "decide once by this snapshot")
	serve := flag.String("serve", "", "serve this snapshot, and print the peak of resident memory")
	engine := flag.String("engine", "native", "the engine of -first and -serve")
	flag.Parse()
	var err error
	switch {
	case *first != "":
		err = firstDecision(*engine, *first)
	case *serve != "":
		err = printMemory(*engine, *serve)
	case *self != "":
		err = printGo(*self)
	default:
		err = run(*out, *only)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// figures are what a host says of itself.
type figures struct {
	Lang     string             `json:"lang"`
	Engine   string             `json:"engine"`
	Decide   map[string]float64 `json:"decide_ns"`
	Prepared map[string]float64 `json:"prepared_ns"`
	Batch    float64            `json:"batch100_ns"`
	Load     float64            `json:"load10000_ms"`
	Start    float64            `json:"start_ms"`
	Memory   float64            `json:"memory_mb"`
	Package  float64            `json:"package_kb"`
	Checked  int                `json:"answers_checked"`
}

// host is an SDK that measures itself. Without a command it is hostsdk/<folder>/bench.sh.
type host struct {
	name, folder string
	command      []string
	engine       string // of the SDKs that have two
}

const venv = "hostsdk/python/.venv/bin/python"

func hosts() ([]host, error) {
	self, err := os.Executable()
	return []host{
		{name: "go", command: []string{self, "-self", "native"}},
		{name: "go-wazero", command: []string{self, "-self", "wazero"}},
		{name: "js", command: []string{"node", "--expose-gc", "benchmarks/hosts/bench.mjs"}},
		{name: "python-wasmtime", command: []string{venv, "benchmarks/hosts/bench.py"}, engine: "wasmtime"},
		{name: "python-c", command: []string{venv, "benchmarks/hosts/bench.py"}, engine: "c"},
		{name: "c", folder: "c"},
		{name: "elixir", folder: "elixir"},
		{name: "java", folder: "java"},
		{name: "rust", folder: "rust", engine: "c"},
		{name: "rust-wasmi", folder: "rust", engine: "wasmi"},
		{name: "ruby", folder: "ruby"},
		{name: "php", folder: "php"},
		{name: "dotnet", folder: "dotnet"},
	}, err
}

// result is a host's figures beside the control's.
type result struct {
	Name string `json:"name"`
	figures
	Control figures `json:"control"`
	Machine string  `json:"machine"`
	Commit  string  `json:"commit"`
}

func run(out, only string) error {
	all, err := hosts()
	if err != nil {
		return err
	}
	tools, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tools)
	file, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	fmt.Printf("%s · commit %s\n", measure.Machine(), measure.Commit())
	printHead()
	var failed []string
	before, err := all[0].measure(tools)
	if err != nil {
		return err
	}
	for _, h := range all {
		if only != "" && !slices.Contains(strings.Split(only, ","), h.name) {
			continue
		}
		if why := h.missing(); why != "" {
			fmt.Printf("%-16s not run: %s\n", h.name, why)
			continue
		}
		got, err := h.measure(tools)
		if err != nil {
			fmt.Printf("%-16s FAILED: %v\n", h.name, err)
			failed = append(failed, h.name)
			continue
		}
		after, err := all[0].measure(tools)
		if err != nil {
			return err
		}
		r := result{Name: "host " + h.name, figures: *got, Control: lower(before, after), Machine: measure.Machine(), Commit: measure.Commit()}
		before = after
		r.print(h.name)
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := file.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	if failed != nil {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

// build builds what the SDKs' benchmarks call into a folder, and names it in the environment.
func build() (folder string, err error) {
	if folder, err = os.MkdirTemp("", "gonfalon-bench-"); err != nil {
		return "", err
	}
	for name, source := range map[string]string{"GONFALON_BIN": "./cmd/gonfalon", "GONFALON_CONTRACT": "./hostsdk/contract"} {
		binary := filepath.Join(folder, filepath.Base(source))
		if said, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
			return folder, fmt.Errorf("go build %s: %w\n%s", source, err, said)
		}
		if err := os.Setenv(name, binary); err != nil {
			return folder, err
		}
	}
	return folder, exec.Command(os.Getenv("GONFALON_CONTRACT"), "bench", folder).Run()
}

// missing says why the host can't be measured here.
func (h *host) missing() string {
	if h.folder == "" {
		if _, err := exec.LookPath(h.command[0]); err != nil {
			return "there is no " + h.command[0]
		}
		return ""
	}
	if _, err := os.Stat("hostsdk/" + h.folder + "/bench.sh"); err != nil {
		return "there is no hostsdk/" + h.folder + "/bench.sh"
	}
	said, err := exec.Command("bash", "-c", ". scripts/languages; language_runs "+h.folder).Output()
	if err != nil {
		return string(bytes.TrimSpace(said))
	}
	return ""
}

// measure runs the host's benchmark.
func (h *host) measure(tools string) (*figures, error) {
	command := h.command
	if command == nil {
		command = []string{"hostsdk/" + h.folder + "/bench.sh"}
	}
	run := exec.Command(command[0], command[1:]...)
	run.Env = append(os.Environ(), "GONFALON_BENCH="+tools)
	if h.engine != "" {
		run.Env = append(run.Env, "GONFALON_ENGINE="+h.engine)
	}
	var problems bytes.Buffer
	run.Stderr = &problems
	out, err := run.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, &problems)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	f := &figures{}
	if err := json.Unmarshal(lines[len(lines)-1], f); err != nil {
		return nil, fmt.Errorf("its last line is no JSON: %w", err)
	}
	if f.Checked == 0 {
		return nil, fmt.Errorf("it has checked no answer")
	}
	return f, nil
}
