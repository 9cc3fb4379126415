package main

import (
	"context"
	"errors"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/migrate"
)

// lastCarried returns what was carried last, from the audit.
//
// Why: RATIONALE.md "How does following know what it carried last?"
func (p *following) lastCarried(ctx context.Context) (migrate.Forms, error) {
	revisions := map[string]int64{} // at which each thing was carried last
	p.names = map[string]string{}
	mark := "import from " + p.library.Name() + " at "
	query := apiclient.AuditQuery{Environment: p.env, Action: "import", Limit: 100}
	for first := true; first || query.Cursor != ""; first = false {
		page, err := p.client.Audit(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			if !strings.Contains(e.Reason, mark) {
				continue
			}
			for from, to := range readRenames(e.Reason) {
				if p.names[from] == "" { // the newest counts
					p.names[from] = to
				}
			}
			if e.Omitted > 0 {
				if e, err = p.client.AuditEntry(ctx, p.env, e.Revision); err != nil {
					return nil, err
				}
			}
			for _, change := range e.Changes {
				if name := change.Kind + "/" + change.Key; revisions[name] == 0 && change.Kind != api.KindEnvironment {
					revisions[name] = e.Revision
				}
			}
		}
		query.Cursor = page.Next
	}
	return p.formsAt(ctx, revisions)
}

// formsAt returns the forms of things as of their revisions. Most flags weren't changed since, and need no look back.
func (p *following) formsAt(ctx context.Context, revisions map[string]int64) (migrate.Forms, error) {
	index, err := p.client.Index(ctx, p.env)
	if err != nil {
		return nil, err
	}
	newest := map[string]int64{}
	for _, f := range index.Flags {
		newest["flag/"+f.Key] = f.Revision
	}
	at := map[int64][]string{}
	for name, revision := range revisions {
		if newest[name] == revision {
			revision = index.Revision
		}
		at[revision] = append(at[revision], name)
	}
	carried := migrate.Forms{}
	for revision, names := range at {
		set, err := p.everything(ctx, p.client, revision)
		if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status < 500 {
			continue // the audit doesn't reach back so far, so what was changed since is a conflict
		}
		if err != nil {
			return nil, err
		}
		forms := migrate.FormsOf(set)
		for _, name := range names {
			carried[name] = forms[name]
		}
	}
	return carried, nil
}
