package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestPermissions checks that a route that changes something asks for the permission to, and has a name in the audit. A
// route without an action must not change anything.
func TestPermissions(t *testing.T) {
	asking := []string{"/evaluate", "/explain", "/preview", "/usage", "/test", "/reload", "/v1/session", "/v1/sessions", "/v1/sessions/secrets", "/v1/logins", "/v1/logins/token", "/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/:key"}
	for _, r := range httpapi.Routes() {
		writes := r.Permit == api.PermitWrite || r.Permit == api.PermitAdmin
		if r.Action != "" && !writes {
			t.Errorf("%s %s makes the change %s with the permission %q: it must need mayWrite or mayAdmin", r.Method, r.Path, r.Action, r.Permit)
		}
		only := slices.ContainsFunc(asking, func(end string) bool { return strings.HasSuffix(r.Path, end) })
		if r.Action == "" && r.Method != http.MethodGet && !only {
			t.Errorf("%s %s has no action: name its change, or enter its path among those that change nothing in the store", r.Method, r.Path)
		}
	}
}

// TestBodies sends each route that reads a body one that succeeds. The audit names the change by the route's action. Without
// any member that openapi.yaml requires, the body is refused.
func TestBodies(t *testing.T) {
	f := open(t, httpapi.Config{DashboardPath: "/"})
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/segments/s", `{"constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}]}`))
	received, bodies := make(chan *http.Request, 1000), make(chan []byte, 1000)
	receiver := newReceiver(t, received, bodies)
	hook, err := f.admin.CreateWebhook(t.Context(), api.NewWebhook{Name: "old", URL: receiver}, apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.admin.CreateToken(t.Context(), api.NewToken{Name: "old", Role: api.RoleViewer}, apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const env, flag = "/v1/envs/:env", "/v1/envs/:env/flags/:key"
	forms := requestBodies(t, f)
	tried := map[string]bool{}
	for _, c := range []struct{ method, path, with, body string }{
		{"POST", "/v1/envs", "", `{"key": "new"}`},
		{"PATCH", env, "", `{"description": "changed"}`},
		{"PUT", flag, ":key x", `{"description": "new"}`},
		{"POST", flag + "/enable", ":key x", `{}`},
		{"POST", flag + "/disable", ":key x", `{}`},
		{"POST", flag + "/variants", ":key x", `{"variants": [{"name": "a", "weight": 1}]}`},
		{"POST", flag + "/clear", ":key x", `{"variant": true}`},
		{"POST", flag + "/kill", ":key x", `{}`},
		{"POST", flag + "/revive", ":key x", `{}`},
		{"POST", flag + "/rollback", ":key x", `{"revision": 4}`},
		{"POST", flag + "/evaluate", ":key x", `{}`},
		{"POST", flag + "/explain", ":key x", `{}`},
		{"POST", env + "/preview", "", `{"flag": {"key": "x"}}`},
		{"POST", env + "/usage", "", `{"flags": {"x": {"count": 1, "last": "2026-11-28T00:00:00Z"}}}`},
		{"POST", "/ofrep/v1/evaluate/flags/:key", ":key x", `{}`},
		{"POST", "/ofrep/v1/evaluate/flags", "", `{}`},
		{"POST", env + "/import", "", `{"flags": [{"key": "y"}]}`},
		{"POST", env + "/copy", "", `{"from": "new", "prune": true}`},
		{"POST", env + "/rollback", "", `{"revision": 1}`},
		{"PUT", "/v1/envs/:env/segments/:key", ":key new", `{"constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}]}`},
		{"DELETE", "/v1/envs/:env/segments/:key", ":key new", `{}`},
		{"PUT", flag, ":key x", `{"description": "new"}`},
		{"DELETE", flag, ":key x", `{}`},
		{"POST", "/openfeature/v0/manifest/flags", "", `{"key": "m", "type": "string", "defaultValue": "blue"}`},
		{"PUT", "/openfeature/v0/manifest/flags/:key", ":key m", `{"type": "string", "defaultValue": "green"}`},
		{"DELETE", "/openfeature/v0/manifest/flags/:key", ":key m", `{}`},
		{"POST", "/v1/tokens", "", `{"name": "new", "role": "viewer"}`},
		{"DELETE", "/v1/tokens/:key", ":key " + token.ID, `{}`},
		{"POST", "/v1/sessions", "", fmt.Sprintf(`{"token": %q}`, adminToken)},
		{"POST", "/v1/webhooks", "", fmt.Sprintf(`{"name": "new", "url": %q}`, receiver)},
		{"POST", "/v1/webhooks/:key/test", ":key " + hook.ID, `{}`},
		{"DELETE", "/v1/webhooks/:key", ":key " + hook.ID, `{}`},
		{"DELETE", env, ":env new", `{"confirm": "new"}`},
	} {
		name := c.method + " " + c.path
		tried[name] = true
		at := slices.IndexFunc(httpapi.Routes(), func(r httpapi.Route) bool { return r.Method+" "+r.Path == name })
		if at < 0 {
			t.Errorf("there is no route %s any more: remove its body here", name)
			continue
		}
		r := httpapi.Routes()[at]
		address := strings.NewReplacer(append(strings.Fields(c.with), ":env", "default")...).Replace(c.path)
		t.Run(name, func(t *testing.T) {
			f := *f
			f.t = t
			f.http = &http.Client{Transport: &checked{t: t, next: f.server.Client().Transport}}
			before := audited(t, f.service, r.Action)
			form := forms[pathParam.ReplaceAllString(name, "{$1}")]
			var whole map[string]json.RawMessage
			if err := json.Unmarshal([]byte(c.body), &whole); err != nil {
				t.Fatal(err)
			}
			for _, member := range form.members {
				if _, found := whole[member]; !found {
					t.Errorf("openapi.yaml requires %s, which the body %s lacks", member, c.body)
				}
				lacking := maps.Clone(whole)
				delete(lacking, member)
				if got := f.do(adminToken, c.method, address, lacking); got.status < 400 || got.status > 499 {
					t.Errorf("openapi.yaml requires %s, but without it the answer is %s", member, got)
				}
			}
			if form.required {
				if got := f.do(adminToken, c.method, address, nil); got.status < 400 || got.status > 499 {
					t.Errorf("openapi.yaml requires a body, but without one the answer is %s", got)
				}
			}
			if got := f.do(adminToken, c.method, address, c.body); got.status > 299 {
				t.Fatalf("%s", got)
			}
			if after := audited(t, f.service, r.Action); r.Action != "" && after != before+1 {
				t.Errorf("the audit has %d entries of %s, and had %d: the route and the Service name the change differently", after, r.Action, before)
			}
		})
	}
	tried["POST /v1/logins"], tried["POST /v1/logins/token"] = true, true // TestLogins: they need a session, and a code
	for _, r := range httpapi.Routes() {
		if name := r.Method + " " + r.Path; r.Limit > 0 && !tried[name] {
			t.Errorf("TestBodies has no body for %s: add one that succeeds to its list", name)
		}
	}
}

