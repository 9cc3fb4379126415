package gonfalon

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"
)

// State is what a client's answers rest on.
type State uint8

const (
	// NotReady means that nothing has been loaded yet. Every answer is the caller's default.
	NotReady State = iota
	// Ready means that a snapshot serves, and the source confirms it.
	Ready
	// Stale means that a snapshot serves, but the source is away, hasn't answered yet, or was last heard from longer
	// ago than the TTL.
	Stale
	// Error means that nothing has been loaded, and the source refuses or sends something that can't be read. The
	// client keeps trying.
	Error
)

// String returns the state as every SDK writes it, or its number if it has no name.
func (s State) String() string {
	if names := [...]string{"NOT_READY", "READY", "STALE", "ERROR"}; int(s) < len(names) {
		return names[s]
	}
	return "state " + strconv.Itoa(int(s))
}

// RefusedError says that the control plane refuses: the token is wrong, or there is no such environment. Trying again
// soon doesn't help.
type RefusedError struct {
	Status int // of HTTP
	Detail string
}

// Error returns what was requested, and the answer.
func (e *RefusedError) Error() string {
	return "gonfalon: the control plane refuses: " + e.Detail
}

// status is what is known of the source, and the state that follows from it.
type status struct {
	mu        sync.Mutex
	state     State
	alone     bool      // there is no source, or it has said its last word: what serves is as good as it gets
	confirmed time.Time // when the source last stood behind what serves
	lost      time.Time // when it was lost; zero while it is well, or before its first answer
	err       error     // of the source, since it was last well
	losses    int64

	settled chan struct{} // closed when New need not wait any longer
	done    bool          // settled is closed
	wake    chan struct{} // the deadline of the next change may have moved
}

// begin is the state after what was at hand is loaded.
func (s *status) begin(c *Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alone = c.config.Source == nil
	s.update(c)
	if s.alone {
		s.settle()
	}
}

func (s *status) settle() {
	if !s.done {
		s.done = true
		close(s.settled)
	}
}

// confirm notes that the source stands behind what serves.
func (s *status) confirm(c *Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.serving.Load() == nil {
		return
	}
	s.confirmed, s.lost, s.err = time.Now(), time.Time{}, nil
	s.settle()
	s.update(c)
}

// lose notes that the source is away; err says why, nil that it has said its last word.
func (s *status) lose(c *Client, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.alone = c.serving.Load() != nil
	} else {
		s.losses++
		s.err = err
		if s.lost.IsZero() {
			s.lost = time.Now()
		}
	}
	// Whoever has something to begin with doesn't wait for a source that failed; nor does anybody for one that refuses.
	if err == nil || c.serving.Load() != nil || refuses(err) {
		s.settle()
	}
	s.update(c)
}

// update puts the state in place that follows from what is known, and announces a change.
func (s *status) update(c *Client) {
	next := s.follows(c, time.Now())
	if next != s.state {
		previous := s.state
		s.state = next
		c.events.put(Event{Kind: StateChanged, State: next, Previous: previous, Err: s.err})
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *status) follows(c *Client, now time.Time) State {
	if c.serving.Load() == nil {
		if refuses(s.err) || unreadable(s.err) {
			return Error
		}
		return NotReady
	}
	switch grace := max(c.config.Grace, 0); {
	case s.alone:
		return Ready
	case s.confirmed.IsZero():
		return Stale
	case !s.lost.IsZero() && now.Sub(s.lost) >= grace:
		return Stale
	case c.config.TTL > 0 && now.Sub(s.confirmed) >= c.config.TTL:
		return Stale
	}
	return Ready
}

func refuses(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused)
}

func unreadable(err error) bool {
	var frame *FrameError
	return errors.As(err, &frame)
}

// deadline is when the state changes if nothing is heard.
func (s *status) deadline(c *Client) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != Ready || s.alone {
		return time.Time{}, false
	}
	at, found := time.Time{}, false
	if c.config.TTL > 0 {
		at, found = s.confirmed.Add(c.config.TTL), true
	}
	if grace := s.lost.Add(max(c.config.Grace, 0)); !s.lost.IsZero() && (!found || grace.Before(at)) {
		at, found = grace, true
	}
	return at, found
}

// watchStatus makes the changes that come with time.
func (c *Client) watchStatus(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Stop()
		if at, found := c.status.deadline(c); found {
			timer.Reset(time.Until(at))
		}
		select {
		case <-ctx.Done():
			return
		case <-c.status.wake:
		case <-timer.C:
			c.status.mu.Lock()
			c.status.update(c)
			c.status.mu.Unlock()
		}
	}
}

// State returns the client's state.
func (c *Client) State() State {
	c.status.mu.Lock()
	defer c.status.mu.Unlock()
	return c.status.follows(c, time.Now())
}

// WaitReady waits until the client is Ready, or until ctx ends.
func (c *Client) WaitReady(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	changed := make(chan struct{}, 1)
	stop := c.Subscribe(func(Event) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer stop()
	for c.State() != Ready {
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (s *status) fill(stats *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats.State, stats.Lost, stats.LastError = s.state, s.losses, s.err
	if !s.confirmed.IsZero() {
		stats.Age = time.Since(s.confirmed)
	}
}
