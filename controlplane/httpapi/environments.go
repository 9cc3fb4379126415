package httpapi

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func (c *call) answerEnvironment(status int, e api.Environment) error {
	c.tellVersion(e.Version)
	c.tellRevision(e.Revision)
	return c.answer(status, e)
}

func (c *call) listEnvironments() error {
	if err := c.params().err(); err != nil {
		return err
	}
	all, err := c.service().Environments(c.context())
	if err != nil {
		return err
	}
	d := api.EnvironmentList{Environments: []api.Environment{}}
	for _, e := range all {
		if c.token.Allows(mayRead, e.Key) {
			d.Environments = append(d.Environments, e)
		}
	}
	return c.answer(http.StatusOK, d)
}

func (c *call) getEnvironment() error {
	if err := c.params().err(); err != nil {
		return err
	}
	e, err := c.service().GetEnvironment(c.context(), c.env)
	if err != nil {
		return err
	}
	if c.tag(e.Version) {
		return nil
	}
	return c.answer(http.StatusOK, e)
}

func (c *call) createEnvironment() error {
	d, o, err := smallBody[struct {
		writeMembers
		api.NewEnvironment
	}](c, false)
	if err != nil {
		return err
	}
	e, err := c.service().CreateEnvironment(c.context(), d.NewEnvironment, o)
	if err != nil {
		return err
	}
	return c.answerEnvironment(created(o), e)
}

func (c *call) updateEnvironment() error {
	d, o, err := smallBody[struct {
		writeMembers
		api.EnvironmentChange
	}](c, false)
	if err != nil {
		return err
	}
	e, err := c.service().UpdateEnvironment(c.context(), c.env, d.EnvironmentChange, o)
	if err != nil {
		return err
	}
	return c.answerEnvironment(http.StatusOK, e)
}

func (c *call) deleteEnvironment() error {
	confirm, o, err := c.deleteOptions()
	if err != nil {
		return err
	}
	if err := c.service().DeleteEnvironment(c.context(), c.env, confirm, o); err != nil {
		return err
	}
	return c.nothing()
}

func (c *call) answerDifference(d api.Difference, err error) error {
	if err != nil {
		return err
	}
	c.tellRevision(d.Revision)
	c.tellVersion(d.Version)
	changes := d.Changes
	d.Changes = []api.Change{}
	return c.answerChanges(d, changes)
}

func (c *call) copyEnvironment() error {
	d, o, err := smallBody[struct {
		writeMembers
		api.Copy
	}](c, false)
	if err != nil {
		return err
	}
	if !c.token.Allows(mayRead, d.From) {
		return forbidden(c.token, mayRead, d.From)
	}
	return c.answerDifference(c.service().Copy(c.context(), c.env, d.Copy, o))
}

func (c *call) rollbackEnvironment() error {
	revision, o, err := c.toRevision()
	if err != nil {
		return err
	}
	return c.answerDifference(c.service().RollbackEnvironment(c.context(), c.env, revision, o))
}

// exportEnvironment writes YAML, which is for people, or JSON if the request asks for it.
func (c *call) exportEnvironment() error {
	p := c.params()
	at := p.at()
	if err := p.err(); err != nil {
		return err
	}
	kind, asJSON := "application/yaml", accepts(c.Request(), "application/json")
	if asJSON {
		kind = "application/json"
	}
	to := bufio.NewWriter(c.Response())
	begun := false
	err := c.service().ExportTo(c.context(), c.env, at, asJSON, func(revision int64) io.Writer {
		begun = true
		c.tellRevision(revision)
		c.Response().Header()["Content-Type"] = []string{kind}
		c.Response().WriteHeader(http.StatusOK)
		return to
	})
	switch {
	case err == nil:
		_ = to.Flush() // a caller that is gone needs no answer
		return nil
	case !begun:
		return err
	}
	c.api.log.Warn("an export broke off", "environment", c.env, "error", err)
	panic(http.ErrAbortHandler) // so that what was written isn't taken for all
}

// accepts reports whether a request names a media type. A star doesn't count as a name.
func accepts(r *http.Request, kind string) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		if name, _, _ := strings.Cut(one, ";"); strings.EqualFold(strings.TrimSpace(name), kind) {
			return true
		}
	}
	return false
}

// importEnvironment reads YAML or JSON. Problems have lines.
func (c *call) importEnvironment() error {
	p := c.params()
	i := api.Import{Prune: p.truth("prune"), Tolerant: p.truth("tolerant")}
	reason, dryRun := p.text("reason"), p.truth("dry_run")
	if err := p.err(); err != nil {
		return err
	}
	data, err := c.body(nil)
	if err != nil {
		return err
	}
	if blank(data) {
		return unreadableAt("document", "", "the body is empty", "send a document with settings, flags and segments, as YAML or JSON")
	}
	text, problems := flagset.ReadText(data)
	if err := unreadable("document", problems); err != nil {
		return err
	}
	o, err := c.options(writeMembers{Reason: reason}, dryRun)
	if err != nil {
		return err
	}
	d, err := c.service().ImportText(c.context(), c.env, text, i, o)
	var refused *api.Error
	if errors.As(err, &refused) {
		locate(text, refused.Problems, func(p *flagset.Problem) (flagset.Place, *int) {
			return flagset.Place{Flag: p.Flag, Segment: p.Segment, Pointer: p.Pointer}, &p.Line
		})
	}
	locate(text, d.Warnings, func(p *api.Problem) (flagset.Place, *int) {
		return flagset.Place{Flag: p.Flag, Segment: p.Segment, Pointer: p.Pointer}, &p.Line
	})
	return c.answerDifference(d, err)
}

// locate says in which lines of a text problems are; place returns where a problem is, and its line.
func locate[P any](text *flagset.Text, problems []P, place func(*P) (flagset.Place, *int)) {
	places := make([]flagset.Place, len(problems))
	for i := range problems {
		places[i], _ = place(&problems[i])
	}
	for i, n := range text.Lines(places) {
		_, line := place(&problems[i])
		*line = n
	}
}
