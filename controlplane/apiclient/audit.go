package apiclient

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// AuditQuery filters the audit.
type AuditQuery struct {
	Environment  string
	Flag         string
	Segment      string
	By           string // who made the change
	OnBehalfOf   string // for whom it was made
	Action       string // "flag.enable", or "flag"
	Since, Until time.Time
	Cursor       string
	Limit        int
}

func (q AuditQuery) values() url.Values {
	return values("env", q.Environment, "flag", q.Flag, "segment", q.Segment, "by", q.By, "on_behalf_of", q.OnBehalfOf, "action", q.Action,
		"since", moment(q.Since), "until", moment(q.Until), "cursor", q.Cursor, "limit", number(int64(q.Limit)))
}

// Audit returns a page of the audit.
func (c *Client) Audit(ctx context.Context, q AuditQuery) (page api.AuditPage, err error) {
	return page, c.get(ctx, path("audit"), q.values(), &page)
}

// AuditEntry returns one revision's entry with all its changes.
func (c *Client) AuditEntry(ctx context.Context, env string, revision int64) (e api.AuditEntry, err error) {
	return e, c.get(ctx, path("envs", env, "audit", strconv.FormatInt(revision, 10)), nil, &e)
}

// History returns a page of a flag's audit.
func (c *Client) History(ctx context.Context, env, key string, q AuditQuery) (page api.AuditPage, err error) {
	return page, c.get(ctx, path("envs", env, "flags", key, "history"), q.values(), &page)
}

// Failures returns the refused changes.
func (c *Client) Failures(ctx context.Context, q AuditQuery) ([]api.FailedWrite, error) {
	var list api.FailureList
	err := c.get(ctx, path("audit", "failures"), q.values(), &list)
	return list.Failures, err
}
