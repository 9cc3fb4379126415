package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func environmentDocument(e controlplane.Environment) apiclient.Environment {
	return apiclient.Environment(e)
}

func (x *call) answerEnvironment(status int, e controlplane.Environment) error {
	x.Response().Header()["Etag"] = []string{`"` + e.Version + `"`}
	return x.answer(status, environmentDocument(e))
}

func (x *call) listEnvironments() error {
	if err := x.params().err(); err != nil {
		return err
	}
	all, err := x.service().Environments(x.context())
	if err != nil {
		return err
	}
	d := apiclient.EnvironmentList{Environments: []apiclient.Environment{}}
	for _, e := range all {
		if x.token.Allows(mayRead, e.Key) {
			d.Environments = append(d.Environments, environmentDocument(e))
		}
	}
	return x.answer(http.StatusOK, d)
}

func (x *call) getEnvironment() error {
	if err := x.params().err(); err != nil {
		return err
	}
	e, err := x.service().GetEnvironment(x.context(), x.env)
	if err != nil {
		return err
	}
	if x.tag(e.Version) {
		return nil
	}
	return x.answer(http.StatusOK, environmentDocument(e))
}

func (x *call) createEnvironment() error {
	d, o, err := plain[struct {
		written
		apiclient.NewEnvironment
	}](x, false)
	if err != nil {
		return err
	}
	n := controlplane.NewEnvironment{Key: d.Key, Description: d.Description, From: d.From}
	if d.Settings != nil {
		n.Settings = *d.Settings
	}
	e, err := x.service().CreateEnvironment(x.context(), n, o)
	if err != nil {
		return err
	}
	return x.answerEnvironment(created(o), e)
}

func (x *call) updateEnvironment() error {
	d, o, err := plain[struct {
		written
		apiclient.EnvironmentChange
	}](x, false)
	if err != nil {
		return err
	}
	e, err := x.service().UpdateEnvironment(x.context(), x.env, controlplane.EnvironmentChange(d.EnvironmentChange), o)
	if err != nil {
		return err
	}
	return x.answerEnvironment(http.StatusOK, e)
}

func (x *call) deleteEnvironment() error {
	confirm, o, err := x.deleting()
	if err != nil {
		return err
	}
	if err := x.service().DeleteEnvironment(x.context(), x.env, confirm, o); err != nil {
		return err
	}
	return x.nothing()
}

func (x *call) answerDifference(d controlplane.Difference, err error) error {
	if err != nil {
		return err
	}
	changes := d.Changes
	if changes == nil {
		changes = []controlplane.Change{}
	}
	return x.answer(http.StatusOK, apiclient.Difference{Revision: d.Revision, Written: d.Written, Changes: changes, Warnings: apiclient.Problems(d.Warnings)})
}

func (x *call) copyEnvironment() error {
	d, o, err := plain[struct {
		written
		apiclient.Copy
	}](x, false)
	if err != nil {
		return err
	}
	if !x.token.Allows(mayRead, d.From) {
		return forbidden(x.token, mayRead, d.From)
	}
	return x.answerDifference(x.service().Copy(x.context(), d.From, x.env, controlplane.CopyOptions{Flags: d.Flags, Prune: d.Prune}, o))
}

func (x *call) rollbackEnvironment() error {
	revision, o, err := x.toRevision()
	if err != nil {
		return err
	}
	return x.answerDifference(x.service().RollbackEnvironment(x.context(), x.env, revision, o))
}

// exportEnvironment writes YAML, which is for people, or JSON if the request asks for it.
func (x *call) exportEnvironment() error {
	p := x.params()
	at := p.at()
	if err := p.err(); err != nil {
		return err
	}
	set, revision, err := x.service().Export(x.context(), x.env, at)
	if err != nil {
		return err
	}
	x.Response().Header().Set("X-Gonfalon-Revision", fmt.Sprint(revision))
	if accepts(x.Request(), "application/json") {
		data, err := json.Marshal(set)
		if err != nil {
			return fmt.Errorf("writing the environment: %w", err)
		}
		return x.blob(http.StatusOK, "application/json", data)
	}
	data, err := flagset.MarshalYAML(&set)
	if err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	return x.blob(http.StatusOK, "application/yaml", data)
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

// importEnvironment reads YAML, which includes JSON. It reads JSON with its own, faster parser.
func (x *call) importEnvironment() error {
	p := x.params()
	i := controlplane.ImportOptions{Prune: p.truth("prune"), Strict: p.truth("strict")}
	reason, dryRun := p.text("reason"), p.truth("dry_run")
	if err := p.err(); err != nil {
		return err
	}
	data, err := x.body(nil)
	if err != nil {
		return err
	}
	if blank(data) {
		return unreadableAt("document", "", "the body is empty", "send a document with settings, flags and segments, as YAML or JSON")
	}
	var set flagset.Set
	var problems []flagset.Problem
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte{'{'}) {
		set, problems = flagset.ParseSet(data)
	} else {
		set, problems = flagset.ParseYAML(data)
	}
	if err := unreadable("document", problems); err != nil {
		return err
	}
	o, err := x.options(written{Reason: reason}, dryRun)
	if err != nil {
		return err
	}
	return x.answerDifference(x.service().Import(x.context(), x.env, set, i, o))
}
