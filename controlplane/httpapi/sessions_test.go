package httpapi_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// withDashboard is the configuration of most tests here.
func withDashboard() httpapi.Config { return httpapi.Config{DashboardPath: "/"} }

// signIn signs in and returns the header of the session's cookie.
func (f *fixture) signIn(token string) []string {
	f.t.Helper()
	return cookieOf(f.t, f.want(http.StatusCreated, f.do("", "POST", "/v1/sessions", api.NewSession{Token: token})))
}

func cookieOf(t testing.TB, got answer) []string {
	t.Helper()
	cookie, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Cookie", cookie.Name + "=" + cookie.Value}
}

// browser returns a client without a token that keeps cookies.
func (f *fixture) browser() (*apiclient.Client, http.CookieJar) {
	jar, _ := cookiejar.New(nil) // it can't fail
	return &apiclient.Client{Endpoint: f.server.URL, Agent: clientAgent, HTTP: &http.Client{Transport: f.http.Transport, Jar: jar}}, jar
}

// TestSessions signs in, acts, and signs out, by the client and by hand.
func TestSessions(t *testing.T) {
	f := open(t, httpapi.Config{DashboardPath: "/", Settings: httpapi.Settings{Dashboard: api.Dashboard{
		Production: []string{"def*", "nope"}, Colors: map[string]string{"default": "#123456", "nope": "#123457"}, Banner: "a copy of Tuesday's data", ActorURL: "https://shop.example/users/{actor}",
	}}})
	browser, jar := f.browser()
	made, err := f.admin.CreateSignIn(t.Context())
	if err != nil || !strings.HasSuffix(made.Address, "#secret="+made.Secret) {
		t.Fatalf("%+v %v", made, err)
	}
	begun, err := browser.SignIn(t.Context(), api.NewSession{Secret: made.Secret})
	if err != nil || begun.Name != "configured admin" || begun.Role != api.RoleAdmin || begun.Banner == "" || begun.ReadOnly {
		t.Fatalf("%+v %v", begun, err)
	}
	if again, err := browser.Session(t.Context()); err != nil || again.ID != begun.ID || len(again.Production) != 1 || again.Production[0] != "default" || len(again.Colors) != 1 {
		t.Errorf("%+v %v", again, err)
	}
	if _, err := browser.CreateToken(t.Context(), api.NewToken{Name: "n", Role: api.RoleSDK}, apiclient.WriteOptions{Reason: "by a browser"}); err != nil {
		t.Fatal(err)
	}
	page, err := f.service.Audit(t.Context(), controlplane.AuditQuery{Action: "token.create"})
	if err != nil || page.Entries[0].By != "configured admin" || page.Entries[0].Token != begun.Token {
		t.Errorf("the audit has %+v, %v", page.Entries, err)
	}
	if _, err := browser.CreateSignIn(t.Context()); err == nil {
		t.Error("a session made another one")
	}
	kept := jar.Cookies(mustURL(t, f.server.URL))
	if err := browser.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := jar.Cookies(mustURL(t, f.server.URL)); len(left) > 0 {
		t.Errorf("after signing out the browser has %v", left)
	}
	f.want(401, f.do("", "GET", "/v1/session", nil, "Cookie", kept[0].String()))
	who, err := f.admin.Session(t.Context())
	if err != nil || who.ID != "" || who.Token != begun.Token {
		t.Errorf("with a token: %+v %v", who, err)
	}
	f.want(404, f.do(adminToken, "DELETE", "/v1/session", nil))
}

