package api

import "time"

// At is a moment of an environment: a revision or a time. The zero value is now.
type At struct {
	Revision int64
	Time     time.Time
}

// IsZero reports whether it is now.
func (at At) IsZero() bool { return at.Revision == 0 && at.Time.IsZero() }
