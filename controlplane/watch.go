package controlplane

import (
	"context"
	"iter"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// Snapshot returns the environment's newest snapshot on this replica. It only reads memory, so it also works while the
// store doesn't, and it never goes back to an older one. An error has the code NotFound, or Internal if the snapshot
// can't be assembled.
// Why: RATIONALE.md "Why may a replica serve from memory when the store is gone, but not answer admins?"
func (s *Service) Snapshot(ctx context.Context, env string) (*Snapshot, error) {
	p := s.replica.Snapshot(env)
	if p == nil {
		return nil, model.NoEnvironment(env)
	}
	return p, p.Assemble()
}

// Watch yields the frame that brings a host from a position to the newest snapshot, and then a frame for each change.
// If the position is unknown or zero, the first frame is a whole snapshot. If it is the newest, the first frame is the
// next change. A change after a quiet period is yielded at once; changes within 20 ms of a frame are gathered into the
// next one. A slow reader skips to the newest frame.
//
// It ends without an error when the context does, with the code Gone when the environment is deleted, with Unavailable
// when the service is closed, and at once with NotFound if the environment doesn't exist.
func (s *Service) Watch(ctx context.Context, env string, after engine.Position) iter.Seq2[*Frame, error] {
	return s.WatchIn(ctx, env, after, s.Formats()[0])
}

// WatchIn watches like Watch, in a format that the host reads, one of Formats.
func (s *Service) WatchIn(ctx context.Context, env string, after engine.Position, format int) iter.Seq2[*Frame, error] {
	if !slices.Contains(s.Formats(), format) {
		return func(yield func(*Frame, error) bool) {
			yield(nil, model.Errorf(api.Invalid, "snapshots are not written in format %d", format))
		}
	}
	return s.replica.Feeds().Watch(ctx, env, after, format)
}

// Formats returns the formats in which snapshots are written, oldest first. [Snapshot.In] returns a snapshot in one of
// them; where no format is named, it is the oldest.
func (s *Service) Formats() []int { return s.config.formats.Numbers() }

// Snapshot is an environment at one revision, in the form that hosts receive: its bytes, its position, and an engine
// that has loaded it.
type Snapshot = feed.Snapshot

// Frame is one message to hosts: a whole snapshot, or a delta to the newest.
type Frame = feed.Frame

// FrameKind says what a frame carries.
type FrameKind = feed.FrameKind

// These are the kinds of frame.
const (
	FrameSnapshot = feed.FrameSnapshot
	FrameDelta    = feed.FrameDelta
)
