package gonfalon

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// lookAgain is how often the clock is compared with the next edge of a schedule, since a clock may be set and a machine
// may sleep.
const lookAgain = time.Second

// watchSchedules is the goroutine that announces when schedules open and close, while anybody listens.
func (c *Client) watchSchedules(ctx context.Context) {
	timer := time.NewTimer(lookAgain)
	defer timer.Stop()
	var g *generation
	var next edge
	var seen int64 // edges up to here were announced
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.store.swapped:
		case <-c.events.joined:
		case <-timer.C:
		}
		serving := c.serving.Load()
		since, heard := c.events.heard()
		if !heard || serving == nil || !serving.timed {
			g = nil
			continue
		}
		now := c.now()
		if serving != g {
			// What changed with the snapshot was announced with it.
			if g != nil {
				seen = min(seen, serving.since)
			} else {
				seen = min(max(serving.since, since), now)
			}
			g = serving
			next = g.nextEdge(seen)
		}
		back := now < seen // the clock was set back: the edges after its time come again, and change decisions now too
		if back {
			next = g.nextEdge(now)
		}
		for until := max(seen, now); len(next.flags) > 0 && next.at <= until; next = g.nextEdge(next.at) {
			c.events.put(Event{Kind: FlagsChanged, Info: g.info, Flags: next.flags})
		}
		if back {
			next = g.nextEdge(now)
		}
		seen = now
		wait := lookAgain
		if left := next.at - now; len(next.flags) > 0 && left < lookAgain.Microseconds() {
			wait = time.Duration(left) * time.Microsecond
		}
		timer.Reset(wait)
	}
}

// edge is a moment at which schedules open or close, and the flags that can then decide differently.
type edge struct {
	at    int64 // in Unix microseconds
	flags []string
}

// nextEdge returns the first edge after a moment; it has no flags if there is none.
func (g *generation) nextEdge(after int64) (next edge) {
	next.at, next.flags = engine.Edges(g.loaded.Bytes(), after)
	return next
}
