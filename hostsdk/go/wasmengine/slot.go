package wasmengine

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync/atomic"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// slot is a place for an instance. Whoever moves it from idle to busy has the instance to itself.
type slot struct {
	state    atomic.Uint32
	instance *instance
	_        [48]byte // slots of two processors don't share a cache line
}

const (
	idle uint32 = iota
	busy
	gone // its instance was dropped
)

// rebuild replaces the instance of a busy slot, which trapped.
func (s *pool) rebuild(at *slot) error {
	s.engine.traps.Add(1)
	s.engine.drop(at.instance)
	at.instance = nil
	n, err := s.engine.build(s.data)
	if err != nil {
		return err
	}
	at.instance = n
	return nil
}

// acquire gives a slot whose instance is the caller's alone. It waits while all are busy, and lets another one be
// built.
func (s *pool) acquire() (*slot, error) {
	if at := s.try(); at != nil {
		return at, nil
	}
	s.waiters.Add(1)
	defer s.waiters.Add(-1)
	for spins := 0; ; spins++ {
		if s.retired.Load() {
			s.wake()
			return nil, gonfalon.ErrRetired
		}
		s.grow()
		if at := s.try(); at != nil {
			s.wake() // two releases can have left one sign
			return at, nil
		}
		if spins < patientSpins {
			runtime.Gosched() // calls are short
			continue
		}
		<-s.freed
	}
}

// patientSpins is how often a caller looks again before it sleeps.
const patientSpins = 4

func (s *pool) try() *slot {
	n := s.built.Load()
	start := int32(0)
	if n > 1 {
		start = rand.Int32N(n)
	}
	for i := range n {
		at := &s.slots[(start+i)%n]
		if at.state.Load() == idle && at.state.CompareAndSwap(idle, busy) {
			if at.instance == nil { // it couldn't be built after a trap
				if fresh, err := s.engine.build(s.data); err == nil {
					at.instance = fresh
					return at
				}
				s.release(at, nil)
				continue
			}
			return at
		}
	}
	return nil
}

// release gives a slot back; err is what its call ended with.
func (s *pool) release(at *slot, err error) {
	if errors.Is(err, errTrap) && at.instance != nil {
		// Trapped twice: the request is what it can't bear. The instance is as good as lost.
		s.engine.traps.Add(1)
		s.engine.drop(at.instance)
		at.instance = nil
	}
	at.state.Store(idle)
	if s.retired.Load() {
		s.bury(at)
	}
	s.wake()
}

func (s *pool) wake() {
	if s.waiters.Load() > 0 {
		select {
		case s.freed <- struct{}{}:
		default:
		}
	}
}

// bury drops the instance of an idle slot for good.
func (s *pool) bury(at *slot) {
	if at.state.CompareAndSwap(idle, gone) && at.instance != nil {
		s.engine.drop(at.instance)
		at.instance = nil
	}
}

// grow builds one more instance, off the way of those that wait.
func (s *pool) grow() {
	n := s.built.Load()
	if int(n) == len(s.slots) || !s.growing.CompareAndSwap(false, true) {
		return
	}
	if !s.engine.begin() {
		return
	}
	go func() {
		defer s.engine.ended.Done()
		defer s.growing.Store(false)
		fresh, err := s.engine.build(s.data)
		if err != nil {
			return // those that wait are served by the others
		}
		at := &s.slots[n]
		at.instance = fresh
		s.built.Store(n + 1)
		if s.retired.Load() {
			s.bury(at)
		}
		s.wake()
	}()
}

func (s *pool) Retire() {
	if s.retired.Swap(true) {
		return
	}
	s.engine.forget(s)
	for i := range s.built.Load() {
		s.bury(&s.slots[i])
	}
	s.wake()
}
