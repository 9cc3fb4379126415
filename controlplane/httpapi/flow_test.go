package httpapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

const everyGate = `{"key": "new_checkout", "description": "the new checkout", "owner": "ada", "tags": ["shop"], "permanent": false, "killed": false, "off_variant": null,
 "gates": [
  {"type": "boolean", "enabled": false},
  {"type": "actor", "target": "user:42", "enabled": true},
  {"type": "group", "target": "staff", "enabled": true},
  {"type": "percentage_of_actors", "ratio": 0.25},
  {"type": "variant", "variants": [{"name": "blue", "weight": 1, "payload": {"hex": "#00f"}}, {"name": "green", "weight": 1, "payload": {"hex": "#0f0"}}]},
  {"type": "rule", "enabled": true, "constraints": [{"attribute": "plan", "operator": "in", "values": ["pro", "team"]}]},
  {"type": "segment", "target": "premium_us", "enabled": true, "ratio": 0.5},
  {"type": "schedule", "from": "2126-11-27T00:00:00Z", "until": null}],
 "reason": "as agreed", "allow_missing": true}`

// TestFlow is the main line: written over HTTP, fetched as a snapshot, decided.
func TestFlow(t *testing.T) {
	flow(t, open(t, httpapi.Config{}))
}

func flow(t *testing.T, f *fixture) {
	ctx := t.Context()
	const at = "/v1/envs/default/flags/new_checkout"
	put := f.want(http.StatusCreated, f.do(adminToken, "PUT", at, everyGate))
	got := f.want(http.StatusOK, f.do(adminToken, "GET", at, nil))
	f.want(http.StatusNotModified, f.do(adminToken, "GET", at, nil, "If-None-Match", got.header.Get("ETag")))
	if put.header.Get("ETag") != got.header.Get("ETag") || got.header.Get("ETag") == "" {
		t.Errorf("ETag %q after %q", got.header.Get("ETag"), put.header.Get("ETag"))
	}
	var again apiclient.Flag
	f.want(http.StatusOK, f.do(adminToken, "PUT", at, string(got.body), "If-Match", got.header.Get("ETag"))).into(t, &again)
	if *again.Changed {
		t.Error("what a GET answers is not what a PUT takes unchanged")
	}
	stale := f.want(http.StatusPreconditionFailed, f.do(adminToken, "PUT", at, string(got.body), "If-Match", `"someone-elses"`))
	if !strings.Contains(string(stale.body), `"current":"`+again.Version) {
		t.Errorf("%s doesn't tell the current version %s", stale, again.Version)
	}
	f.want(http.StatusPreconditionFailed, f.do(adminToken, "PUT", at, string(got.body), "If-None-Match", "*"))

	enabled, err := f.admin.Enable(ctx, "default", "hero", snapshot.ForActor("user:7"), apiclient.Write{Reason: "first"})
	if err != nil || !*enabled.Enabled || enabled.State != controlplane.StatePartial || len(enabled.Gates) != 1 {
		t.Fatalf("%+v %v", enabled, err)
	}
	disabled, err := f.admin.Disable(ctx, "default", "hero", snapshot.ForActor("user:7"), apiclient.Write{})
	if err != nil || *disabled.Enabled {
		t.Fatalf("%+v %v", disabled, err)
	}

	data, tag, err := f.admin.Snapshot(ctx, "default", "")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if tag != `"`+hex.EncodeToString([]byte(loaded.ID()))+`"` {
		t.Errorf("the tag %s is not the content id", tag)
	}
	if data, _, err := f.admin.Snapshot(ctx, "default", tag); err != nil || data != nil {
		t.Errorf("%d bytes, %v; want 304", len(data), err)
	}
	var d engine.Decision
	var sc engine.Scratch
	loaded.Evaluate("new_checkout", &engine.Input{Actor: "user:42", Presence: engine.Keyed}, &sc, &d)
	if !d.Enabled || d.Gate != engine.GateActor {
		t.Errorf("%+v", d)
	}
	loaded.Evaluate("hero", &engine.Input{Actor: "user:7", Presence: engine.Keyed}, &sc, &d)
	if d.Enabled {
		t.Errorf("%+v", d)
	}
}

