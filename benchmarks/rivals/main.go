// Command rivals times gonfalon and other flag libraries in one process, on the same workloads: W1 to W6 of package
// workload with 1,000 flags. Contexts are made before the clock starts, events and metrics are off, and nothing uses a
// network.
//
//	cd benchmarks/rivals && go run . [-o ../results/rivals.jsonl] [-only gonfalon,launchdarkly]
//
// It is a Go module of its own, so that users of gonfalon don't depend on the libraries it is compared with. Before a
// library is timed, its answers for 1,024 users are checked: W1 on for all, W2 for the 100 listed, W3 to W5 in the
// shares asked for. Samples of all libraries take turns, and the lowest of each counts, because a shared machine only
// ever adds time.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
)

const (
	flags   = 1000
	users   = 1024 // whose answers are checked
	samples = 8
	sample  = 40 * time.Millisecond
)

// library is one flag library with the flags of the workloads. Its contexts are those of workload.User(0) to
// User(users−1).
type library struct {
	name  string
	flags int // how many flags it has: as many as it can cope with
	// ask decides key for user: on or off for W1 to W4, a variant's name for W5.
	ask func(kind int, key string, user int) (on bool, variant string)
	// all decides every flag for user, and returns how many.
	all   func(user int) int
	close func()
}

var makers = []struct {
	name string
	make func(dir string) (*library, error)
}{
	{"gonfalon engine", gonfalonEngine},
	{"gonfalon SDK", gonfalonSDK},
	{"launchdarkly evaluator", launchdarklyEvaluator},
	{"launchdarkly SDK", launchdarklySDK},
	{"growthbook", growthbookSDK},
	{"devcycle", devcycleSDK},
	{"unleash", unleashSDK},
	{"go-feature-flag", goffSDK},
	{"flagd core", flagdCore},
}

// These are the ratios that gonfalon must keep: five times as fast as the fastest library on W1 and W2.
// benchmarks/engine compares the other workloads with their floor.
const limit = 0.2

func main() {
	out := flag.String("o", "../results/rivals.jsonl", "append one JSON line a case to this file")
	only := flag.String("only", "", "parts of the names of the libraries to time, separated by commas; empty: all")
	flag.Parse()
	if err := run(*out, *only); err != nil {
		log.Fatal(err)
	}
}

