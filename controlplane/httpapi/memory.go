package httpapi

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// memory is what all requests together may take for their bodies. A body takes memory while it arrives, and some times
// its size while it is handled. A request that finds no room to arrive is refused; one that finds none to be parsed waits
// for others first, since they soon give theirs back. The two are apart, so that those who wait can't wait for each other.
// Why: RATIONALE.md "Why do bodies share a budget of memory?"
type memory struct {
	arriving *semaphore.Weighted
	parsing  *semaphore.Weighted
	arrived  atomic.Int64 // how much of arriving is taken
}

const (
	arrivingBytes = 64 << 20
	parsingBytes  = 128 << 20
	// arrivingStep is how much of a body arrives on credit, and in what steps the rest is charged.
	arrivingStep = 64 << 10
	// A value of a JSON document takes 3 bytes at least, and about 100 in memory. A flag's value takes 5 bytes, and about
	// 120 in the forms that a change of the flag needs. An import has one flag in these forms at a time, and a record of each.
	jsonFactor, flagFactor, importFactor = 32, 24, 3
	// parsingWait is how long a request waits for others to be parsed.
	parsingWait = 10 * time.Second
)

func newMemory() *memory {
	return &memory{arriving: semaphore.NewWeighted(arrivingBytes), parsing: semaphore.NewWeighted(parsingBytes)}
}

// held is the part of the memory that a request has.
type held struct{ arriving, parsing int64 }

// arrive charges a body that has grown to this size.
func (c *call) arrive(size int) error {
	for int64(size) > c.held.arriving+arrivingStep {
		if !c.api.memory.arriving.TryAcquire(arrivingStep) {
			return tooBusy()
		}
		c.held.arriving += arrivingStep
		c.api.memory.arrived.Add(arrivingStep)
	}
	return nil
}

// parse charges what parsing a body takes, and waits for it.
func (c *call) parse(size int, factor int64) error {
	ctx, cancel := context.WithTimeout(c.context(), parsingWait)
	defer cancel()
	cost := min(factor*int64(size), parsingBytes)
	if c.api.memory.parsing.Acquire(ctx, cost) != nil {
		return tooBusy()
	}
	c.held.parsing += cost
	return nil
}

// release gives the request's memory back.
func (c *call) release() {
	c.api.memory.arrived.Add(-c.held.arriving)
	c.api.memory.arriving.Release(c.held.arriving)
	c.api.memory.parsing.Release(c.held.parsing)
	c.held = held{}
}

func tooBusy() error {
	return &api.Error{Code: api.Unavailable, Message: "other large requests are being read: try again"}
}
