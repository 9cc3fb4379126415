// Command controlplane benchmarks the control plane in a process of its own, with an embedded etcd and real HTTP:
//
//   - ofrep: single evaluations per second and their 99th percentile, taking turns with an empty echo handler in the same process
//   - streams: the time from before a change is sent until the decision has changed on each of 1,000 connected streams
//   - memory: how much memory an idle stream takes in the server
//   - imports: the processor time of an import of 10,000 flags, and the memory that the server holds after 25 imports that change a few
//   - attacks: the most memory that the server holds while the costliest requests arrive all at once, under the limits of the Kubernetes manifest
//   - start: the time from the start of the process until it is ready, with 10,000 flags
//
// Each benchmark checks its answers, and appends one JSON line per result to a file.
//
//	go run ./benchmarks/controlplane [-only ofrep,streams,memory,imports,attacks,start] [-o benchmarks/results/latest.jsonl]
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
)

func main() {
	out := flag.String("o", "benchmarks/results/latest.jsonl", "append one JSON line a result to this file")
	only := flag.String("only", "ofrep,streams,memory,imports,attacks,start", "what to time")
	serveDir := flag.String("serve", "", "be the server, with its data in this directory (the command starts itself so)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *serveDir != "" {
		err = serve(ctx, *serveDir)
	} else {
		err = run(ctx, *out, strings.Split(*only, ","))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out string, only []string) error {
	results, err := openReport(out)
	if err != nil {
		return err
	}
	defer results.close()
	benches := map[string]func(context.Context, *report) error{"ofrep": ofrep, "streams": streams, "memory": memory, "imports": imports, "attacks": attacks, "start": start}
	for _, name := range only {
		bench, ok := benches[name]
		if !ok {
			return fmt.Errorf("-only: there is no %q", name)
		}
		if err := bench(ctx, results); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
