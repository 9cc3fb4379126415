package api

import (
	"encoding/json"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Segment is a segment's document with its metadata, in one JSON object.
type Segment struct {
	flagset.Segment
	SegmentInfo
	Unknown []string // as a flag's
}

// SegmentInfo is the metadata that the control plane adds to a segment. It is ignored when a segment is put.
type SegmentInfo struct {
	Version           string    `json:"version"`
	Revision          int64     `json:"revision"`
	Created           time.Time `json:"created,omitzero"`
	Updated           time.Time `json:"updated,omitzero"`
	UpdatedBy         string    `json:"updated_by"`
	UpdatedOnBehalfOf string    `json:"updated_on_behalf_of,omitempty"` // for whom UpdatedBy made the last change; absent for itself
	Users             []string  `json:"users"`                          // the keys of the flags that name it
	Warnings          []Problem `json:"warnings,omitempty"`
	Changed           *bool     `json:"changed,omitempty"` // only in the responses to changes
}

// SegmentInfoFields lists the members of a SegmentInfo.
var SegmentInfoFields = []string{"version", "revision", "created", "updated", "updated_by", "updated_on_behalf_of", "users", "warnings", "changed"}

// MarshalJSON writes the authoring form and the info's members after it.
func (s Segment) MarshalJSON() ([]byte, error) { return JoinObjects(s.Segment, s.SegmentInfo) }

// UnmarshalJSON reads what MarshalJSON of this or of a newer build writes.
func (s *Segment) UnmarshalJSON(data []byte) error {
	document, unknown, problems := flagset.LenientSegment(data, SegmentInfoFields...)
	if err := flagset.Err(problems); err != nil {
		return err
	}
	s.Segment, s.Unknown = document, unknown
	return json.Unmarshal(data, &s.SegmentInfo)
}

// SegmentList is every segment of an environment.
type SegmentList struct {
	Segments []Segment `json:"segments"`
}
