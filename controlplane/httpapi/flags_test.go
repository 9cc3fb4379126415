package httpapi_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

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
		var flag api.Flag
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

// TestUnsupportedScopes checks that programs can tell a scope that a verb doesn't take from a scope that is wrong.
func TestUnsupportedScopes(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	for _, c := range []struct{ verb, body, kind string }{
		{"disable", `{"when": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}`, "unsupported-scope"},
		{"disable", `{"for_segment": "premium"}`, "unsupported-scope"},
		{"disable", `{"requires": "parent"}`, "unsupported-scope"},
		{"disable", `{"schedule": {"from": "2026-11-27T00:00:00Z"}}`, "unsupported-scope"},
		{"disable", `{"for_actor": "a", "for_group": "g"}`, "unsupported-scope"},
		{"enable", `{"for_actor": "a", "for_group": "g"}`, "unsupported-scope"},
		{"clear", `{"boolean": true, "rule": true}`, "unsupported-scope"},
		{"disable", `{"for_actor": ""}`, "invalid-flag"},
		{"disable", `{"for_percentage_of": {"actors": 1.5}}`, "invalid-flag"},
		{"clear", `{"for_group": ""}`, "invalid-flag"},
	} {
		var e apiclient.Error
		f.want(http.StatusUnprocessableEntity, f.do(adminToken, "POST", "/v1/envs/default/flags/x/"+c.verb, c.body)).into(t, &e)
		if e.Type != "/problems/"+c.kind || len(e.Errors) != 1 {
			t.Errorf("%s %s: %+v, want %s", c.verb, c.body, e, c.kind)
		}
	}
	failures, err := f.admin.Failures(t.Context(), apiclient.AuditQuery{Action: "flag.disable"})
	if err != nil || !slices.ContainsFunc(failures, func(w api.FailedWrite) bool { return w.Code == api.UnsupportedScope }) {
		t.Errorf("%+v %v", failures, err)
	}
}

// TestVerbsOfTheClient checks what TestVerbs doesn't send through apiclient.
func TestVerbsOfTheClient(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx, why := t.Context(), apiclient.WriteOptions{Reason: "why"}
	first, err := f.admin.Enable(ctx, "default", "x", flagset.Scope{}, why)
	if err != nil {
		t.Fatal(err)
	}
	off := "b"
	if _, err := f.admin.PutVariants(ctx, "default", "x", []flagset.Variant{{Name: "a", Weight: flagset.Int(1)}, {Name: "b", Weight: flagset.Int(1)}}, why); err != nil {
		t.Fatal(err)
	}
	if got, err := f.admin.Kill(ctx, "default", "x", &off, why); err != nil || !got.Killed || got.OffVariant == nil || *got.OffVariant != off {
		t.Errorf("killed: %+v %v", got, err)
	}
	if got, err := f.admin.Revive(ctx, "default", "x", why); err != nil || got.Killed {
		t.Errorf("revived: %+v %v", got, err)
	}
	if got, err := f.admin.Rollback(ctx, "default", "x", first.Revision, why); err != nil || len(got.Gates) != 1 {
		t.Errorf("rolled back: %+v %v", got, err)
	}
	if err := f.admin.DeleteFlag(ctx, "default", "x", why); err != nil {
		t.Error(err)
	}
	page, err := f.admin.History(ctx, "default", "x", apiclient.AuditQuery{})
	if err != nil || len(page.Entries) != 6 {
		t.Fatalf("%+v %v", page, err)
	}
	for _, e := range page.Entries {
		if e.Reason != why.Reason {
			t.Errorf("the reason of %s is %q", e.Action, e.Reason)
		}
	}
}

func TestList(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	for _, key := range []string{"a1", "a2", "b1"} {
		if _, err := f.admin.PutFlag(ctx, "default", flagset.Flag{Key: key, Owner: "ada", Tags: []string{"t-" + key}}, apiclient.WriteOptions{}); err != nil {
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
	for age, want := range map[string]int{"1h": 0, "0d": 3} {
		if page, err := f.admin.Flags(ctx, "default", apiclient.FlagQuery{Stale: age}); err != nil || page.Total != want {
			t.Errorf("stale for %s: %+v %v", age, page, err)
		}
	}
	for _, bad := range []string{"stael=30d", "stale=soon", "sort=colour", "limit=5000", "limit=x", "state=maybe", "limit=1&limit=2"} {
		got := f.want(http.StatusBadRequest, f.do(adminToken, "GET", "/v1/envs/default/flags?"+bad, nil))
		if name, _, _ := strings.Cut(bad, "="); !strings.Contains(string(got.body), `"parameter":"`+name+`"`) {
			t.Errorf("%s: %s", bad, got)
		}
	}
}
