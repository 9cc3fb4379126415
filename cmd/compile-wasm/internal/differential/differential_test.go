package differential_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/differential"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/shards"
	"github.com/gonfalon-flags/gonfalon/engine"
)

var (
	cases = flag.Int("cases", 50_000, "how many decisions and other calls to compare")
	seed  = flag.Uint64("seed", 1, "of the rounds")
	keep  = flag.Bool("keep", false, "keep what parts of the rounds find, and pass over those that were run before")
	shard = &shards.Shard{Index: 1, Of: 1}
)

func init() { flag.Var(shard, "shard", "which part of the rounds to run, with -keep: 2/8") }

const (
	callsPerRound = 250
	casesPerRound = 200 // and more: a snapshot that is refused takes no calls
)

// guest is the package that the module is made of, from here.
const guest = "../../../../wasm/guest"

// process is a native build in another process.
type process struct {
	in  io.WriteCloser
	w   *bufio.Writer
	r   *bufio.Reader
	cmd *exec.Cmd
}

func (p *process) Run(r *differential.Round) ([]differential.Answer, error) {
	if err := differential.WriteRound(p.w, r); err != nil {
		return nil, err
	}
	return differential.ReadAnswers(p.r)
}

// native386 builds and starts the oracle for 386.
func native386(t *testing.T) *process {
	bin := filepath.Join(t.TempDir(), "oracle")
	goTool(t, []string{"GOARCH=386", "CGO_ENABLED=0"}, "build", "-o", bin, "./oracle")
	p := &process{cmd: exec.Command(bin)}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.in.Close()
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("the 386 oracle: %v", err)
		}
	})
	p.w, p.r = bufio.NewWriter(p.in), bufio.NewReader(out)
	return p
}

func goTool(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func module(t *testing.T, optimise, interpreter bool) differential.Build {
	res, err := build.Build(t.Context(), build.Config{Load: load.Config{Pattern: guest}, Optimise: optimise, Default: build.Keep})
	if err != nil {
		t.Fatal(err)
	}
	return start(t, res.Module, interpreter)
}

// standard is the module that Go's own toolchain makes.
func standard(t *testing.T) differential.Build {
	out := filepath.Join(t.TempDir(), "standard.wasm")
	goTool(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, "build", "-buildmode=c-shared", "-ldflags=-s -w", "-tags="+load.ModuleTag, "-o", out, guest)
	bin, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, bin, false)
}

func start(t *testing.T, bin []byte, interpreter bool) differential.Build {
	m, err := differential.NewModule(context.Background(), bin, interpreter)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close(context.Background()) })
	return m
}

// builds are all that are compared with the native engine.
type builds []struct {
	name string
	differential.Build
}

func allBuilds(t *testing.T) builds {
	return builds{
		{"native 386", native386(t)},
		{"module, -O0", module(t, false, false)},
		{"module", module(t, true, false)},
		{"module of the standard toolchain", standard(t)},
	}
}

// TestBuildsAgree compares all builds with the native engine. What the cases
// cover is counted, and has to be enough.
func TestBuildsAgree(t *testing.T) {
	if *keep {
		t.Skip("parts are run instead")
	}
	native, builds, done := new(differential.Native), allBuilds(t), 0
	for n := uint64(0); done < *cases; n++ {
		done += builds.agree(t, native, n)
	}
	coverage(t, &native.Counts, done)
}

// agree compares all builds in one round, and returns how many cases it had.
func (list builds) agree(t *testing.T, native *differential.Native, n uint64) int {
	t.Helper()
	round, err := differential.NewRound(*seed, n, callsPerRound)
	if err != nil {
		t.Fatalf("round %d: %v", n, err)
	}
	want, err := native.Run(round)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		got, err := b.Run(round)
		if err != nil {
			t.Fatalf("round %d, %s: %v", n, b.name, err)
		}
		if at := differ(got, want); at >= 0 {
			what := "load"
			if at > 0 {
				what = fmt.Sprintf("call %d, %s of %x", at-1, round.Calls[at-1].Export, round.Calls[at-1].Data)
			}
			t.Fatalf("seed %d, round %d, %s: %s: %v, natively %v", *seed, n, b.name, what, got[min(at, len(got)-1)], want[min(at, len(want)-1)])
		}
	}
	return len(want)
}

// TestParts runs the rounds that make up the cases in parts, keeps what each
// finds, and passes over those that were run before.
func TestParts(t *testing.T) {
	if !*keep { // it takes hours
		return
	}
	log, err := shards.Open("differential", "cmd/compile-wasm", "engine", "wasm")
	if err != nil {
		t.Fatal(err)
	}
	const rounds, agreed = 200, "no difference"
	native, builds := new(differential.Native), allBuilds(t)
	for part := range (*cases + rounds*casesPerRound - 1) / (rounds * casesPerRound) {
		first := uint64(part) * rounds
		item := fmt.Sprintf("seed %d, rounds %d to %d", *seed, first, first+rounds-1)
		if e, ok := log.Of(item); !shard.Takes(part) || ok && e.Found == agreed {
			continue
		}
		done := 0
		for n := range uint64(rounds) {
			done += builds.agree(t, native, first+n)
		}
		t.Logf("%s: %d cases", item, done)
		if err := log.Add(item, agreed, done); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for _, e := range log.Entries() {
		total += e.Count
	}
	t.Logf("%d of %d cases so far in all shards, 0 differences: %s", total, *cases, log.Path)
}

// differ is the first place in which two lists differ, or −1.
func differ(a, b []differential.Answer) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

// coverage prints what was decided, and wants each reason, gate and operator
// often: 1,000 times in a million cases.
func coverage(t *testing.T, c *differential.Counts, done int) {
	t.Logf("%d cases, %d decisions; %d snapshots loaded, %d refused; %d requests malformed", done, c.Decisions, c.Loaded, c.Refused, c.Malformed)
	floor := min(max(done/1000, 20), 1000)
	check := func(what string, names func(i int) string, counts []int) {
		var list []string
		for i, n := range counts {
			name := names(i)
			if name == "" {
				continue
			}
			list = append(list, fmt.Sprintf("%s %d", name, n))
			if n < floor {
				t.Errorf("%s %s: %d cases, want %d", what, name, n, floor)
			}
		}
		t.Logf("%s: %s", what, strings.Join(list, ", "))
	}
	check("reason", func(i int) string { return name(engine.Reason(i).String, i <= int(engine.ReasonPrerequisite)) }, c.Reasons[:])
	check("gate", func(i int) string { return name(engine.Gate(i).String, i <= int(engine.GateKill)) }, c.Gates[:])
	check("operator", func(i int) string { return name(engine.Operator(i).String, i != int(engine.OpNever)) }, c.Operators[:])
	if unknown := c.Reasons[engine.ReasonUnknownFlag]; unknown*10 > c.Decisions {
		t.Errorf("%d of %d decisions ask for a flag that isn't there", unknown, c.Decisions)
	}
}

func name(s func() string, known bool) string {
	if !known {
		return ""
	}
	return s()
}
