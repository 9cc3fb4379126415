package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// auditQuery reads the filters, and restricts a token to its environments.
func (c *call) auditQuery() (controlplane.AuditQuery, error) {
	p := c.params()
	q := controlplane.AuditQuery{
		Environment: p.text("env"), Flag: p.text("flag"), Segment: p.text("segment"), By: p.text("by"), OnBehalfOf: p.text("on_behalf_of"), Action: p.text("action"),
		Since: p.moment("since"), Until: p.moment("until"), Cursor: p.text("cursor"), Limit: int(p.number("limit", 1000)),
	}
	if err := p.err(); err != nil {
		return q, err
	}
	if q.Environment != "" && !c.token.Allows(mayRead, q.Environment) {
		return q, forbidden(c.token, mayRead, q.Environment)
	}
	if q.Environment == "" && len(c.token.Envs) > 0 {
		q.Environments = c.token.Envs
	}
	return q, nil
}

func (c *call) answerAudit(page api.AuditPage, err error) error {
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, page)
}

func (c *call) audit() error {
	q, err := c.auditQuery()
	if err != nil {
		return err
	}
	return c.answerAudit(c.service().Audit(c.context(), q))
}

func (c *call) history() error {
	q, err := c.auditQuery()
	if err != nil {
		return err
	}
	return c.answerAudit(c.service().History(c.context(), c.env, c.param("key"), q))
}

// auditEntry returns one revision's entry with all its changes; a list leaves some out.
func (c *call) auditEntry() error {
	if err := c.params().err(); err != nil {
		return err
	}
	revision, err := strconv.ParseInt(c.param("revision"), 10, 64)
	if err != nil || revision < 0 {
		return notFound.of("", quote(c.param("revision"))+" is not a revision")
	}
	e, err := c.service().AuditEntryAt(c.context(), c.env, revision)
	if err != nil {
		return err
	}
	changes := e.Changes
	e.Changes = []api.Change{}
	return c.answerChanges(e, changes)
}

func (c *call) failures() error {
	q, err := c.auditQuery()
	if err != nil {
		return err
	}
	all, err := c.service().Failures(c.context(), q)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, api.FailureList{Failures: all})
}
