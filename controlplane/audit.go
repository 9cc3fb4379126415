package controlplane

import "time"

// AuditEntry tells of one change: who, when, why and what.
type AuditEntry struct {
	Environment string // "": tokens and webhooks, which belong to none
	Revision    int64
	Time        time.Time
	By, Reason  string
	Action      string // flag.enable, segment.put, environment.create, token.revoke …
	Key         string // of the flag, segment, token …; "" of a change of many
	Changes     []Change
}

// AuditQuery filters the audit. Its zero value gives the newest hundred entries of everything.
type AuditQuery struct {
	Environment  string   // "": all, and what belongs to none
	Environments []string // nil: any; else only those, for callers who may not see the others
	Flag         string
	Segment      string
	By           string
	Action       string    // or the part before the dot
	Since, Until time.Time // since is inclusive, until is not
	Cursor       string
	Limit        int // 0: 100; at most 1000
}

// AuditPage is a page of the audit, newest first.
type AuditPage struct {
	Entries []AuditEntry
	Next    string
}

// FailedWrite tells of a change that was refused.
type FailedWrite struct {
	Environment string
	Time        time.Time
	By, Reason  string
	Action      string
	Key         string
	Code        Code
	Detail      string
	Suppressed  int // how many before it were not recorded, because there were too many
}
