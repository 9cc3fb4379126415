package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

const (
	readers  = 2
	together = 16 // decisions between two looks at the clock, so that the clock is a small part of the time
	window   = time.Second
)

// reload compares the 99th percentile of decisions by two readers while snapshots of 10,000 flags arrive, one after
// another, with that of undisturbed decisions. The two alternate, and the lowest of each counts.
func reload(report *measure.Report) error {
	frames, err := revisions()
	if err != nil {
		return err
	}
	source := make(swaps)
	client, err := open(frames[0], nil, source)
	if err != nil {
		return err
	}
	defer client.Close()
	defer close(source)
	x := measure.Result{Name: "sdk, p99 while 10,000 flags reload", Limit: limitReload, Machine: measure.Machine(), Go: runtime.Version(), Commit: measure.Commit()}
	at := 0
	for range 3 {
		quiet, _, err := read(client, func() { time.Sleep(window) })
		if err != nil {
			return err
		}
		busy, checked, err := read(client, func() {
			for end := time.Now().Add(window); time.Now().Before(end); {
				at++
				source <- frames[at%len(frames)]
				<-source // it serves
			}
		})
		if err != nil {
			return err
		}
		if x.NS == 0 || busy < x.NS {
			x.NS = busy
		}
		if x.ReferenceNS == 0 || quiet < x.ReferenceNS {
			x.ReferenceNS = quiet
		}
		x.Checked += checked
	}
	if got := client.Stats(); got.Taken != int64(at) || got.Refused != 0 {
		return fmt.Errorf("%d reloads, of which were taken: %+v", at, got)
	}
	x.Ratio = x.NS / x.ReferenceNS
	fmt.Printf("%d reloads\n", at)
	return report.Put(x)
}

// revisions returns snapshots of 10,000 flags without a lineage, so that they may follow each other in any order.
func revisions() ([][]byte, error) {
	set := workload.Set(10_000, 20)
	frames := make([][]byte, 2)
	for i := range frames {
		var problems []flagset.Problem
		frames[i], problems = snapshot.Compile(snapshot.Header{Environment: environment, Revision: int64(i)}, set, snapshot.Strict)
		if err := flagset.Err(problems); err != nil {
			return nil, err
		}
	}
	return frames, nil
}

// swaps is a source that takes a frame, and hands it back once it serves.
type swaps chan []byte

func (s swaps) Run(ctx context.Context, feed *gonfalon.Feed) error {
	for {
		select {
		case frame, open := <-s:
			if !open {
				return nil
			}
			if err := feed.Take(frame); err != nil {
				return err
			}
			s <- frame
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read lets the readers decide until meanwhile is over. It returns the 99th percentile of a decision in nanoseconds,
// and how many answers were checked.
func read(client *gonfalon.Client, meanwhile func()) (p99 float64, checked int, err error) {
	var (
		stop  = make(chan struct{})
		all   sync.WaitGroup
		mu    sync.Mutex
		times []time.Duration
	)
	inputs := workload.Inputs()
	for reader := range readers {
		all.Go(func() {
			mine, asked, wrong := make([]time.Duration, 0, 1<<20), 0, error(nil)
			context := gonfalon.Prepare(gonfalon.For(inputs[reader].Actor), gonfalon.Attributes(workload.Attributes()))
			for i := 0; wrong == nil; i++ {
				select {
				case <-stop:
					mu.Lock()
					defer mu.Unlock()
					times, checked = append(times, mine...), checked+asked
					return
				default:
				}
				kind := i % workload.Kinds
				key := workload.Key(kind, i%2000)
				want, _ := workload.Want(kind, key, inputs[reader].Actor, 20)
				start := time.Now()
				for range together {
					if client.Enabled(key, context) != want {
						wrong = fmt.Errorf("%s for %s: it isn't %v", key, inputs[reader].Actor, want)
					}
				}
				mine = append(mine, time.Since(start)/together)
				asked++
			}
			mu.Lock()
			defer mu.Unlock()
			err = wrong
		})
	}
	meanwhile()
	close(stop)
	all.Wait()
	if err != nil {
		return 0, 0, err
	}
	slices.Sort(times)
	return float64(times[len(times)*99/100].Nanoseconds()), checked, nil
}
