package httpapi_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestAudit(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	editor := f.client(f.token(controlplane.RoleEditor, "default"))
	if _, err := editor.Enable(ctx, "default", "x", flagset.ForActor("user:42"), apiclient.Write{Reason: "first"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.PutSegment(ctx, "default", flagset.Segment{Key: "s", Constraints: []flagset.Constraint{{Attribute: "a", Operator: "eq", Values: []any{int64(1)}}}}, apiclient.Write{}); err != nil {
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
	if err != nil || slices.ContainsFunc(mine.Entries, func(e apiclient.AuditEntry) bool { return e.Environment != "default" }) {
		t.Errorf("a token of one environment reads %+v %v", mine, err)
	}
	byEditor, err := f.admin.Audit(ctx, apiclient.AuditQuery{Environment: "default", Actor: "a editor", Since: time.Now().Add(-time.Hour)})
	if err != nil || len(byEditor.Entries) != 1 {
		t.Errorf("%+v %v", byEditor, err)
	}

	f.want(http.StatusUnprocessableEntity, f.do(adminToken, "POST", "/v1/envs/default/flags/x/enable", `{"for_percentage_of": {"actors": 1.5}}`))
	f.want(http.StatusForbidden, f.do(f.token(controlplane.RoleViewer), "POST", "/v1/envs/default/flags/x/enable", `{}`))
	failures, err := f.admin.Failures(ctx, apiclient.AuditQuery{Environment: "default"})
	if err != nil || len(failures) != 2 || failures[0].By != "a viewer" || failures[0].Code != "forbidden" || failures[1].Code != "invalid" {
		t.Errorf("%+v %v", failures, err)
	}
}
