package gonfalon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// store is where new snapshots come in, one at a time.
type store struct {
	mu      sync.Mutex
	taken   int64
	refused int64
	kept    [engine.IDBytes]byte // the id of the copy on disk
	unkept  string               // why there is none, as it was logged
	keep    latest               // for the goroutine that writes it
	swapped chan struct{}        // for the goroutine that watches schedules: another snapshot serves
	arrived chan struct{}        // closed when another snapshot serves
}

// ErrBase is the error of a delta that is for another snapshot than the one that serves. A full snapshot is needed.
var ErrBase = errors.New("gonfalon: the delta is for another snapshot")

// ErrRefused is the error of a well-formed frame that was not taken: it is older than what serves, or of another
// environment.
var ErrRefused = errors.New("gonfalon: the frame is refused")

// The first byte of a frame tells snapshot and delta apart: a msgpack array of 4, and of 5.
const deltaHead = 0x95

// take makes a frame the snapshot that serves, or changes nothing and says why. If it supersedes, its revision may be
// lower than what serves.
func (c *Client) take(frame []byte, supersedes bool) error {
	now := c.now() // the program's clock may ask the client, so it isn't called with the lock held
	c.store.mu.Lock()
	err := c.takeLocked(frame, supersedes, now)
	if err != nil {
		c.store.refused++
	}
	c.store.mu.Unlock()
	if err != nil {
		c.config.Logger.Warn("gonfalon: a frame is refused, the snapshot before it goes on serving", "env", c.config.Environment, "bytes", len(frame), "error", err)
	}
	return err
}

func (c *Client) takeLocked(frame []byte, superseding bool, now int64) error {
	if len(frame) > engine.MaxSnapshotBytes {
		return fmt.Errorf("gonfalon: a frame of %d bytes is larger than a snapshot may be", len(frame))
	}
	old := c.serving.Load()
	if len(frame) > 0 && frame[0] == deltaHead {
		if old == nil {
			return ErrBase
		}
		full, err := old.loaded.Splice(frame)
		if err != nil {
			var fault *engine.LoadError
			if errors.As(err, &fault) && fault.Code == engine.CodeBase {
				return ErrBase
			}
			return fmt.Errorf("gonfalon: delta: %w", err)
		}
		frame = full
	}
	if old != nil && string(frame) == old.loaded.Bytes() {
		c.status.confirm(c)
		return nil
	}
	g, err := c.load(frame)
	if err != nil {
		return err
	}
	if err := follows(g.info, old); err != nil {
		if !superseding {
			g.loaded.Retire()
			return err
		}
		c.config.Logger.Warn("gonfalon: the control plane never had the snapshot that serves: it was restored, or the copy on disk was altered", "env", c.config.Environment, "from", old.info.Position, "to", g.info.Position)
	}
	c.store.taken++
	g.since = now
	c.serve(g)
	close(c.store.arrived)
	c.store.arrived = make(chan struct{})
	c.status.confirm(c)
	c.announce(old, g)
	if c.config.LastGood != "" {
		c.store.keep.put(g)
	}
	return nil
}

// load makes data ready to serve.
func (c *Client) load(data []byte) (*generation, error) {
	if len(data) > engine.MaxSnapshotBytes {
		return nil, fmt.Errorf("a snapshot of %d bytes is larger than the limit of %d", len(data), engine.MaxSnapshotBytes)
	}
	loaded, err := c.config.Engine.Load(data)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	g := newGeneration(loaded, c.usage.on)
	if g.info.Environment != c.config.Environment {
		loaded.Retire()
		return nil, fmt.Errorf("%w: it is of environment %q, not %q", ErrRefused, c.token.line(g.info.Environment), c.config.Environment)
	}
	return g, nil
}