func run(out, only string) error {
	runtime.GOMAXPROCS(1)
	dir, err := os.MkdirTemp("", "rivals")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var libraries []*library
	for _, m := range makers {
		wanted := only == "" || slices.ContainsFunc(strings.Split(only, ","), func(part string) bool { return strings.Contains(m.name, part) })
		if !wanted {
			continue
		}
		l, err := m.make(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		defer l.close()
		l.name = m.name
		if err := l.check(); err != nil {
			return fmt.Errorf("%s: wrong answer: %w", l.name, err)
		}
		libraries = append(libraries, l)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	fmt.Printf("%s · %s · commit %s · GOMAXPROCS=1 · ns a decision, W6: a call for all flags\n", measure.Machine(), runtime.Version(), measure.Commit())
	for kind := range workload.Kinds {
		if err := report(file, workload.Names[kind], libraries, func(l *library) func(int) { return l.single(kind) }); err != nil {
			return err
		}
	}
	return report(file, "W6 all of 1,000 flags", libraries, func(l *library) func(int) {
		return func(n int) {
			for i := range n {
				// A library with fewer flags is asked more often, to make up for it.
				for done := 0; done < flags; done += l.flags {
					l.all(i % workload.Actors)
				}
			}
		}
	})
}

// single decides one flag at a time, rotating through flags and users.
func (l *library) single(kind int) func(int) {
	var keys [workload.Actors]string
	for i := range keys {
		keys[i] = workload.Key(kind, i*(l.flags/workload.Kinds)/workload.Actors)
	}
	return func(n int) {
		for i := range n {
			at := i % workload.Actors
			l.ask(kind, keys[at], at*3)
		}
	}
}

// check compares the answers for 1,024 users.
func (l *library) check() error {
	key := func(kind int) string { return workload.Key(kind, l.flags/workload.Kinds/2) }
	on := [workload.Kinds]int{}
	shares := map[string]int{}
	for user := range users {
		for kind := range workload.Kinds {
			yes, variant := l.ask(kind, key(kind), user)
			if kind == 4 {
				shares[variant]++
			} else if yes {
				on[kind]++
			}
			if kind == 1 && yes != (user < workload.Listed) {
				return fmt.Errorf("W2 is %v for %s", yes, workload.User(user))
			}
		}
	}
	if on[0] != users {
		return fmt.Errorf("W1 is on for %d of %d", on[0], users)
	}
	within := func(what string, got int, share float64) error {
		if d := float64(got)/users - share; d < -0.06 || d > 0.06 { // four standard deviations
			return fmt.Errorf("%s is %d of %d, not %v", what, got, users, share)
		}
		return nil
	}
	for what, share := range map[string]float64{"blue": 0.4, "green": 0.3, "red": 0.2, "white": 0.1} {
		if err := within("W5 "+what, shares[what], share); err != nil {
			return err
		}
	}
	if err := within("W3", on[2], 0.25); err != nil {
		return err
	}
	if err := within("W4", on[3], 0.5); err != nil {
		return err
	}
	if got := l.all(5); got != l.flags {
		return fmt.Errorf("all flags are %d of %d", got, l.flags)
	}
	return nil
}

// report times one workload with every library in turn, and writes a line for each.
func report(out io.Writer, what string, libraries []*library, subject func(*library) func(int)) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a garbage collection would land in one library's sample
	times, runs, sizes := make([]float64, len(libraries)), make([]func(int), len(libraries)), make([]int, len(libraries))
	for i, l := range libraries {
		runs[i] = subject(l)
		sizes[i] = calibrate(runs[i])
	}
	for range samples {
		for i := range libraries {
			runtime.GC()
			if t := timed(runs[i], sizes[i]); times[i] == 0 || t < times[i] {
				times[i] = t
			}
		}
	}
	fmt.Println("\n" + what)
	for i, l := range libraries {
		r := measure.Result{
			Name: l.name + ", " + what, NS: times[i], Allocations: testing.AllocsPerRun(20, func() { runs[i](1) }), Checked: users * workload.Kinds,
			Machine: measure.Machine(), Go: runtime.Version(), Commit: measure.Commit(),
		}
		if rival := fastest(l.name, libraries, times); rival > 0 {
			r.ReferenceNS, r.Ratio = rival, r.NS/rival
			if strings.HasPrefix(what, "W1") || strings.HasPrefix(what, "W2") {
				r.Limit = limit
			}
		}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
		note := ""
		if r.Ratio > 0 {
			note = fmt.Sprintf("%6.1f× as fast as the fastest it is compared with", 1/r.Ratio)
		}
		fmt.Printf("  %-24s %12.1f ns %8.0f allocs %s\n", l.name, r.NS, r.Allocations, note)
	}
	return nil
}

// fastest returns the time to compare with: the engine is compared with LaunchDarkly's evaluator alone, the SDK with
// every SDK.
func fastest(name string, libraries []*library, times []float64) float64 {
	least := 0.0
	for i, l := range libraries {
		alone := l.name == "launchdarkly evaluator"
		if strings.HasPrefix(l.name, "gonfalon") || name == "gonfalon engine" && !alone || name == "gonfalon SDK" && alone || !strings.HasPrefix(name, "gonfalon") {
			continue
		}
		if least == 0 || times[i] < least {
			least = times[i]
		}
	}
	return least
}

func timed(f func(int), n int) float64 {
	start := time.Now()
	f(n)
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}

func calibrate(f func(int)) int {
	for n := 1; ; n *= 2 {
		start := time.Now()
		f(n)
		if d := time.Since(start); d >= sample/2 {
			return max(int(float64(n)*float64(sample)/float64(d)), 1)
		}
	}
}
