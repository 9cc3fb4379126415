package controlplane

import (
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Segment is a segment with what is known about it.
type Segment struct {
	snapshot.Segment

	Version          string
	Revision         int64
	Created, Updated time.Time
	UpdatedBy        string
	Users            []string // keys of the flags that name it
	Warnings         []snapshot.Problem
}

// SegmentResult is the answer to a change of a segment.
type SegmentResult struct {
	Segment  Segment
	Revision int64
	Changed  bool
	Created  bool
	Warnings []snapshot.Problem
}
