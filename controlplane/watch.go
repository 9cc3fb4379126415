package controlplane

import (
	"context"
	"encoding/base64"
	"iter"
	"sync"
)

// FrameKind says what a frame carries.
type FrameKind string

// These are the kinds of frame.
const (
	FrameSnapshot FrameKind = "snapshot" // a whole snapshot
	FrameDelta    FrameKind = "delta"    // a delta that turns the host's snapshot into the newest
)

// Frame is one message to hosts. It is immutable, and shared by all hosts at the same position.
type Frame struct {
	kind     FrameKind
	data     []byte
	position Position
	id       [32]byte
	err      error
	made     sync.Once

	encoded sync.Once
	text    string
}

// Kind returns what Data is.
func (f *Frame) Kind() FrameKind { return f.kind }

// Data returns a snapshot or a delta, which engine/snapshot/FORMAT.md describes. It must not be changed.
func (f *Frame) Data() []byte { return f.data }

// Position returns the host's position once it has applied the frame.
func (f *Frame) Position() Position { return f.position }

// ID returns the content id of the snapshot that the host then has.
func (f *Frame) ID() [32]byte { return f.id }

// Base64 returns Data in base64 (standard, padded), on one line.
func (f *Frame) Base64() string {
	f.encoded.Do(func() { f.text = base64.StdEncoding.EncodeToString(f.data) })
	return f.text
}

// Watch yields the frame that brings a host from a position to the newest snapshot, and then a frame for each change. If the position is
// unknown or zero, the first frame is a whole snapshot. If it is the newest, the first frame is the next change. A change after a quiet
// period is yielded at once; changes within 20 ms of a frame are gathered into the next one. A slow reader skips to the newest frame.
//
// It ends without an error when the context does, with the code Gone when the environment is deleted, with Unavailable when the service is
// closed, and at once with NotFound if the environment doesn't exist.
func (s *Service) Watch(ctx context.Context, env string, after Position) iter.Seq2[*Frame, error] {
	return func(yield func(*Frame, error) bool) {
		f := s.feeds.of(env, &s.view)
		if f == nil {
			yield(nil, noEnvironment(env))
			return
		}
		f.watchers.Add(1)
		defer f.watchers.Add(-1)
		at := after
		if st := s.view.Load().states[env]; st != nil && at != st.head.position() && !at.ahead(st) && !f.knows(at) {
			frame, err := st.snapshot.whole()
			if err != nil {
				s.log.Error("a snapshot can't be made", "environment", env, "error", err)
			} else if !yield(frame, nil) {
				return
			}
			at = st.head.position()
		}
		for {
			now := f.now.Load()
			if now.newest == nil {
				yield(nil, fail(Gone, "the environment %q was deleted", env))
				return
			}
			if position := now.newest.Position(); position != at && !at.ahead(now.newest.state) {
				frame, err := now.frame(at)
				if err != nil {
					s.log.Error("a frame can't be made; hosts keep what they have", "environment", env, "revision", position.Revision, "error", err)
				} else if !yield(frame, nil) {
					return
				}
				at = position
				continue
			}
			select {
			case <-now.next:
			case <-ctx.Done():
				return
			case <-s.done:
				yield(nil, errClosed())
				return
			}
		}
	}
}
