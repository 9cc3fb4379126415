package apiclient

import (
	"context"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Segments lists the segments.
func (c *Client) Segments(ctx context.Context, env string) ([]api.Segment, error) {
	var list api.SegmentList
	err := c.get(ctx, path("envs", env, "segments"), nil, &list)
	return list.Segments, err
}

// Segment returns one segment.
func (c *Client) Segment(ctx context.Context, env, key string) (s api.Segment, err error) {
	return s, c.get(ctx, path("envs", env, "segments", key), nil, &s)
}

// PutSegment creates or replaces the segment with the key s.Key.
func (c *Client) PutSegment(ctx context.Context, env string, s flagset.Segment, w WriteOptions) (result api.Segment, err error) {
	return result, c.change(ctx, http.MethodPut, path("envs", env, "segments", s.Key), s, w, &result)
}

// DeleteSegment deletes a segment that no flag names.
func (c *Client) DeleteSegment(ctx context.Context, env, key string, w WriteOptions) error {
	return c.drop(ctx, path("envs", env, "segments", key), nil, w, nil)
}
