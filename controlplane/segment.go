package controlplane

import (
	"context"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// SegmentResult is the answer to a change of a segment.
type SegmentResult struct {
	Segment  api.Segment
	Revision int64
	Changed  bool
	Created  bool
}

func describeSegment(st *model.State, r *model.Record) (api.Segment, error) {
	if err := r.Read(); err != nil {
		return api.Segment{}, err
	}
	return api.Segment{Segment: r.Segment(), SegmentInfo: api.SegmentInfo{
		Version: st.Head.Version(r.Meta.Revision), Revision: r.Meta.Revision,
		Created: stored.FromMicros(r.Meta.Created), Updated: stored.FromMicros(r.Meta.Updated), UpdatedBy: r.Meta.By, UpdatedOnBehalfOf: r.Meta.OnBehalfOf,
		Users: append([]string{}, model.Users(st.Flags, flagset.SegmentGate, r.Key())...), Warnings: api.Problems(model.Warnings(r.Own)),
	}}, nil
}

// GetSegment returns a segment.
func (s *Service) GetSegment(ctx context.Context, env, key string) (api.Segment, error) {
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return api.Segment{}, err
	}
	if u := st.UnreadableRecord(snapshot.SegmentRecord, key); u != nil {
		return api.Segment{}, u.Refusal()
	}
	r := st.Segment(key)
	if r == nil {
		return api.Segment{}, model.NoSegment(key)
	}
	return describeSegment(st, r)
}

// ListSegments lists an environment's segments by key.
func (s *Service) ListSegments(ctx context.Context, env string) ([]api.Segment, error) {
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return nil, err
	}
	list := make([]api.Segment, 0, len(st.Segments))
	for _, u := range st.Unreadable {
		if u.Kind == snapshot.SegmentRecord {
			users := append([]string{}, model.Users(st.Flags, flagset.SegmentGate, u.Key)...)
			list = append(list, api.Segment{Segment: flagset.Segment{Key: u.Key}, SegmentInfo: api.SegmentInfo{
				Users: users, Warnings: []api.Problem{{Detail: u.Refusal().Error()}},
			}})
		}
	}
	for _, r := range st.Segments {
		if st.UnreadableRecord(snapshot.SegmentRecord, r.Key()) != nil {
			continue
		}
		g, err := describeSegment(st, r)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b api.Segment) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

// PutSegment creates or replaces a segment.
func (s *Service) PutSegment(ctx context.Context, env string, g flagset.Segment, o WriteOptions) (SegmentResult, error) {
	var created bool
	d, err := s.change(ctx, change{env: env, action: "segment.put", key: g.Key, options: o}, func(st *model.State, d *replica.Draft) error {
		r := st.Segment(g.Key)
		created = r == nil
		version := ""
		if r != nil {
			version = st.Head.Version(r.Meta.Revision)
		}
		if err := precondition(o, version); err != nil {
			return err
		}
		if err := d.Put(model.SegmentDocument(g)); err != nil || d.Empty() {
			return err
		}
		return d.Check(false)
	})
	if err != nil {
		return SegmentResult{}, err
	}
	st := d.After()
	segment, err := describeSegment(st, st.Segment(g.Key))
	changed := !d.Empty()
	segment.Changed = &changed
	return SegmentResult{Segment: segment, Revision: st.Head.Revision, Changed: changed, Created: created && changed && !o.DryRun}, err
}

// DeleteSegment deletes a segment. The error for a segment that flags name has the code InUse.
func (s *Service) DeleteSegment(ctx context.Context, env, key string, o WriteOptions) (revision int64, err error) {
	return s.deleteRecord(ctx, change{env: env, action: "segment.delete", key: key, options: o, urgent: true}, snapshot.SegmentRecord, model.NoSegment(key))
}
