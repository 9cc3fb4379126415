package controlplane

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Segment is a segment with its metadata.
type Segment struct {
	flagset.Segment

	Version          string
	Revision         int64
	Created, Updated time.Time
	UpdatedBy        string
	Users            []string // the keys of the flags that name it
	Warnings         []flagset.Problem
}

// SegmentResult is the answer to a change of a segment.
type SegmentResult struct {
	Segment  Segment
	Revision int64
	Changed  bool
	Created  bool
	Warnings []flagset.Problem
}

func noSegment(key string) error { return fail(NotFound, "there is no segment %.140q", key) }

func describeSegment(st *state, r *record) (Segment, error) {
	if err := r.read(); err != nil {
		return Segment{}, err
	}
	return Segment{
		Segment: r.segment, Version: st.head.version(r.meta.Revision), Revision: r.meta.Revision,
		Created: fromMicros(r.meta.Created), Updated: fromMicros(r.meta.Updated), UpdatedBy: r.meta.By,
		Users: users(st.flags, flagset.SegmentGate, r.key()), Warnings: warnings(r.own),
	}, nil
}

// GetSegment returns a segment.
func (s *Service) GetSegment(ctx context.Context, env, key string) (Segment, error) {
	st, err := s.current(ctx, env)
	if err != nil {
		return Segment{}, err
	}
	r := st.segment(key)
	if r == nil {
		return Segment{}, noSegment(key)
	}
	return describeSegment(st, r)
}

// ListSegments lists an environment's segments by key.
func (s *Service) ListSegments(ctx context.Context, env string) ([]Segment, error) {
	st, err := s.current(ctx, env)
	if err != nil {
		return nil, err
	}
	list := make([]Segment, 0, len(st.segments))
	for _, r := range st.segments {
		g, err := describeSegment(st, r)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// PutSegment creates or replaces a segment.
func (s *Service) PutSegment(ctx context.Context, env string, g flagset.Segment, o WriteOptions) (SegmentResult, error) {
	var created bool
	d, err := s.write(ctx, env, "segment.put", g.Key, o, func(st *state, d *draft) error {
		r := st.segment(g.Key)
		created = r == nil
		version := ""
		if r != nil {
			version = st.head.version(r.meta.Revision)
		}
		if err := precondition(o, version); err != nil {
			return err
		}
		if err := d.putSegment(g); err != nil || d.empty() {
			return err
		}
		return d.check(false)
	})
	if err != nil {
		return SegmentResult{}, err
	}
	st := d.after()
	segment, err := describeSegment(st, st.segment(g.Key))
	return SegmentResult{Segment: segment, Revision: st.head.Revision, Changed: !d.empty(), Created: created && !d.empty() && !o.DryRun,
		Warnings: segment.Warnings}, err
}

// DeleteSegment deletes a segment. The error for a segment that flags name has the code InUse.
func (s *Service) DeleteSegment(ctx context.Context, env, key string, o WriteOptions) (revision int64, err error) {
	d, err := s.write(ctx, env, "segment.delete", key, o, func(st *state, d *draft) error {
		r := st.segment(key)
		if r == nil {
			return noSegment(key)
		}
		if err := precondition(o, st.head.version(r.meta.Revision)); err != nil {
			return err
		}
		d.remove(r)
		return d.check(false)
	})
	if err != nil {
		return 0, err
	}
	return d.after().head.Revision, nil
}
