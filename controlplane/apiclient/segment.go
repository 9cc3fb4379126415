package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Segment is a segment's document with its metadata, in one JSON object.
type Segment struct {
	flagset.Segment
	SegmentInfo
}

// SegmentInfo is the metadata that the control plane adds to a segment. It is ignored when a segment is put.
type SegmentInfo struct {
	Version   string    `json:"version"`
	Revision  int64     `json:"revision"`
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	UpdatedBy string    `json:"updated_by"`
	Users     []string  `json:"users"` // the keys of the flags that name it
	Warnings  []Problem `json:"warnings,omitempty"`
	Changed   *bool     `json:"changed,omitempty"` // only in the responses to changes
}

// SegmentInfoFields lists the members of a SegmentInfo.
var SegmentInfoFields = []string{"version", "revision", "created", "updated", "updated_by", "users", "warnings", "changed"}

// MarshalJSON writes the authoring form and the info's members after it.
func (s Segment) MarshalJSON() ([]byte, error) { return joined(s.Segment, s.SegmentInfo) }

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Segment) UnmarshalJSON(data []byte) error {
	document, problems := flagset.ParseSegment(data, SegmentInfoFields...)
	if err := flagset.Err(problems); err != nil {
		return err
	}
	s.Segment = document
	return json.Unmarshal(data, &s.SegmentInfo)
}

// SegmentList is every segment of an environment.
type SegmentList struct {
	Segments []Segment `json:"segments"`
}

// Segments lists the segments.
func (c *Client) Segments(ctx context.Context, env string) ([]Segment, error) {
	var list SegmentList
	err := c.get(ctx, path("envs", env, "segments"), nil, &list)
	return list.Segments, err
}

// Segment returns one segment.
func (c *Client) Segment(ctx context.Context, env, key string) (s Segment, err error) {
	return s, c.get(ctx, path("envs", env, "segments", key), nil, &s)
}

// PutSegment creates or replaces the segment with the key s.Key.
func (c *Client) PutSegment(ctx context.Context, env string, s flagset.Segment, w Write) (result Segment, err error) {
	return result, c.change(ctx, http.MethodPut, path("envs", env, "segments", s.Key), s, w, &result)
}

// DeleteSegment deletes a segment that no flag names.
func (c *Client) DeleteSegment(ctx context.Context, env, key string, w Write) error {
	return c.drop(ctx, path("envs", env, "segments", key), nil, w, nil)
}