func TestVerbs(t *testing.T) {
	f := open(t, httpapi.Config{})
	const at = "/v1/envs/default/flags/x/"
	first := int64(0)
	for _, step := range []struct {
		verb, body string
		status     int
		gates      string // slots, in order
		enabled    bool
	}{
		{"enable", `{}`, 201, "boolean", true},
		{"enable", `{"for_actor": "user:42", "reason": "why"}`, 200, "actor/user:42 boolean", true},
		{"disable", `{"for_group": "staff"}`, 200, "actor/user:42 boolean group/staff", false},
		{"enable", `{"for_percentage_of": {"actors": 0.25}}`, 200, "actor/user:42 boolean group/staff percentage", true},
		{"enable", `{"for_percentage_of": {"time": 0.25}}`, 200, "actor/user:42 boolean group/staff percentage", true},
		{"enable", `{"when": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}`, 200, "actor/user:42 boolean group/staff percentage rule", true},
		{"enable", `{"for_segment": "premium", "allow_missing": true}`, 200, "actor/user:42 boolean group/staff percentage rule segment/premium", true},
		{"enable", `{"requires": {"flag": "parent", "enabled": false}, "allow_missing": true}`, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule segment/premium", true},
		{"enable", `{"schedule": {"from": "2026-11-27T00:00:00Z", "until": null}}`, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule schedule segment/premium", true},
		{"variants", `{"variants": [{"name": "a", "weight": 1}, {"name": "b", "weight": 3}]}`, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule schedule segment/premium variant", true},
		{"kill", `{"off_variant": "b"}`, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule schedule segment/premium variant", false},
		{"revive", ``, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule schedule segment/premium variant", true},
		{"kill", ``, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule schedule segment/premium variant", false},
		{"kill", `{"off_variant": ""}`, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule schedule segment/premium variant", false},
		{"revive", `{"reason": "well again"}`, 200, "actor/user:42 boolean group/staff percentage prerequisite/parent rule schedule segment/premium variant", true},
		{"clear", `{"for_actor": "user:42"}`, 200, "boolean group/staff percentage prerequisite/parent rule schedule segment/premium variant", true},
		{"clear", `{"for_group": "staff"}`, 200, "boolean percentage prerequisite/parent rule schedule segment/premium variant", true},
		{"clear", `{"percentage": true}`, 200, "boolean prerequisite/parent rule schedule segment/premium variant", true},
		{"clear", `{"rule": true}`, 200, "boolean prerequisite/parent schedule segment/premium variant", true},
		{"clear", `{"requires": "parent"}`, 200, "boolean schedule segment/premium variant", true},
		{"clear", `{"for_segment": "premium"}`, 200, "boolean schedule variant", true},
		{"clear", `{"schedule": true}`, 200, "boolean variant", true},
		{"clear", `{"variant": true}`, 200, "boolean", true},
		{"clear", `{"boolean": true}`, 200, "", false},
		{"clear", `{}`, 200, "", false},
		{"disable", `{"for_percentage_of": {"actors": 0.25}}`, 200, "percentage", false},
		{"rollback", `{"revision": FIRST, "reason": "all wrong"}`, 200, "boolean", true},
	} {
		body := strings.Replace(step.body, "FIRST", strconv.FormatInt(first, 10), 1)
		var flag apiclient.Flag
		f.want(step.status, f.do(adminToken, "POST", at+step.verb, body)).into(t, &flag)
		if first == 0 {
			first = flag.Revision
		}
		var slots []string
		for _, g := range flag.Gates {
			slots = append(slots, g.Slot())
		}
		slices.Sort(slots)
		if strings.Join(slots, " ") != step.gates || (*flag.Enabled != step.enabled && step.verb != "enable" && step.verb != "disable") {
			t.Errorf("%s %s: gates %q, enabled %t; want %q, %t", step.verb, step.body, strings.Join(slots, " "), *flag.Enabled, step.gates, step.enabled)
		}
	}
	for _, missing := range []string{"clear", "kill", "revive", "rollback"} {
		body := "{}"
		if missing == "rollback" {
			body = `{"revision": 1}`
		}
		f.want(http.StatusNotFound, f.do(adminToken, "POST", "/v1/envs/default/flags/missing/"+missing, body))
	}
	dry := f.want(http.StatusOK, f.do(adminToken, "POST", at+"kill?dry_run=true", "{}"))
	if !strings.Contains(string(dry.body), `"killed":true`) || strings.Contains(string(f.do(adminToken, "GET", "/v1/envs/default/flags/x", nil).body), `"killed":true`) {
		t.Error("a dry run must answer the change and not make it")
	}
	f.want(http.StatusNoContent, f.do(adminToken, "DELETE", "/v1/envs/default/flags/x?reason=done", nil))
	f.want(http.StatusNotFound, f.do(adminToken, "GET", "/v1/envs/default/flags/x", nil))
}

func TestSegments(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	const at = "/v1/envs/default/segments/premium_us"
	f.want(http.StatusCreated, f.do(adminToken, "PUT", at, `{"constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}], "reason": "why"}`))
	got := f.want(http.StatusOK, f.do(adminToken, "GET", at, nil))
	f.want(http.StatusOK, f.do(adminToken, "PUT", at, string(got.body), "If-Match", got.header.Get("ETag")))
	f.want(http.StatusNotModified, f.do(adminToken, "GET", at, nil, "If-None-Match", got.header.Get("ETag")))
	if _, err := f.admin.Enable(ctx, "default", "x", snapshot.ForSegment("premium_us"), apiclient.Write{}); err != nil {
		t.Fatal(err)
	}
	refused := f.want(http.StatusConflict, f.do(adminToken, "DELETE", at, nil))
	var e apiclient.Error
	refused.into(t, &e)
	if e.Type != "/problems/in-use" || len(e.Users) != 1 || !strings.Contains(e.Users[0], "x") {
		t.Errorf("%s doesn't name the flag", refused)
	}
	all, err := f.admin.Segments(ctx, "default")
	if err != nil || len(all) != 1 || !slices.Equal(all[0].Users, []string{"x"}) {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := f.admin.Clear(ctx, "default", "x", snapshot.Removal{}, apiclient.Write{}); err != nil {
		t.Fatal(err)
	}
	if err := f.admin.DeleteSegment(ctx, "default", "premium_us", apiclient.Write{Reason: "unused"}); err != nil {
		t.Error(err)
	}
}

func TestEnvironments(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	if _, err := f.admin.Enable(ctx, "default", "x", snapshot.Scope{}, apiclient.Write{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.CreateEnvironment(ctx, apiclient.NewEnvironment{Key: "staging", Description: "before", Settings: &snapshot.Settings{GroupConflict: snapshot.AllowWins}}, apiclient.Write{}); err != nil {
		t.Fatal(err)
	}
	f.want(http.StatusConflict, f.do(adminToken, "POST", "/v1/envs", `{"key": "staging"}`))
	d, err := f.admin.Copy(ctx, "staging", apiclient.Copy{From: "default", Flags: []string{"x"}}, apiclient.Write{DryRun: true})
	if err != nil || d.Written || len(d.Changes) != 1 || d.Changes[0].Key != "x" || d.Changes[0].Op != controlplane.OpCreate {
		t.Errorf("%+v %v", d, err)
	}
	if d, err = f.admin.Copy(ctx, "staging", apiclient.Copy{From: "default", Flags: []string{"x"}}, apiclient.Write{Reason: "ready"}); err != nil || !d.Written {
		t.Errorf("%+v %v", d, err)
	}
	deny := snapshot.Settings{GroupConflict: snapshot.DenyWins}
	e, err := f.admin.UpdateEnvironment(ctx, "staging", apiclient.EnvironmentChange{Settings: &deny}, apiclient.Write{})
	if err != nil || e.Settings != deny || e.Flags != 1 {
		t.Errorf("%+v %v", e, err)
	}
	all, err := f.admin.Environments(ctx)
	if err != nil || len(all) != 2 {
		t.Errorf("%+v %v", all, err)
	}
	bound := f.client(f.token(controlplane.RoleViewer, "staging"))
	if all, err = bound.Environments(ctx); err != nil || len(all) != 1 || all[0].Key != "staging" {
		t.Errorf("a token of one environment sees %+v %v", all, err)
	}
	before := e.Revision
	if _, err = f.admin.Enable(ctx, "staging", "y", snapshot.Scope{}, apiclient.Write{}); err != nil {
		t.Fatal(err)
	}
	if d, err = f.admin.RollbackEnvironment(ctx, "staging", before, apiclient.Write{}); err != nil || !d.Written {
		t.Errorf("%+v %v", d, err)
	}
	f.want(http.StatusUnprocessableEntity, f.do(adminToken, "DELETE", "/v1/envs/staging", nil))
	if err := f.admin.DeleteEnvironment(ctx, "staging", "staging", apiclient.Write{}); err != nil {
		t.Error(err)
	}
	f.want(http.StatusNotFound, f.do(adminToken, "GET", "/v1/envs/staging", nil))
}

func TestImportExport(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	yaml := []byte("settings: {group_conflict: allow_wins}\nflags:\n  - key: x\n    gates:\n      - {type: boolean, enabled: true}\nsegments:\n  - key: s\n    constraints: [{attribute: plan, operator: eq, values: [pro]}]\n")
	d, err := f.admin.Import(ctx, "default", yaml, apiclient.Import{}, apiclient.Write{DryRun: true})
	if err != nil || d.Written || len(d.Changes) == 0 {
		t.Fatalf("%+v %v", d, err)
	}
	if d, err = f.admin.Import(ctx, "default", yaml, apiclient.Import{Prune: true, Strict: true}, apiclient.Write{Reason: "from git"}); err != nil || !d.Written {
		t.Fatalf("%+v %v", d, err)
	}
	out, err := f.admin.Export(ctx, "default", controlplane.At{})
	if err != nil {
		t.Fatal(err)
	}
	if d, err = f.admin.Import(ctx, "default", out, apiclient.Import{Prune: true}, apiclient.Write{}); err != nil || d.Written || len(d.Changes) != 0 {
		t.Errorf("importing an export changes something: %+v %v", d, err)
	}
	asJSON := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/export", nil, "Accept", "application/json"))
	if d, err = f.admin.Import(ctx, "default", asJSON.body, apiclient.Import{}, apiclient.Write{}); err != nil || d.Written {
		t.Errorf("%+v %v", d, err)
	}
	bad := f.do(adminToken, "POST", "/v1/envs/default/import", "flags:\n  - key: x\n    gats: []\n", "Content-Type", "application/yaml")
	var e apiclient.Error
	f.want(http.StatusBadRequest, bad).into(t, &e)
	if len(e.Errors) != 1 || e.Errors[0].Flag != "x" || e.Errors[0].Line != 3 || e.Errors[0].Pointer != "/gats" {
		t.Errorf("%s", bad)
	}
}

func TestAudit(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	editor := f.client(f.token(controlplane.RoleEditor, "default"))
	if _, err := editor.Enable(ctx, "default", "x", snapshot.ForActor("user:42"), apiclient.Write{Reason: "first"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.PutSegment(ctx, "default", snapshot.Segment{Key: "s", Constraints: []snapshot.Constraint{{Attribute: "a", Operator: "eq", Values: []any{int64(1)}}}}, apiclient.Write{}); err != nil {
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

func TestDecisions(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	first, err := f.admin.Enable(ctx, "default", "x", snapshot.ForGroup("staff"), apiclient.Write{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.Clear(ctx, "default", "x", snapshot.Removal{}, apiclient.Write{}); err != nil {
		t.Fatal(err)
	}
	actor := "user:3"
	q := apiclient.Query{Actor: &actor, Groups: []string{"staff"}}
	now, err := f.admin.Evaluate(ctx, "default", "x", q)
	if err != nil || now.Enabled {
		t.Errorf("%+v %v", now, err)
	}
	q.Revision = first.Revision
	then, err := f.admin.Explain(ctx, "default", "x", q)
	if err != nil || !then.Enabled || then.Gate != "group" || then.Target != "staff" || len(then.Steps) == 0 || then.Revision != first.Revision {
		t.Errorf("%+v %v", then, err)
	}
	inContext, err := f.admin.Evaluate(ctx, "default", "x", apiclient.Query{Revision: first.Revision, Context: map[string]any{"targetingKey": "user:3", "groups": []string{"staff"}}})
	if err != nil || !inContext.Enabled {
		t.Errorf("%+v %v", inContext, err)
	}

	half := 0.5
	proposed := snapshot.Flag{Key: "x", Gates: []snapshot.Gate{{Type: snapshot.PercentageOfActors, Ratio: &half}}}
	p, err := f.admin.Preview(ctx, "default", apiclient.Proposal{Flag: proposed})
	if err != nil || p.Asked != 10_000 || p.TurnOn < 4_500 || p.TurnOn > 5_500 || p.TurnOff != 0 {
		t.Errorf("%+v %v", p, err)
	}
	one := "user:1"
	p, err = f.admin.Preview(ctx, "default", apiclient.Proposal{Flag: proposed, Actors: []apiclient.Query{{Actor: &one}}, Limit: 10})
	if err != nil || p.Asked != 1 {
		t.Errorf("%+v %v", p, err)
	}
	f.want(http.StatusOK, f.do(adminToken, "POST", "/v1/envs/default/preview", `{"flag": {"key": "x", "gates": []}, "actors": ["user:1", {"actor": "user:2", "context": {"plan": "pro"}}]}`))
	bad := f.want(http.StatusBadRequest, f.do(adminToken, "POST", "/v1/envs/default/preview", `{"flag": {"key": "x", "gates": [{"type": "actor"}]}}`))
	if !strings.Contains(string(bad.body), `"pointer":"/flag/gates/0/target"`) {
		t.Errorf("%s", bad)
	}
}

func TestTokens(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	made, err := f.admin.CreateToken(ctx, apiclient.NewToken{Name: "shop", Role: controlplane.RoleSDK, Envs: []string{"default"}, Expires: time.Now().Add(time.Hour)}, apiclient.Write{})
	if err != nil || made.Secret == "" {
		t.Fatalf("%+v %v", made, err)
	}
	list := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/tokens", nil))
	if bytes.Contains(list.body, []byte(made.Secret)) {
		t.Error("a list of tokens shows a secret")
	}
	if _, _, err := f.client(made.Secret).Snapshot(ctx, "default", ""); err != nil {
		t.Error(err)
	}
	if err := f.admin.RevokeToken(ctx, made.ID, apiclient.Write{Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	_, _, err = f.client(made.Secret).Snapshot(ctx, "default", "")
	var e *apiclient.Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		t.Errorf("a revoked token gets %v", err)
	}
}

func TestUsage(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	for _, key := range []string{"used", "unused"} {
		if _, err := f.admin.Enable(ctx, "default", key, snapshot.Scope{}, apiclient.Write{}); err != nil {
			t.Fatal(err)
		}
	}
	sdk := f.client(f.token(controlplane.RoleSDK, "default"))
	if err := sdk.ReportUsage(ctx, "default", apiclient.Usage{Flags: map[string]apiclient.FlagUsage{"used": {Count: 12, Last: time.Now()}}}); err != nil {
		t.Fatal(err)
	}
	used, err := f.admin.Flag(ctx, "default", "used")
	if err != nil || used.Evaluations != 12 || used.LastEvaluated.IsZero() {
		t.Errorf("%+v %v", used.FlagInfo, err)
	}
	page, err := f.admin.Flags(ctx, "default", apiclient.FlagQuery{Stale: "0s"})
	if err != nil || page.Total != 2 {
		t.Errorf("%+v %v", page, err)
	}
}

func TestList(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	for _, key := range []string{"a1", "a2", "b1"} {
		if _, err := f.admin.PutFlag(ctx, "default", snapshot.Flag{Key: key, Owner: "ada", Tags: []string{"t-" + key}}, apiclient.Write{}); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for q := (apiclient.FlagQuery{Limit: 2}); ; {
		page, err := f.admin.Flags(ctx, "default", q)
		if err != nil || page.Total != 3 {
			t.Fatalf("%+v %v", page, err)
		}
		for _, flag := range page.Flags {
			keys = append(keys, flag.Key)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if !slices.Equal(keys, []string{"a1", "a2", "b1"}) {
		t.Errorf("%v", keys)
	}
	for _, q := range []apiclient.FlagQuery{{Prefix: "b"}, {Tag: "t-b1"}, {Search: "B1"}, {Sort: "-key", Limit: 1}} {
		page, err := f.admin.Flags(ctx, "default", q)
		if err != nil || len(page.Flags) != 1 || page.Flags[0].Key != "b1" {
			t.Errorf("%+v: %+v %v", q, page, err)
		}
	}
	for _, bad := range []string{"stael=30d", "stale=soon", "sort=colour", "limit=5000", "limit=x", "state=maybe", "limit=1&limit=2"} {
		got := f.want(http.StatusBadRequest, f.do(adminToken, "GET", "/v1/envs/default/flags?"+bad, nil))
		if name, _, _ := strings.Cut(bad, "="); !strings.Contains(string(got.body), `"parameter":"`+name+`"`) {
			t.Errorf("%s: %s", bad, got)
		}
	}
}

func TestWebhooks(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	received := make(chan *http.Request, 10)
	bodies := make(chan []byte, 10)
	receiver := newReceiver(t, received, bodies)
	hook, err := f.admin.CreateWebhook(ctx, apiclient.NewWebhook{Name: "chat", URL: receiver, Envs: []string{"default"}}, apiclient.Write{})
	if err != nil || hook.Secret == "" {
		t.Fatalf("%+v %v", hook, err)
	}
	if err := f.admin.TestWebhook(ctx, hook.ID); err != nil {
		t.Fatal(err)
	}
	r, body := <-received, <-bodies
	if r.Header.Get("X-Gonfalon-Event") != "test" || !signed(hook.Secret, r, body) {
		t.Errorf("%v %s", r.Header, body)
	}
	if _, err := f.admin.Enable(ctx, "default", "x", snapshot.Scope{}, apiclient.Write{Reason: "why"}); err != nil {
		t.Fatal(err)
	}
	r, body = <-received, <-bodies
	var got struct{ Entry apiclient.AuditEntry }
	if err := json.Unmarshal(body, &got); err != nil || got.Entry.Key != "x" || got.Entry.Reason != "why" || !signed(hook.Secret, r, body) {
		t.Errorf("%s %v", body, err)
	}
	list := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/webhooks", nil))
	if bytes.Contains(list.body, []byte(hook.Secret)) {
		t.Error("a list of webhooks shows a secret")
	}
	if err := f.admin.DeleteWebhook(ctx, hook.ID, apiclient.Write{}); err != nil {
		t.Error(err)
	}
	f.want(http.StatusUnprocessableEntity, f.do(adminToken, "POST", "/v1/webhooks", `{"name": "x", "url": "ftp://example.org"}`))
}

func TestBackup(t *testing.T) {
	f := open(t, httpapi.Config{})
	var b bytes.Buffer
	if err := f.admin.Backup(context.Background(), &b); err != nil || b.Len() == 0 {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
}

func decoded(t *testing.T, data string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
