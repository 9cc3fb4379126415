package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// auditQuery reads the filters, and restricts a token to its environments.
func (x *call) auditQuery() (controlplane.AuditQuery, error) {
	p := x.params()
	q := controlplane.AuditQuery{
		Environment: p.text("env"), Flag: p.text("flag"), Segment: p.text("segment"), By: p.text("by"), Action: p.text("action"),
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

func (x *call) answerAudit(page api.AuditPage, err error) error {
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, page)
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
	return x.answer(http.StatusOK, e)
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
	return x.answer(http.StatusOK, api.FailureList{Failures: all})
}
