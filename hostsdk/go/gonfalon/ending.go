package gonfalon

import (
	"context"
	"sync"
)

// ending owns a client's goroutines, and ends them.
type ending struct {
	ctx    context.Context
	cancel context.CancelFunc
	all    sync.WaitGroup
	once   sync.Once
}

func (e *ending) init() { e.ctx, e.cancel = context.WithCancel(context.Background()) }

func (e *ending) run(f func(context.Context)) {
	e.all.Go(func() { f(e.ctx) })
}

// Close ends everything that the client does besides deciding, reports usage for the last time (for at most a second)
// and waits. The client keeps answering from its last snapshot.
func (c *Client) Close() error {
	c.ending.once.Do(c.ending.cancel)
	c.ending.all.Wait()
	return nil
}
