package apiclient

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// AuditEntry describes one change.
type AuditEntry struct {
	Environment string                `json:"environment,omitempty"`
	Revision    int64                 `json:"revision,omitempty"`
	Time        time.Time             `json:"time"`
	By          string                `json:"by"`
	Reason      string                `json:"reason,omitempty"`
	Action      string                `json:"action"`
	Key         string                `json:"key,omitempty"`
	Changes     []controlplane.Change `json:"changes"`
	Omitted     int                   `json:"omitted,omitempty"` // how many changes a list leaves out; Client.AuditEntry returns them all
}

// AuditPage is a page of the audit, newest first.
type AuditPage struct {
	Entries []AuditEntry `json:"entries"`
	Next    string       `json:"next,omitempty"`
}

// AuditQuery filters the audit.
type AuditQuery struct {
	Environment  string
	Flag         string
	Segment      string
	Actor        string // who made the change
	Action       string // "flag.enable", or "flag"
	Since, Until time.Time
	Cursor       string
	Limit        int
}

func (q AuditQuery) values() url.Values {
	return values("env", q.Environment, "flag", q.Flag, "segment", q.Segment, "actor", q.Actor, "action", q.Action,
		"since", moment(q.Since), "until", moment(q.Until), "cursor", q.Cursor, "limit", number(int64(q.Limit)))
}

// FailedWrite describes a change that was refused.
type FailedWrite struct {
	Environment string    `json:"environment,omitempty"`
	Time        time.Time `json:"time"`
	By          string    `json:"by"`
	Reason      string    `json:"reason,omitempty"`
	Action      string    `json:"action"`
	Key         string    `json:"key,omitempty"`
	Code        string    `json:"code"`
	Detail      string    `json:"detail"`
	Suppressed  int       `json:"suppressed,omitempty"` // how many before it were not recorded
}

// FailureList is a list of refused changes, newest first.
type FailureList struct {
	Failures []FailedWrite `json:"failures"`
}

// Audit returns a page of the audit.
func (c *Client) Audit(ctx context.Context, q AuditQuery) (page AuditPage, err error) {
	return page, c.get(ctx, path("audit"), q.values(), &page)
}

// AuditEntry returns one revision's entry with all its changes.
func (c *Client) AuditEntry(ctx context.Context, env string, revision int64) (e AuditEntry, err error) {
	return e, c.get(ctx, path("envs", env, "audit", strconv.FormatInt(revision, 10)), nil, &e)
}

// History returns a page of a flag's audit.
func (c *Client) History(ctx context.Context, env, key string, q AuditQuery) (page AuditPage, err error) {
	return page, c.get(ctx, path("envs", env, "flags", key, "history"), q.values(), &page)
}

// Failures returns the refused changes.
func (c *Client) Failures(ctx context.Context, q AuditQuery) ([]FailedWrite, error) {
	var list FailureList
	err := c.get(ctx, path("audit", "failures"), q.values(), &list)
	return list.Failures, err
}
