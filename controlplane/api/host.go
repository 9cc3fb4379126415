package api

import "time"

// HostReport is what a host tells about itself with its usage.
type HostReport struct {
	ID       string `json:"id"`                // random, of this process
	SDK      string `json:"sdk"`               // such as go, node or python
	Version  string `json:"version,omitempty"` // of the SDK
	Revision int64  `json:"revision"`          // that it serves; 0 if it serves none
	Lineage  string `json:"lineage,omitempty"` // of that revision, 32 hex digits
	Via      string `json:"via,omitempty"`     // stream, poll, or another source
	Gone     bool   `json:"gone,omitempty"`    // it ends, and this is its last report
}

// Host is a host of an environment.
type Host struct {
	ID       string    `json:"id"`
	SDK      string    `json:"sdk"`
	Version  string    `json:"version,omitempty"`
	Revision int64     `json:"revision"`
	Current  bool      `json:"current"` // it serves the environment's newest revision
	Via      string    `json:"via,omitempty"`
	LastSeen time.Time `json:"last_seen"`
	Address  string    `json:"address,omitempty"`
}

// HostCount says how many hosts an environment has, and how many of them serve its newest revision.
type HostCount struct {
	Total   int `json:"total"`
	Current int `json:"current"`
}

// HostList lists the hosts of an environment, of all replicas.
type HostList struct {
	Revision int64 `json:"revision"` // the environment's newest
	HostCount
	Hosts []Host `json:"hosts"` // ascending by id
}
