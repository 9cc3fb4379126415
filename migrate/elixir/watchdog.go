package elixir

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// watchdog ends a context if the store says nothing for a time.
type watchdog struct {
	timeout time.Duration
	mu      sync.Mutex
	timer   *time.Timer
	cancel  context.CancelCauseFunc
}

// watch returns a context that ends when alive isn't called for the timeout. stop must be called.
func watch(ctx context.Context, timeout time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watchdog{timeout: timeout, cancel: cancel}
	w.timer = time.AfterFunc(timeout, func() { cancel(fmt.Errorf("it said nothing for %s (--timeout)", timeout)) })
	return ctx, w
}

// alive says that the store answered.
func (w *watchdog) alive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Reset(w.timeout)
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.cancel(nil)
}

// reason returns why a context ended instead of the driver's error, if it did.
func reason(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && context.Cause(ctx) != nil {
		return context.Cause(ctx)
	}
	return err
}