// TestASessionNamesOnlyItsEnvironments: what the dashboard marks is no list of all environments.
func TestASessionNamesOnlyItsEnvironments(t *testing.T) {
	f := open(t, httpapi.Config{DashboardPath: "/", Settings: httpapi.Settings{Dashboard: api.Dashboard{
		Production: []string{"*"}, Colors: map[string]string{"default": "#111111", "other": "#222222"},
	}}})
	f.want(201, f.do(adminToken, "POST", "/v1/envs", `{"key": "other"}`))
	for token, want := range map[string][]string{adminToken: {"default", "other"}, f.token(api.RoleViewer, "other"): {"other"}} {
		var who api.Session
		f.want(200, f.do("", "GET", "/v1/session", nil, f.signIn(token)...)).into(t, &who)
		slices.Sort(who.Production)
		if !slices.Equal(who.Production, want) || len(who.Colors) != len(want) || who.Colors["other"] != "#222222" {
			t.Errorf("%v and %v; want those of %v", who.Production, who.Colors, want)
		}
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// follow opens a stream by cookie. It ends with the test, or after a while.
func (f *fixture) follow(session []string, headers ...string) *http.Response {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	f.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", f.server.URL+"/v1/envs/default/stream", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	headers = append(headers, session...)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = got.Body.Close() })
	return got
}

// TestASessionsStreamsEndWithIt opens a stream by cookie, and ends the session in two ways.
func TestASessionsStreamsEndWithIt(t *testing.T) {
	for name, end := range map[string]func(f *fixture, token api.Token, session []string){
		"signed out": func(f *fixture, _ api.Token, session []string) {
			f.want(204, f.do("", "DELETE", "/v1/session", nil, session...))
		},
		"revoked": func(f *fixture, token api.Token, _ []string) {
			if err := f.admin.RevokeToken(f.t.Context(), token.ID, apiclient.WriteOptions{}); err != nil {
				f.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := withDashboard()
			config.Heartbeat = time.Hour // which would notice, too
			f := open(t, config)
			token, err := f.admin.CreateToken(t.Context(), api.NewToken{Name: "ada", Role: api.RoleViewer}, apiclient.WriteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			session := f.signIn(token.Secret)
			got := f.follow(session)
			if got.StatusCode != 200 {
				t.Fatal(got.Status)
			}
			lines := bufio.NewScanner(got.Body)
			frame := func() (found bool) {
				for !found && lines.Scan() {
					found = strings.HasPrefix(lines.Text(), "event: snapshot") || strings.HasPrefix(lines.Text(), "event: delta")
				}
				return found
			}
			f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/flags/f", `{}`))
			if !frame() {
				t.Fatal("the stream ended at once")
			}
			f.want(200, f.do(adminToken, "POST", "/v1/envs/default/flags/f/enable", `{}`))
			if !frame() {
				t.Fatal("the stream ended before the session")
			}
			end(f, token, session)
			for frame() {
			}
			if lines.Err() != nil {
				t.Errorf("the stream goes on: %v", lines.Err())
			}
			f.want(401, f.do("", "GET", "/v1/session", nil, session...))
		})
	}
}

// TestAReadOnlyDashboard changes nothing by a session, and everything by a token.
func TestAReadOnlyDashboard(t *testing.T) {
	f := open(t, httpapi.Config{DashboardPath: "/", Settings: httpapi.Settings{Dashboard: api.Dashboard{ReadOnly: true}}})
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/flags/f", `{}`))
	session := f.signIn(adminToken)
	var who api.Session
	f.want(200, f.do("", "GET", "/v1/session", nil, session...)).into(t, &who)
	if !who.ReadOnly {
		t.Errorf("the session is %+v", who)
	}
	for _, r := range httpapi.Routes() {
		address := strings.NewReplacer(":env", "default", ":key", "f").Replace(r.Path)
		writes := r.Permit == api.PermitWrite || r.Permit == api.PermitUsage || r.Permit == api.PermitAdmin && r.Method != "GET"
		if !writes {
			continue
		}
		if got := f.do("", r.Method, address, `{}`, session...); got.status != 403 || !strings.Contains(got.String(), "read-only") {
			t.Errorf("%s %s gets %s", r.Method, r.Path, got)
		}
	}
	f.want(200, f.do("", "POST", "/v1/envs/default/preview", `{"flag": {"key": "f"}}`, session...))
	f.want(200, f.do(adminToken, "POST", "/v1/envs/default/flags/f/enable", `{}`))
	f.want(204, f.do("", "DELETE", "/v1/session", nil, session...))
}

// TestWithoutADashboardThereAreNoSessions: a server that has none takes no cookie.
func TestWithoutADashboardThereAreNoSessions(t *testing.T) {
	f := open(t, httpapi.Config{})
	_, session, err := f.service.BeginSession(t.Context(), adminToken)
	if err != nil {
		t.Fatal(err)
	}
	f.want(401, f.do("", "GET", "/v1/envs", nil, "Cookie", "gonfalon_session="+session))
	for _, r := range []string{"POST /v1/sessions", "POST /v1/sessions/secrets", "GET /v1/session", "DELETE /v1/session"} {
		method, path, _ := strings.Cut(r, " ")
		f.want(404, f.do(adminToken, method, path, nil))
	}
}
