package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// auditQuery reads the filters, and restricts a token to its environments.
func (x *call) auditQuery() (controlplane.AuditQuery, error) {
	p := x.params()
	q := controlplane.AuditQuery{
		Environment: p.text("env"), Flag: p.text("flag"), Segment: p.text("segment"), By: p.text("actor"), Action: p.text("action"),
		Since: p.moment("since"), Until: p.moment("until"), Cursor: p.text("cursor"), Limit: int(p.number("limit", 1000)),
	}
	if err := p.err(); err != nil {
		return q, err
	}
	if q.Environment != "" && !x.token.Allows(mayRead, q.Environment) {
		return q, forbidden(x.token, mayRead, q.Environment)
	}
	if q.Environment == "" && len(x.token.Envs) > 0 {
		q.Environments = x.token.Envs
	}
	return q, nil
}

func (x *call) answerAudit(page controlplane.AuditPage, err error) error {
	if err != nil {
		return err
	}
	d := apiclient.AuditPage{Entries: make([]apiclient.AuditEntry, len(page.Entries)), Next: page.Next}
	for i, e := range page.Entries {
		d.Entries[i] = auditDocument(e)
	}
	return x.answer(http.StatusOK, d)
}

func auditDocument(e controlplane.AuditEntry) apiclient.AuditEntry {
	d := apiclient.AuditEntry{
		Environment: e.Environment, Revision: e.Revision, Time: e.Time, By: e.By, Reason: e.Reason, Action: e.Action, Key: e.Key,
		Changes: e.Changes, Omitted: e.Omitted,
	}
	if d.Changes == nil {
		d.Changes = []controlplane.Change{}
	}
	return d
}

func (x *call) audit() error {
	q, err := x.auditQuery()
	if err != nil {
		return err
	}
	return x.answerAudit(x.service().Audit(x.context(), q))
}

func (x *call) history() error {
	q, err := x.auditQuery()
	if err != nil {
		return err
	}
	return x.answerAudit(x.service().History(x.context(), x.env, x.param("key"), q))
}

// auditEntry returns one revision's entry with all its changes; a list leaves some out.
func (x *call) auditEntry() error {
	if err := x.params().err(); err != nil {
		return err
	}
	revision, err := strconv.ParseInt(x.param("revision"), 10, 64)
	if err != nil || revision < 0 {
		return notFound.of("", quote(x.param("revision"))+" is not a revision")
	}
	e, err := x.service().AuditEntryAt(x.context(), x.env, revision)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, auditDocument(e))
}

func (x *call) failures() error {
	q, err := x.auditQuery()
	if err != nil {
		return err
	}
	all, err := x.service().Failures(x.context(), q)
	if err != nil {
		return err
	}
	d := apiclient.FailureList{Failures: make([]apiclient.FailedWrite, len(all))}
	for i, f := range all {
		d.Failures[i] = apiclient.FailedWrite{
			Environment: f.Environment, Time: f.Time, By: f.By, Reason: f.Reason, Action: f.Action, Key: f.Key,
			Code: string(f.Code), Detail: f.Detail, Suppressed: f.Suppressed,
		}
	}
	return x.answer(http.StatusOK, d)
}
