package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	memoryPause = 5 * time.Second
	// burst is how much a process allocates before there is something worth returning, and quiet how little in one
	// pause when the burst is over.
	burst = 64 << 20
	quiet = 8 << 20
	// collectAt is GOGC for the server, unless the environment sets it: an import needs much more memory than it leaves.
	collectAt = 50
)

// keepMemoryLow returns to the operating system what a large change needed and nothing needs any more, until the context
// ends.
// Why: RATIONALE.md "Why does the server return memory by itself?"
func keepMemoryLow(ctx context.Context) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	tick := time.NewTicker(memoryPause)
	defer tick.Stop()
	var m bursts
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if m.over(allocated()) {
				debug.FreeOSMemory()
			}
		}
	}
}

// allocated returns how much the process has allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// bursts notices when a burst of allocations is over.
type bursts struct{ before, returned uint64 }

// over reports whether a burst is over, given what the process has allocated so far. It says so once a burst.
func (b *bursts) over(now uint64) bool {
	over := now-b.before < quiet && now-b.returned > burst
	b.before = now
	if over {
		b.returned = now
	}
	return over
}
