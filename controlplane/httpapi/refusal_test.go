package httpapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// filled returns a route's path with existing things in place of its parameters.
func filled(path string) string {
	return strings.NewReplacer(":env", "default", ":key", "x", ":revision", "1", ":name", "internal").Replace(path)
}

// lacking returns the roles that don't have a permission.
var lacking = map[api.Permission][]api.Role{
	api.PermitAdmin:    {api.RoleEditor, api.RoleViewer, api.RoleSDK, api.RoleClient},
	api.PermitWrite:    {api.RoleViewer, api.RoleSDK, api.RoleClient},
	api.PermitRead:     {api.RoleSDK, api.RoleClient},
	api.PermitSnapshot: {api.RoleClient},
	api.PermitUsage:    {api.RoleViewer, api.RoleClient},
}

// TestRefusals sends every route everything that must be refused, and checks that nothing has changed.
func TestRefusals(t *testing.T) {
	f := open(t, httpapi.Config{DashboardPath: "/", MaxGuesses: 1_000})
	if _, err := f.admin.Enable(t.Context(), "default", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.CreateEnvironment(t.Context(), api.NewEnvironment{Key: "other"}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	roles := map[api.Role]string{}
	for _, role := range []api.Role{api.RoleEditor, api.RoleViewer, api.RoleSDK, api.RoleClient} {
		roles[role] = f.token(role)
	}
	bound := f.token(api.RoleAdmin, "other")
	before, err := f.admin.Environment(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range httpapi.Routes() {
		if r.Permit == "" {
			continue
		}
		path := filled(r.Path)
		t.Run(r.Method+" "+r.Path, func(t *testing.T) {
			f := *f
			f.t = t
			refused := func(why string, status int, got answer) {
				t.Helper()
				if got.status != status {
					t.Errorf("%s: %s; want %d", why, got, status)
				}
				var e struct{ ErrorDetails string }
				if strings.HasPrefix(path, "/ofrep/") && (json.Unmarshal(got.body, &e) != nil || e.ErrorDetails == "") {
					t.Errorf("%s: %s has no errorDetails", why, got)
				}
			}
			refused("without a token", 401, f.do("", r.Method, path, nil))
			refused("with an unknown token", 401, f.do("gfn_admin_nobody_ever_made_this", r.Method, path, nil))
			if got := f.do("", r.Method, path, nil); got.header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			for _, role := range lacking[r.Permit] {
				refused("as "+string(role), 403, f.do(roles[role], r.Method, path, nil))
			}
			switch r.Environment {
			case "path", "none":
				refused("in another environment", 403, f.do(bound, r.Method, path, nil))
			case "token":
				refused("in another environment", 403, f.do(bound, r.Method, path, `{"context": {}}`, "X-Gonfalon-Env", "default"))
			case "any":
				if strings.Contains(r.Query, "env") {
					refused("in another environment", 403, f.do(bound, r.Method, path+"?env=default", nil))
				}
			}
			if r.Query != "*" {
				refused("with an unknown parameter", 400, f.do(adminToken, r.Method, path+"?dry_rnu=true", nil))
			}
			if r.Limit == 0 {
				return
			}
			for _, malformed := range []string{`{"key": `, `[]`, `"text"`, `{} {}`, "\x00", `{"a": 1,}`} {
				refused("with "+malformed, 400, f.do(adminToken, r.Method, path, malformed))
			}
			if !strings.HasPrefix(path, "/ofrep/") {
				got := f.do(adminToken, r.Method, path, `{"colour": "red"}`)
				refused("with an unknown member", 400, got)
				if !strings.Contains(string(got.body), `"pointer":"/colour"`) {
					t.Errorf("%s doesn't name the member", got)
				}
			}
			refused("with a coded body", 415, f.do(adminToken, r.Method, path, `{}`, "Content-Encoding", "gzip"))
			refused("with too much", 413, f.raw(t, r.Method, path, fmt.Sprintf("Content-Length: %d\r\n\r\n", r.Limit+1)))
			refused("with a body that is cut short", 400, f.raw(t, r.Method, path, "Content-Length: 1000\r\n\r\n{\"reason\": \"bec"))
			refused("with chunks that are cut short", 400, f.raw(t, r.Method, path, "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"reason\""))
			if r.Limit <= httpapi.MaxBody {
				refused("with too many chunks", 413, f.raw(t, r.Method, path, fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", r.Limit+1, strings.Repeat(" ", int(r.Limit+1)))))
			}
		})
	}
	after, err := f.admin.Environment(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if after.Revision != before.Revision {
		t.Errorf("revision %d after %d: a refused request changed something", after.Revision, before.Revision)
	}
	if all, err := f.admin.Environments(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%+v %v", all, err)
	}
}

// raw sends bytes that no well-behaved client would send, and then nothing more.
func (f *fixture) raw(t *testing.T, method, path, rest string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", f.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s", method, path, adminToken, rest)
		conn.(*net.TCPConn).CloseWrite()
	}()
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, body}
}

// TestProblem checks what an error reads like.
func TestProblem(t *testing.T) {
	f := open(t, httpapi.Config{})
	got := f.do(adminToken, "PUT", "/v1/envs/default/flags/x", `{"gates": [
		{"type": "boolean", "enabled": true}, {"type": "percentage_of_actors", "ratio": 1.5},
		{"type": "rule", "constraints": [{"attribute": "mail", "operator": "matches", "values": ["(?=x)"]}]}]}`)
	f.want(422, got)
	if kind := got.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("Content-Type %q", kind)
	}
	const prefix = `{"type":"/problems/invalid-flag","title":"The flag can't be stored","status":422,"errors":[` +
		`{"pointer":"/gates/1/ratio","detail":"1.5 is not between 0 and 1 (both excluded)","hint":"for everyone, enable the boolean gate"},` +
		`{"pointer":"/gates/2/constraints/0/values/0",`
	if !strings.HasPrefix(string(got.body), prefix) {
		t.Errorf("%s\nwant %s…", got.body, prefix)
	}
	var e apiclient.Error
	got.into(t, &e)
	if about := f.want(200, f.do("", "GET", e.Type, nil)); !strings.HasPrefix(string(about.body), e.Title) {
		t.Errorf("%s", about.body)
	}

	misspelt := f.want(400, f.do(adminToken, "PUT", "/v1/envs/default/flags/x", `{"gates": [{"type": "actor", "taget": "u", "enabled": 1}], "descripton": ""}`))
	for _, part := range []string{`"/problems/malformed-flag"`, `"/gates/0/taget"`, `"/gates/0/enabled"`, `"/descripton"`, `did you mean`} {
		if !strings.Contains(string(misspelt.body), part) {
			t.Errorf("%s lacks %s", misspelt.body, part)
		}
	}
	f.want(400, f.do(adminToken, "PUT", "/v1/envs/default/flags/x", `{"key": "y"}`))
	f.want(404, f.do(adminToken, "GET", "/nowhere", nil))
	lost := f.want(405, f.do(adminToken, "DELETE", "/healthz", nil))
	if lost.header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
	f.want(400, f.do(adminToken, "PUT", "/v1/envs/default/flags/x", `{}`, "If-Match", "unquoted"))
	f.want(400, f.do(adminToken, "PUT", "/v1/envs/default/flags/x", `{}`, "If-None-Match", `"v1"`))
	f.want(412, f.do(adminToken, "PUT", "/v1/envs/default/flags/x", `{}`, "If-Match", `W/"v1", "v2"`))
	f.want(404, f.do("", "GET", "/problems/none", nil))
	if got := f.want(404, f.do(adminToken, "GET", "/v1/envs/default/flags/a%2Fb", nil)); !strings.Contains(string(got.body), `a/b`) {
		t.Errorf("%s: %%2F in a key is not read", got.body)
	}
}

func TestRateLimit(t *testing.T) {
	f := open(t, httpapi.Config{Settings: httpapi.Settings{RateLimit: 0.001, RateBurst: 3}})
	ofrep := func() answer { return f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/x", `{}`) }
	for range 3 {
		f.want(404, ofrep())
	}
	limited := f.want(429, ofrep())
	if limited.header.Get("Retry-After") == "" || !strings.HasPrefix(string(limited.body), `{"errorDetails":"`) {
		t.Errorf("%v %s", limited.header, limited.body)
	}
	var e apiclient.Error
	f.want(429, f.do(adminToken, "GET", "/v1/envs", nil)).into(t, &e)
	if e.RetryAfter < 1 {
		t.Errorf("%+v", e)
	}
	f.want(401, f.do("someone-elses-token-here", "GET", "/v1/envs", nil))
	f.want(200, f.do("", "GET", "/healthz", nil))
}
