package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestEnvironments(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	if _, err := f.admin.Enable(ctx, "default", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.CreateEnvironment(ctx, api.NewEnvironment{Key: "staging", Description: "before", Settings: &flagset.Settings{GroupConflict: flagset.AllowWins}}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	f.want(http.StatusConflict, f.do(adminToken, "POST", "/v1/envs", `{"key": "staging"}`))
	f.want(http.StatusOK, f.do(adminToken, "POST", "/v1/envs?dry_run=true", `{"key": "later"}`))
	f.want(http.StatusNotFound, f.do(adminToken, "GET", "/v1/envs/later", nil))
	f.want(http.StatusNoContent, f.do(adminToken, "DELETE", "/v1/envs/staging?confirm=staging&dry_run=true", nil))
	f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/staging", nil))
	d, err := f.admin.Copy(ctx, "staging", api.Copy{From: "default", Flags: []string{"x"}}, apiclient.WriteOptions{DryRun: true})
	if err != nil || d.Written || len(d.Changes) != 1 || d.Changes[0].Key != "x" || d.Changes[0].Op != api.OpCreate {
		t.Errorf("%+v %v", d, err)
	}
	if d, err = f.admin.Copy(ctx, "staging", api.Copy{From: "default", Flags: []string{"x"}}, apiclient.WriteOptions{Reason: "ready"}); err != nil || !d.Written {
		t.Errorf("%+v %v", d, err)
	}
	deny := flagset.Settings{GroupConflict: flagset.DenyWins}
	e, err := f.admin.UpdateEnvironment(ctx, "staging", api.EnvironmentChange{Settings: &deny}, apiclient.WriteOptions{})
	if err != nil || e.Settings != deny || e.Flags != 1 {
		t.Errorf("%+v %v", e, err)
	}
	all, err := f.admin.Environments(ctx)
	if err != nil || len(all) != 2 {
		t.Errorf("%+v %v", all, err)
	}
	bound := f.client(f.token(api.RoleViewer, "staging"))
	if all, err = bound.Environments(ctx); err != nil || len(all) != 1 || all[0].Key != "staging" {
		t.Errorf("a token of one environment sees %+v %v", all, err)
	}
	before := e.Revision
	if _, err = f.admin.Enable(ctx, "staging", "y", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if d, err = f.admin.RollbackEnvironment(ctx, "staging", before, apiclient.WriteOptions{}); err != nil || !d.Written {
		t.Errorf("%+v %v", d, err)
	}
	f.want(http.StatusUnprocessableEntity, f.do(adminToken, "DELETE", "/v1/envs/staging", nil))
	if err := f.admin.DeleteEnvironment(ctx, "staging", "staging", apiclient.WriteOptions{}); err != nil {
		t.Error(err)
	}
	f.want(http.StatusNotFound, f.do(adminToken, "GET", "/v1/envs/staging", nil))
}

func TestImportExport(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	yaml := []byte("settings: {group_conflict: allow_wins}\nflags:\n  - key: x\n    gates:\n      - {type: boolean, enabled: true}\nsegments:\n  - key: s\n    constraints: [{attribute: plan, operator: eq, values: [pro]}]\n")
	d, err := f.admin.Import(ctx, "default", yaml, api.Import{}, apiclient.WriteOptions{DryRun: true})
	if err != nil || d.Written || len(d.Changes) == 0 {
		t.Fatalf("%+v %v", d, err)
	}
	if d, err = f.admin.Import(ctx, "default", yaml, api.Import{Prune: true}, apiclient.WriteOptions{Reason: "from git"}); err != nil || !d.Written {
		t.Fatalf("%+v %v", d, err)
	}
	out, err := f.admin.Export(ctx, "default", api.At{})
	if err != nil {
		t.Fatal(err)
	}
	if d, err = f.admin.Import(ctx, "default", out, api.Import{Prune: true}, apiclient.WriteOptions{}); err != nil || d.Written || len(d.Changes) != 0 {
		t.Errorf("importing an export changes something: %+v %v", d, err)
	}
	asJSON := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/export", nil, "Accept", "application/json"))
	if d, err = f.admin.Import(ctx, "default", asJSON.body, api.Import{}, apiclient.WriteOptions{}); err != nil || d.Written {
		t.Errorf("%+v %v", d, err)
	}
	bad := f.do(adminToken, "POST", "/v1/envs/default/import", "flags:\n  - key: x\n    gats: []\n", "Content-Type", "application/yaml")
	var e apiclient.Error
	f.want(http.StatusBadRequest, bad).into(t, &e)
	if len(e.Errors) != 1 || e.Errors[0].Flag != "x" || e.Errors[0].Line != 3 || e.Errors[0].Pointer != "/gats" {
		t.Errorf("%s", bad)
	}
}
