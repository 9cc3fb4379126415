package api

import "time"

// Status says how a control plane is: what its replicas, its store and its environments say.
type Status struct {
	Replica      string              `json:"replica"`  // that answers
	Replicas     []Replica           `json:"replicas"` // ascending by name; only the one that answers while the store doesn't
	Store        StoreStatus         `json:"store"`
	Environments []EnvironmentStatus `json:"environments"` // that the token may read, ascending by key
	Degraded     []Degradation       `json:"degraded"`     // what doesn't work, although requests are served
}

// Replica is a server of a control plane.
type Replica struct {
	Name     string    `json:"name"`
	Version  string    `json:"version,omitempty"` // of its program
	Started  time.Time `json:"started"`
	LastSeen time.Time `json:"last_seen"` // when it last said that it is there, which it does every minute
}

// StoreStatus is how the replica that answers finds the store.
type StoreStatus struct {
	Synced   bool          `json:"synced"`      // the replica follows its changes
	Lag      float64       `json:"lag_seconds"` // for how long it has not answered; 0 while it does
	Revision int64         `json:"revision"`    // up to which the replica has followed
	Used     int64         `json:"used_bytes"`
	Quota    int64         `json:"quota_bytes"` // 0: there is none
	Members  []StoreMember `json:"members"`     // as of the last minute; none of a store that has no members
}

// StoreMember is one of the processes that keep a store.
type StoreMember struct {
	Address string `json:"address,omitempty"` // only for administrators of everything; absent inside the replica
	Version string `json:"version,omitempty"`
	Leader  bool   `json:"leader,omitempty"`
	Used    int64  `json:"used_bytes"`
	Problem string `json:"problem,omitempty"` // why it doesn't answer, or what it says is wrong
}

// EnvironmentStatus is how an environment is.
type EnvironmentStatus struct {
	Key        string    `json:"key"`
	Revision   int64     `json:"revision"`
	Flags      int       `json:"flags"`
	Segments   int       `json:"segments"`
	Unreadable int       `json:"unreadable,omitempty"` // flags and segments that this build can't read
	Hosts      HostCount `json:"hosts"`
}

// Degradation is something that doesn't work, although requests are served.
type Degradation struct {
	Kind   string `json:"kind"`   // store, space or records
	Detail string `json:"detail"` // a sentence for people
}
