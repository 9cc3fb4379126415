package gonfalon

import (
	"context"
	"sync"
	"time"
)

// ending owns a client's goroutines, and ends them.
type ending struct {
	ctx    context.Context
	cancel context.CancelFunc
	all    sync.WaitGroup
	told   chan struct{} // closed when every event is delivered
	once   sync.Once
}

func (e *ending) init() {
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.told = make(chan struct{})
}

func (e *ending) run(f func(context.Context)) {
	e.all.Go(func() { f(e.ctx) })
}

// Close ends everything that the client does besides deciding, reports usage for the last time (for at most a second)
// and waits; for subscribers that don't return it waits a second. The client keeps answering from its last snapshot.
func (c *Client) Close() error {
	c.ending.once.Do(c.ending.cancel)
	c.ending.all.Wait()
	late := time.NewTimer(lastPatience)
	defer late.Stop()
	select {
	case <-c.ending.told:
	case <-late.C: // a subscriber doesn't return, or it is one that closes the client
	}
	return nil
}
