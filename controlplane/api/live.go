package api

import (
	"encoding/json"
	"time"
)

// These are the kinds of a LiveEvent.
const (
	LiveAt     = "at"     // where the environment stands: the first event of a stream that resumes nothing
	LiveReload = "reload" // the stream no longer has what was missed: read everything again
	LiveChange = "change" // the environment changed
	LiveHosts  = "hosts"  // how many hosts serve the newest revision
)

// LiveEvent is one event of an environment's stream of changes. Its Kind says which of the members it has.
type LiveEvent struct {
	Kind   string
	ID     string     // to resume after; "" if nothing is missed by resuming after an earlier one
	At     *LivePlace // of at and reload
	Change *LiveEdit  // of change
	Hosts  *HostCount // of hosts
}

// Data returns the document that an event carries.
func (e LiveEvent) Data() any {
	switch e.Kind {
	case LiveChange:
		return e.Change
	case LiveHosts:
		return liveHosts{e.Hosts}
	}
	return e.At
}

// liveHosts is the document of hosts.
type liveHosts struct {
	Hosts *HostCount `json:"hosts"`
}

// Read reads the document that an event of a kind carries.
func (e *LiveEvent) Read(data []byte) error {
	switch e.Kind {
	case LiveChange:
		return json.Unmarshal(data, &e.Change)
	case LiveHosts:
		var d liveHosts
		err := json.Unmarshal(data, &d)
		e.Hosts = d.Hosts
		return err
	case LiveAt, LiveReload:
		return json.Unmarshal(data, &e.At)
	}
	return nil
}

// Known reports whether this build knows the event's kind.
func (e LiveEvent) Known() bool { return e.At != nil || e.Change != nil || e.Hosts != nil }

// LivePlace is where an environment stands.
type LivePlace struct {
	Revision int64 `json:"revision"`
}

// LiveEdit says what one revision changed. The audit has all of it.
type LiveEdit struct {
	Revision   int64     `json:"revision"`
	Time       time.Time `json:"time"`
	Actor      string    `json:"actor"`
	OnBehalfOf string    `json:"on_behalf_of,omitempty"` // for whom the actor made it; absent for itself
	Action     string    `json:"action"`
	Reason     string    `json:"reason,omitempty"`
	Keys       []string  `json:"keys"`               // of the flags
	Segments   []string  `json:"segments,omitempty"` // their keys
	Settings   bool      `json:"settings,omitempty"` // the environment's settings or description changed
	More       bool      `json:"more,omitempty"`     // there are too many names: the lists are only a part
}