// follows says whether next may take the place of old. Another lineage always may: the environment was made anew, or
// restored. So may what has no lineage, as files made offline.
func follows(next SnapshotInfo, old *generation) error {
	none := [engine.LineageBytes]byte{}
	if old == nil || next.Position.Lineage != old.info.Position.Lineage || next.Position.Lineage == none {
		return nil
	}
	have, got := old.info.Position.Revision, next.Position.Revision
	if got < have {
		return fmt.Errorf("%w: revision %d is lower than %d, which serves", ErrRefused, got, have)
	}
	if got == have {
		return fmt.Errorf("%w: it is another snapshot of the same revision %d", ErrRefused, got)
	}
	return nil
}

// serve swaps the snapshot that decides. Calls that began with the old one end with it.
func (c *Client) serve(g *generation) {
	old := c.serving.Swap(g)
	select {
	case c.store.swapped <- struct{}{}:
	default:
	}
	if g.counts != nil {
		c.usage.track(g)
	}
	if n := g.info.Unreadable; n > 0 {
		c.config.Logger.Warn("gonfalon: a newer control plane wrote records that this engine can't read; such flags are off, and so are those that require them", "env", c.config.Environment, "records", n)
	}
	if old == nil {
		return
	}
	if old.info.Position.Lineage != g.info.Position.Lineage {
		c.config.Logger.Warn("gonfalon: the environment has a new lineage: it was made anew, or restored", "env", c.config.Environment, "from", old.info.Position, "to", g.info.Position)
	}
	old.loaded.Retire()
}

// WaitFor waits until a revision, or a later one, serves, so that a program reads what it wrote: each write answers with
// the revision that it made. It returns an error if ctx ends before. In the program that holds the control plane, a
// write returns when the clients of [InProcess] serve it.
func (c *Client) WaitFor(ctx context.Context, revision int64) error {
	if ctx == nil {
		ctx = context.Background()
	}
	for {
		c.store.mu.Lock()
		arrived := c.store.arrived
		c.store.mu.Unlock()
		if info, ok := c.Info(); ok && info.Position.Revision >= revision {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("gonfalon: waiting for revision %d: %w", revision, context.Cause(ctx))
		}
	}
}

// Snapshot returns the bytes that serve, to be kept as a bootstrap; nil before the first.
func (c *Client) Snapshot() []byte {
	if g := c.serving.Load(); g != nil {
		return []byte(g.loaded.Bytes())
	}
	return nil
}

// Info returns a description of the snapshot that serves; false before the first.
func (c *Client) Info() (SnapshotInfo, bool) {
	if g := c.serving.Load(); g != nil {
		return g.info, true
	}
	return SnapshotInfo{}, false
}

// Keys returns the keys of all flags, ascending; nil before the first snapshot.
func (c *Client) Keys() []string {
	g := c.serving.Load()
	if g == nil {
		return nil
	}
	keys := make([]string, g.loaded.Len())
	for i := range keys {
		keys[i] = g.loaded.Key(int32(i))
	}
	return keys
}

// Stats are a client's figures, for metrics.
type Stats struct {
	State   State
	Info    SnapshotInfo  // of the snapshot that serves
	Age     time.Duration // since the source last stood behind it; 0 before it did
	Taken   int64         // snapshots from the source
	Refused int64         // frames that changed nothing
	Broken  int64         // decisions that the engine failed to make, which got their defaults
	Unknown int64         // decisions about flags that there aren't
	// Unreadable counts decisions whose context had something in it that can't be read: an actor without an id, a group
	// that isn't a string, or too many groups.
	Unreadable int64
	Lost       int64 // connections of the source that ended
	Dropped    int64 // events that subscribers were too slow for
	LastError  error // of the source; nil once it is well again
}

// Stats returns the client's figures.
func (c *Client) Stats() Stats {
	s := Stats{Broken: c.broken.Load(), Unknown: c.unknown.Load(), Unreadable: c.unreadable.Load(), Dropped: c.events.dropped.Load()}
	s.Info, _ = c.Info()
	c.store.mu.Lock()
	s.Taken, s.Refused = c.store.taken, c.store.refused
	c.store.mu.Unlock()
	c.status.fill(&s)
	return s
}