// audited returns how many entries the audit has of an action.
func audited(t *testing.T, s *controlplane.Service, action string) int {
	t.Helper()
	page, err := s.Audit(t.Context(), controlplane.AuditQuery{Action: action, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Entries)
}

// requestBody is what openapi.yaml says of a request's body.
type requestBody struct {
	required bool
	members  []string // that it requires
}

// requestBodies returns them by operation, such as "POST /v1/envs".
func requestBodies(t *testing.T, f *fixture) map[string]requestBody {
	t.Helper()
	var document map[string]any
	f.want(http.StatusOK, f.do("", "GET", "/openapi.json", nil)).into(t, &document)
	resolved := func(node any) map[string]any {
		object, _ := node.(map[string]any)
		for object["$ref"] != nil {
			next := document
			for _, part := range strings.Split(strings.TrimPrefix(object["$ref"].(string), "#/"), "/") {
				next, _ = next[part].(map[string]any)
			}
			object = next
		}
		return object
	}
	var members func(schema any) []string
	members = func(schema any) (names []string) {
		object := resolved(schema)
		required, _ := object["required"].([]any)
		for _, name := range required {
			names = append(names, name.(string))
		}
		parts, _ := object["allOf"].([]any)
		for _, part := range parts {
			names = append(names, members(part)...)
		}
		return names
	}
	found := map[string]requestBody{}
	for path, item := range document["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			operation, _ := o.(map[string]any)
			body := resolved(operation["requestBody"])
			content, _ := body["content"].(map[string]any)
			kind, _ := content["application/json"].(map[string]any)
			required, _ := body["required"].(bool)
			found[strings.ToUpper(method)+" "+path] = requestBody{required, members(kind["schema"])}
		}
	}
	return found
}

func TestUnknownAddress(t *testing.T) {
	f := open(t, httpapi.Config{})
	for _, path := range []string{"/ofrep/x", "/ofrep/v1/nowhere", "/v1/nowhere", "/openfeature/x"} {
		got, err := http.Get(f.server.URL + path) // openapi.yaml, by which the fixture's own client checks answers, knows no such address
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if kind := got.Header.Get("Content-Type"); got.StatusCode != 404 || kind != "application/problem+json" {
			t.Errorf("%s answers %d, %s", path, got.StatusCode, kind)
		}
	}
	if got := f.want(405, f.do(adminToken, "GET", "/ofrep/v1/evaluate/flags", nil)); !strings.Contains(string(got.body), "errorDetails") {
		t.Errorf("another method of an OFREP route answers %s", got)
	}
}
