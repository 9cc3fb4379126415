package api

import "time"

// AuditEntry describes one change.
type AuditEntry struct {
	Environment string    `json:"environment,omitempty"`
	Revision    int64     `json:"revision,omitempty"`
	Time        time.Time `json:"time"`
	By          string    `json:"by"`
	OnBehalfOf  string    `json:"on_behalf_of,omitempty"` // for whom By made it, as By said; absent for itself
	Token       string    `json:"token,omitempty"`        // the id of the token that By is the name of; names can be given to others
	Reason      string    `json:"reason,omitempty"`
	Action      string    `json:"action"`
	Key         string    `json:"key,omitempty"`
	Changes     []Change  `json:"changes"`
	Omitted     int       `json:"omitted,omitempty"` // how many changes a list leaves out; Client.AuditEntry returns them all
}

// AuditPage is a page of the audit, newest first.
type AuditPage struct {
	Entries []AuditEntry `json:"entries"`
	Next    string       `json:"next,omitempty"`
}

// FailedWrite describes a change that was refused.
type FailedWrite struct {
	Environment string    `json:"environment,omitempty"`
	Time        time.Time `json:"time"`
	By          string    `json:"by"`
	OnBehalfOf  string    `json:"on_behalf_of,omitempty"` // for whom By made it, as By said; absent for itself
	Token       string    `json:"token,omitempty"`        // the id of the token that By is the name of; names can be given to others
	Reason      string    `json:"reason,omitempty"`
	Action      string    `json:"action"`
	Key         string    `json:"key,omitempty"`
	Code        Code      `json:"code"`
	Detail      string    `json:"detail"`
	Suppressed  int       `json:"suppressed,omitempty"` // how many before it were not recorded
}

// FailureList is a list of refused changes, newest first.
type FailureList struct {
	Failures []FailedWrite `json:"failures"`
}
