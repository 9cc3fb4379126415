package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
)

// result is one line of the results file.
type result struct {
	Name               string  `json:"name"`
	PerSecond          float64 `json:"per_second,omitempty"`
	ReferencePerSecond float64 `json:"reference_per_second,omitempty"`
	Ratio              float64 `json:"ratio,omitempty"` // of the two values
	Goal               float64 `json:"goal,omitempty"`  // the ratio that should be reached
	P50                float64 `json:"p50_ms,omitempty"`
	P99                float64 `json:"p99_ms,omitempty"`
	ReferenceP99       float64 `json:"reference_p99_ms,omitempty"`
	Bytes              int64   `json:"bytes,omitempty"`
	Checked            int     `json:"answers_checked"`
	Machine            string  `json:"machine"`
	Go                 string  `json:"go"`
	Commit             string  `json:"commit"`
}

// report prints results for people and appends them to a file for machines.
type report struct{ file *os.File }

func openReport(path string) (*report, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	fmt.Printf("%s · %s · commit %s\n", measure.Machine(), runtime.Version(), measure.Commit())
	return &report{file}, nil
}

func (r *report) close() { r.file.Close() }

func (r *report) put(x result) error {
	x.Machine, x.Go, x.Commit = measure.Machine(), runtime.Version(), measure.Commit()
	fmt.Printf("%-34s", x.Name)
	for _, part := range []struct {
		format string
		value  float64
	}{
		{"  %.0f/s", x.PerSecond}, {"  reference %.0f/s", x.ReferencePerSecond}, {"  ratio %.2f", x.Ratio}, {"  (goal %.2f)", x.Goal},
		{"  p50 %.2f ms", x.P50}, {"  p99 %.2f ms", x.P99}, {"  reference p99 %.2f ms", x.ReferenceP99}, {"  %.0f bytes", float64(x.Bytes)},
	} {
		if part.value != 0 {
			fmt.Printf(part.format, part.value)
		}
	}
	fmt.Printf("  %d answers checked\n", x.Checked)
	line, err := json.Marshal(x)
	if err != nil {
		return err
	}
	_, err = r.file.Write(append(line, '\n'))
	return err
}

// percentile returns a percentile of times in milliseconds; it sorts them.
func percentile(times []time.Duration, p float64) float64 {
	slices.Sort(times)
	return float64(times[min(int(p*float64(len(times))), len(times)-1)].Microseconds()) / 1000
}

// median returns the median of numbers; it sorts them.
func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
