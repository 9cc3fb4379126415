package httpapi_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestAudit(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	editor := f.client(f.token(api.RoleEditor, "default"))
	if _, err := editor.Enable(ctx, "default", "x", flagset.ForActor("user:42"), apiclient.WriteOptions{Reason: "first"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.PutSegment(ctx, "default", flagset.Segment{Key: "s", Constraints: []flagset.Constraint{{Attribute: "a", Operator: "eq", Values: []any{int64(1)}}}}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	page, err := editor.History(ctx, "default", "x", apiclient.AuditQuery{})
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	e := page.Entries[0]
	if e.By != "a editor" || e.Reason != "first" || e.Action != "flag.enable" || len(e.Changes) != 1 || len(e.Changes[0].Lines) == 0 {
		t.Errorf("%+v", e)
	}
	whole, err := f.admin.AuditEntry(ctx, "default", e.Revision)
	if err != nil || whole.Key != "x" {
		t.Errorf("%+v %v", whole, err)
	}
	all, err := f.admin.Audit(ctx, apiclient.AuditQuery{})
	if err != nil || len(all.Entries) < 3 {
		t.Errorf("%+v %v", all, err)
	}
	mine, err := editor.Audit(ctx, apiclient.AuditQuery{})
	if err != nil || slices.ContainsFunc(mine.Entries, func(e api.AuditEntry) bool { return e.Environment != "default" }) {
		t.Errorf("a token of one environment reads %+v %v", mine, err)
	}
	byEditor, err := f.admin.Audit(ctx, apiclient.AuditQuery{Environment: "default", By: "a editor", Since: time.Now().Add(-time.Hour)})
	if err != nil || len(byEditor.Entries) != 1 {
		t.Errorf("%+v %v", byEditor, err)
	}

	f.want(http.StatusUnprocessableEntity, f.do(adminToken, "POST", "/v1/envs/default/flags/x/enable", `{"for_percentage_of": {"actors": 1.5}}`))
	f.want(http.StatusForbidden, f.do(f.token(api.RoleViewer), "POST", "/v1/envs/default/flags/x/enable", `{}`))
	failures, err := f.admin.Failures(ctx, apiclient.AuditQuery{Environment: "default"})
	if err != nil || len(failures) != 2 || failures[0].By != "a viewer" || failures[0].Code != "forbidden" || failures[1].Code != "invalid" {
		t.Errorf("%+v %v", failures, err)
	}
}

// TestEveryRefusedChangeIsOnRecord sends every route that makes changes a request for each way in which it can be
// refused.
func TestEveryRefusedChangeIsOnRecord(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	for _, r := range []struct {
		method, path, body string
		status             int
		action, key        string
		code               api.Code
	}{
		{"POST", "/v1/tokens", `{"name": "n", "role": "root"}`, 422, "token.create", "", api.Invalid},
		{"POST", "/v1/tokens", `{"name": 5}`, 400, "token.create", "", api.Invalid},
		{"DELETE", "/v1/tokens/nope", ``, 404, "token.revoke", "nope", api.NotFound},
		{"POST", "/v1/webhooks", `{"name": "n", "url": "ftp://example.com"}`, 422, "webhook.create", "", api.Invalid},
		{"POST", "/v1/envs", `{"key": "a/b"}`, 422, "environment.create", "a/b", api.Invalid},
		{"POST", "/v1/envs", `{"key": "default"}`, 409, "environment.create", "", api.Exists},
		{"POST", "/v1/envs", `{"key": "copy", "from": "nope"}`, 404, "environment.create", "copy", api.NotFound},
		{"DELETE", "/v1/envs/default?confirm=default", ``, 403, "environment.delete", "", api.Forbidden},
		{"POST", "/v1/envs/default/copy", `{"from": "nope"}`, 404, "copy", "", api.NotFound},
		{"POST", "/v1/envs/default/rollback", `{"revision": 99}`, 404, "environment.rollback", "", api.NotFound},
		{"POST", "/v1/envs/default/import", `{"flags": [{"key": ""}]}`, 422, "import", "", api.Invalid},
		{"POST", "/v1/envs/default/flags/x/rollback", `{"revision": 99}`, 404, "flag.rollback", "x", api.NotFound},
		{"PUT", "/v1/envs/default/flags/x", `{"gates": 5}`, 400, "flag.put", "x", api.Invalid},
		{"PUT", "/v1/envs/default/flags/x?dry", `{}`, 400, "flag.put", "x", api.Invalid},
		{"PUT", "/v1/envs/default/segments/s", `{"constraints": [{}]}`, 400, "segment.put", "s", api.Invalid},
	} {
		f.want(r.status, f.do(adminToken, r.method, r.path, r.body))
		failures, err := f.admin.Failures(t.Context(), apiclient.AuditQuery{Action: r.action, Limit: 1})
		if err != nil || len(failures) != 1 || failures[0].Key != r.key || failures[0].Code != r.code || failures[0].By == "" {
			t.Errorf("%s %s %s: %+v %v", r.method, r.path, r.body, failures, err)
		}
	}
}
