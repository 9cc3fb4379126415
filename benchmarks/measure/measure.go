// Package measure times a subject against a reference in one run, so that a result is a ratio. The speed of a shared
// machine often changes by a factor of two between runs, and seldom within one.
//
// Each case first checks its answers. Then samples of reference and subject alternate, and the lowest of each counts,
// because a busy machine only ever adds time.
package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

const (
	samples = 12
	sample  = 25 * time.Millisecond
)

// Case is one thing to time. Each of its functions does n operations.
type Case struct {
	Name      string
	Subject   func(n int)
	Reference func(n int) // nil to time the subject by itself
	Check     func() (checked int, err error)
	Limit     float64 // the greatest ratio allowed; 0 for no limit
}

// Result is one line of a results file.
type Result struct {
	Name        string  `json:"name"`
	NS          float64 `json:"ns"`
	ReferenceNS float64 `json:"reference_ns,omitempty"`
	Ratio       float64 `json:"ratio,omitempty"`
	Limit       float64 `json:"limit,omitempty"`
	Allocations float64 `json:"allocations"`
	Bytes       int64   `json:"bytes,omitempty"` // of memory kept, if that was measured
	Checked     int     `json:"answers_checked"`
	Machine     string  `json:"machine"`
	Go          string  `json:"go"`
	Commit      string  `json:"commit"`
	Settings    string  `json:"godebug,omitempty"` // such as cpu.sha=off, which hides instructions from the standard library
}

// Run checks and times a case.
func Run(c Case) (Result, error) {
	r := Result{Name: c.Name, Limit: c.Limit, Machine: Machine(), Go: runtime.Version(), Commit: Commit(), Settings: os.Getenv("GODEBUG")}
	var err error
	if r.Checked, err = c.Check(); err != nil {
		return r, fmt.Errorf("%s: wrong answer: %w", c.Name, err)
	}
	r.Allocations = testing.AllocsPerRun(100, func() { c.Subject(1) })
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would land in one sample and not in its neighbour
	n, m := calibrate(c.Subject), 0
	if c.Reference != nil {
		m = calibrate(c.Reference)
	}
	for range samples {
		runtime.GC()
		if c.Reference != nil {
			r.ReferenceNS = lowest(r.ReferenceNS, timed(c.Reference, m))
		}
		r.NS = lowest(r.NS, timed(c.Subject, n))
	}
	if r.ReferenceNS > 0 {
		r.Ratio = r.NS / r.ReferenceNS
	}
	return r, nil
}

func lowest(a, b float64) float64 {
	if a == 0 {
		return b
	}
	return min(a, b)
}

func timed(f func(int), n int) float64 {
	start := time.Now()
	f(n)
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}

// calibrate returns how many operations fill a sample.
func calibrate(f func(int)) int {
	for n := 1; ; n *= 2 {
		start := time.Now()
		f(n)
		if d := time.Since(start); d >= sample/2 || n >= 1<<30 {
			return max(int(float64(n)*float64(sample)/float64(d)), 1)
		}
	}
}

// Report prints results for people and appends them to the results file for machines.
type Report struct {
	out    io.Writer
	file   *os.File
	failed bool
}

// Open starts a report that appends to a file. It creates the file and its folder if they don't exist.
func Open(out io.Writer, path string) (*Report, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "%s · %s · commit %s\n", Machine(), runtime.Version(), Commit())
	fmt.Fprintf(out, "%-34s %12s %12s %8s %8s %7s %8s\n", "", "ns", "reference", "ratio", "limit", "allocs", "checked")
	return &Report{out: out, file: f}, nil
}

// Add runs a case and reports it.
func (r *Report) Add(c Case) (Result, error) {
	x, err := Run(c)
	if err != nil {
		return x, err
	}
	return x, r.Put(x)
}

// Put reports a result that was measured in another way.
func (r *Report) Put(x Result) error {
	dash := func(v float64, format string) string {
		if v == 0 {
			return "–"
		}
		return fmt.Sprintf(format, v)
	}
	mark := ""
	if x.Limit > 0 && x.Ratio > x.Limit {
		mark, r.failed = "  over", true
	}
	fmt.Fprintf(r.out, "%-34s %12s %12s %8s %8s %7.0f %8d%s\n", x.Name, dash(x.NS, "%.1f"), dash(x.ReferenceNS, "%.1f"), dash(x.Ratio, "%.2f"), dash(x.Limit, "%.2f"), x.Allocations, x.Checked, mark)
	line, err := json.Marshal(x)
	if err != nil {
		return err
	}
	_, err = r.file.Write(append(line, '\n'))
	return err
}

// Over reports whether a ratio was past its limit.
func (r *Report) Over() bool { return r.failed }

// Close ends the report.
func (r *Report) Close() error { return r.file.Close() }

// Machine returns the number and the name of the processors.
func Machine() string {
	model := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d × %s", runtime.NumCPU(), model)
}

// Commit returns the short hash of the working tree's commit, with a + if the tree differs from it.
func Commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty=+", "--exclude=*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
