package controlplane

import (
	"context"
	"iter"
	"slices"
	"sync"

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
// The first frame answers the position: as a whole snapshot it takes the place of what the host has, even with a lower
// revision, since the control plane has made sure that it never had what the host has. See [Service.Resume].
//
// A write by this program waits until each reader of Watch has taken what it wrote, that is until it asks for the next
// frame, so that a program reads its own writes. A reader that takes longer than a second isn't waited for.
//
// It ends without an error when the context does, with the code Gone when the environment is deleted, with Unavailable
// when the service is closed, and at once with NotFound if the environment doesn't exist.
func (s *Service) Watch(ctx context.Context, env string, after engine.Position) iter.Seq2[*Frame, error] {
	format := s.Formats()[0]
	return func(yield func(*Frame, error) bool) {
		from, _ := s.Resume(ctx, env, after, format)
		s.replica.Feeds().Read(ctx, env, from, format)(yield)
	}
}

// WatchIn watches like Watch, in a format that the host reads, one of Formats, and no write waits for it. A host that is ahead of this replica gets
// nothing before a later revision: use a position from Resume.
func (s *Service) WatchIn(ctx context.Context, env string, after engine.Position, format int) iter.Seq2[*Frame, error] {
	if !slices.Contains(s.Formats(), format) {
		return func(yield func(*Frame, error) bool) {
			yield(nil, model.Errorf(api.Invalid, "snapshots are not written in format %d", format))
		}
	}
	return s.replica.Feeds().Watch(ctx, env, after, format)
}

// Resume returns where a host that is at a position continues, and whether what the control plane has takes the place
// of what the host has, even with a lower revision. That is so if the position is the store's newest revision with
// another content id, or is beyond it: the store was restored from a file, or the host's copy was altered. Such a host
// continues at the zero position. While the store doesn't answer, nobody can tell, and the host keeps what it has.
// Why: RATIONALE.md "How does a host learn that the store went back?"
func (s *Service) Resume(ctx context.Context, env string, at engine.Position, format int) (from engine.Position, supersedes bool) {
	p := s.replica.Snapshot(env)
	if p != nil && at.Revision > 0 && at.Lineage != p.Position().Lineage && s.strange.note(env, at.Lineage) {
		s.log.Warn("hosts come with flags of another lineage: the environment was restored or made again, "+
			"or this is another store than they knew",
			"environment", env, "host", at, "revision", p.Position().Revision)
	}
	if p == nil || at.Lineage != p.Position().Lineage || at.Revision < p.Position().Revision {
		return at, false
	}
	if at.Revision > p.Position().Revision {
		if _, err := s.replica.Current(ctx, env); err != nil {
			s.log.Warn("a host is ahead of this replica, which can't ask the store about it",
				"environment", env, "host", at, "error", err)
			return at, false
		}
		p = s.replica.Snapshot(env)
	}
	if p == nil || at.Lineage != p.Position().Lineage || at.Revision < p.Position().Revision {
		return at, false
	}
	p = p.In(format)
	if p == nil || at.Revision == p.Position().Revision && p.Has(at.ID) {
		return at, false
	}
	s.log.Warn("a host has what this store never had, and gets the newest snapshot: the store was restored from a file, "+
		"or the host's copy was altered",
		"environment", env, "host", at, "revision", p.Position().Revision)
	return engine.Position{}, true
}

// Formats returns the formats in which snapshots are written, oldest first. The method In of a snapshot returns it in
// one of them; where no format is named, it is the oldest.
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

// strangers remembers the lineages that hosts came with and the control plane doesn't know, so that each is logged once.
type strangers struct {
	mu  sync.Mutex
	all map[string]bool
}

// maxStrangers bounds how many are remembered and logged: a host can invent them.
const maxStrangers = 64

// note reports whether a lineage is new.
func (s *strangers) note(env string, lineage [engine.LineageBytes]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := env + "/" + string(lineage[:])
	if s.all[key] || len(s.all) == maxStrangers {
		return false
	}
	if s.all == nil {
		s.all = map[string]bool{}
	}
	s.all[key] = true
	return true
}
