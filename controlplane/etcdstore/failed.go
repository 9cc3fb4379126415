package etcdstore

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"go.uber.org/zap/zapcore"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// failed says that the etcd in this process has failed, as on a full disk.
// Why: RATIONALE.md "Why does a server outlive its own etcd?"
type failed struct {
	why atomic.Pointer[error] // nil while it works
	now chan struct{}         // closed when it fails
}

// fail ends every call. The store can't be used any more.
func (s *Store) fail(why error) {
	if s.ctx.Err() == nil && s.failed.why.CompareAndSwap(nil, &why) {
		close(s.failed.now)
		s.cancel()
	}
}

// await makes a call of etcd. If etcd is in this process, it can fail with locks held, on which the call would wait for
// ever: such a call is left alone. What is called after it has stopped can panic.
func await[T any](s *Store, call func() (T, error)) (T, error) {
	var none T
	if s.own == nil {
		return call()
	}
	if s.failed.why.Load() != nil {
		return none, store.ErrFailed
	}
	type result struct {
		answer T
		err    error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				s.fail(fmt.Errorf("etcd panicked: %v", p))
				r.err = store.ErrFailed
			}
			done <- r
		}()
		r.answer, r.err = call()
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-s.failed.now:
		return none, store.ErrFailed
	}
}

// ending decides what becomes of what etcd can't survive. While etcd starts, it ends the process, as etcd means it to.
// Later it ends only etcd's goroutine, and the store.
type ending struct{ of atomic.Pointer[Store] }

// OnWrite takes the last message. It doesn't return, since etcd couldn't go on.
func (e *ending) OnWrite(last *zapcore.CheckedEntry, fields []zapcore.Field) {
	s := e.of.Load()
	if s == nil {
		zapcore.WriteThenFatal.OnWrite(last, fields)
		return
	}
	why := errors.New(last.Message)
	for _, f := range fields {
		if err, is := f.Interface.(error); is {
			why = fmt.Errorf("%s: %w", last.Message, err)
		}
	}
	s.fail(why)
	runtime.Goexit()
}
