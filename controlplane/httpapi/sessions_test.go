package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

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

// TestSessions signs in, acts, and signs out, by the client and by hand.
func TestSessions(t *testing.T) {
	f := open(t, httpapi.Config{DashboardPath: "/", Settings: httpapi.Settings{Dashboard: api.Dashboard{
		Production: []string{"def*", "nope"}, Colors: map[string]string{"default": "#123456", "nope": "#123457"}, Banner: "a copy of Tuesday's data", ActorURL: "https://shop.example/users/{actor}",
	}}})
	jar, _ := cookiejar.New(nil) // it can't fail
	browser := &apiclient.Client{Endpoint: f.server.URL, Agent: clientAgent, HTTP: &http.Client{Transport: f.http.Transport, Jar: jar}}
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

// TestCookie checks what a browser is told about the cookie, also behind proxies.
func TestCookie(t *testing.T) {
	https := func(c httpapi.Config) httpapi.Config {
		c.PublicURL = &url.URL{Scheme: "https", Host: "flags.example", Path: "/api"}
		return c
	}
	trusting := withDashboard()
	trusting.TrustedProxies = behindProxy
	for name, c := range map[string]struct {
		config  httpapi.Config
		headers []string
		path    string
		secure  bool
	}{
		"plain":                       {withDashboard(), nil, "/", false},
		"https at a public address":   {https(withDashboard()), nil, "/api/", true},
		"https at a trusted proxy":    {trusting, []string{"X-Forwarded-Proto", "https", "X-Forwarded-Prefix", "/flags/"}, "/flags/", true},
		"https, somebody says":        {withDashboard(), []string{"X-Forwarded-Proto", "https", "X-Forwarded-Prefix", "/flags/"}, "/", false},
		"a prefix with a semicolon":   {trusting, []string{"X-Forwarded-Prefix", "/flags; Domain=example"}, "/", false},
		"a prefix with a quote":       {trusting, []string{"X-Forwarded-Prefix", `/"><script>`}, "/", false},
		"a prefix that names a host":  {trusting, []string{"X-Forwarded-Prefix", "//evil.example"}, "/", false},
		"a prefix that climbs":        {trusting, []string{"X-Forwarded-Prefix", "/a/../../b"}, "/", false},
		"a prefix of several proxies": {trusting, []string{"X-Forwarded-Prefix", "/a, /b"}, "/", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := open(t, c.config).do("", "POST", "/v1/sessions", api.NewSession{Token: adminToken}, c.headers...)
			cookie, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
			if err != nil {
				t.Fatal(got, err)
			}
			if cookie.Name != "gonfalon_session" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Domain != "" || cookie.Expires.IsZero() {
				t.Errorf("the cookie is %v", cookie)
			}
			if cookie.Path != c.path || cookie.Secure != c.secure {
				t.Errorf("path %q, secure %t; want %q, %t", cookie.Path, cookie.Secure, c.path, c.secure)
			}
			if got.header.Get("Cache-Control") != "no-store" || bytes.Contains(got.body, []byte(cookie.Value)) {
				t.Errorf("%v %s", got.header, got)
			}
		})
	}
}

// TestCookieOverTLS: the server itself speaks TLS.
func TestCookieOverTLS(t *testing.T) {
	f := open(t, withDashboard())
	r, err := http.NewRequestWithContext(t.Context(), "POST", "/v1/sessions", strings.NewReader(`{"token": "`+adminToken+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI, r.TLS = "/v1/sessions", &tls.ConnectionState{}
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	if cookie := w.Header().Get("Set-Cookie"); !strings.Contains(cookie, "; Secure") {
		t.Errorf("the cookie is %q", cookie)
	}
}

// TestWhatASessionMayNot tries what a cookie must not be good for.
func TestWhatASessionMayNot(t *testing.T) {
	f := open(t, withDashboard())
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/flags/f", `{}`))
	admin, viewer, limited := f.signIn(adminToken), f.signIn(f.token(api.RoleViewer)), f.signIn(f.token(api.RoleEditor, "default"))
	const flag = "/v1/envs/default/flags/f"
	f.want(200, f.do("", "POST", flag+"/enable", `{}`, admin...))
	f.want(200, f.do("", "POST", flag+"/enable", `{}`, limited...))
	f.want(200, f.do("", "GET", flag, nil, viewer...))
	f.want(403, f.do("", "POST", flag+"/kill", `{}`, viewer...))
	f.want(403, f.do("", "GET", "/v1/tokens", nil, limited...))
	f.want(403, f.do("", "GET", "/v1/envs/other/flags", nil, limited...))
	for _, role := range []api.Role{api.RoleClient, api.RoleSDK} {
		got := f.want(403, f.do("", "POST", "/v1/sessions", api.NewSession{Token: f.token(role)}))
		if !strings.Contains(got.String(), "viewer") || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%v %s", got.header, got)
		}
	}
	for name, cookie := range map[string]string{
		"a token's secret":   "gonfalon_session=" + adminToken,
		"nothing":            "gonfalon_session=",
		"another name":       strings.Replace(admin[1], "gonfalon", "Gonfalon", 1),
		"a session cut":      admin[1][:len(admin[1])-1],
		"a session extended": admin[1] + "A",
	} {
		if got := f.do("", "GET", flag, nil, "Cookie", cookie); got.status != 401 {
			t.Errorf("a cookie with %s: %s", name, got)
		}
	}
	again := f.want(201, f.do("", "POST", "/v1/sessions", api.NewSession{Token: adminToken}, admin...))
	f.want(401, f.do("", "GET", flag, nil, admin...)) // signing in again ends the session before
	admin = cookieOf(t, again)
	// a browser may have cookies of others that share the host
	f.want(200, f.do("", "GET", flag, nil, "Cookie", "gonfalon_session=of-another-port; "+admin[1]))
	// a token counts for more than a cookie
	f.want(401, f.do("nobody-s-token-at-all", "GET", flag, nil, admin...))
	got := f.want(200, f.do("", "GET", flag, nil, admin...))
	if got.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("a proxy may keep what a session reads: %v", got.header)
	}
}

// TestPagesElsewhereCantUseASession: a browser sends a cookie with what a page of the same site asks for, be it of
// another origin.
func TestPagesElsewhereCantUseASession(t *testing.T) {
	config := withDashboard()
	config.AllowOrigins = []string{"*"}
	f := open(t, config)
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/flags/f", `{}`))
	session, host := f.signIn(adminToken), strings.TrimPrefix(f.server.URL, "http://")
	for name, c := range map[string]struct {
		headers []string
		allowed bool
	}{
		"no browser":              {nil, true},
		"the dashboard":           {[]string{"Sec-Fetch-Site", "same-origin", "Origin", f.server.URL}, true},
		"an address typed in":     {[]string{"Sec-Fetch-Site", "none"}, true},
		"an old browser, here":    {[]string{"Origin", "http://" + host}, true},
		"another site":            {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		"another port":            {[]string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"}, false},
		"an old browser, another": {[]string{"Origin", "http://evil.example"}, false},
		"a sandboxed page":        {[]string{"Origin", "null"}, false},
	} {
		for _, ask := range []struct{ method, path, body string }{
			{"POST", "/v1/envs/default/flags/f/enable", `{}`},
			{"GET", "/v1/envs/default/flags/f", ""},
			{"GET", "/v1/envs/default/snapshot", ""},
			{"POST", "/ofrep/v1/evaluate/flags/f", `{"context": {"targetingKey": "u"}}`},
			{"POST", "/v1/sessions", `{"token": "` + adminToken + `"}`},
		} {
			headers := c.headers
			if ask.path != "/v1/sessions" { // which needs none, and ends the one before
				headers = slices.Concat(session, c.headers)
			}
			got := f.do("", ask.method, ask.path, ask.body, headers...)
			if allowed := got.status < 300; allowed != c.allowed || !allowed && got.status != 403 {
				t.Errorf("%s: %s %s gets %s", name, ask.method, ask.path, got)
			}
			if got.header.Get("Access-Control-Allow-Credentials") != "" || got.status == 403 && got.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %s %s gets %v", name, ask.method, ask.path, got.header)
			}
			if name != "another site" || ask.path == "/v1/sessions" {
				continue
			}
			if got := f.do(adminToken, ask.method, ask.path, ask.body, c.headers...); got.status > 299 {
				t.Errorf("with a token, %s %s gets %s", ask.method, ask.path, got)
			}
		}
	}
	stream := f.follow(session, "Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1")
	if stream.StatusCode != 403 {
		t.Errorf("another port's page gets a stream: %s", stream.Status)
	}
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

// TestSignInsAreLimited tries tokens and one-time secrets, and cookies, from one address.
func TestSignInsAreLimited(t *testing.T) {
	for name, guess := range map[string]func(f *fixture) answer{
		"tokens": func(f *fixture) answer {
			return f.do("", "POST", "/v1/sessions", `{"token": "gfn_admin_a_guess"}`, from("203.0.113.9")...)
		},
		"secrets": func(f *fixture) answer {
			return f.do("", "POST", "/v1/sessions", `{"secret": "gfn_once_a_guess"}`, from("203.0.113.9")...)
		},
		"cookies": func(f *fixture) answer {
			return f.do("", "GET", "/v1/envs", nil, append(from("203.0.113.9"), "Cookie", "gonfalon_session=a-guess")...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := withDashboard()
			config.TrustedProxies, config.MaxGuesses = behindProxy, 5
			f := open(t, config)
			got := guess(f)
			for range 20 {
				if got.status != 401 {
					break
				}
				got = guess(f)
			}
			f.want(429, got)
			if got.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
			f.want(429, f.do("", "POST", "/v1/sessions", api.NewSession{Token: adminToken}, from("203.0.113.9")...)) // even a right guess tells nothing
			f.want(201, f.do("", "POST", "/v1/sessions", api.NewSession{Token: adminToken}, from("198.51.100.7")...))
		})
	}
}

// TestSignInBodies sends what makes no sense.
func TestSignInBodies(t *testing.T) {
	f := open(t, withDashboard())
	for _, body := range []string{`{}`, `{"token": "a", "secret": "b"}`, `{"token": 1}`, `{"password": "a"}`, `[]`, ``} {
		f.want(400, f.do("", "POST", "/v1/sessions", body))
	}
	f.want(413, f.do("", "POST", "/v1/sessions", `{"token": "`+strings.Repeat("a", 5000)+`"}`))
	f.want(400, f.do("", "POST", "/v1/sessions?secret=a", `{"token": "`+adminToken+`"}`))
}

// TestAOneTimeSecretIsSpentOnce replays one, also at the same moment.
func TestAOneTimeSecretIsSpentOnce(t *testing.T) {
	f := open(t, withDashboard())
	made, err := f.admin.CreateSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var racing sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		racing.Go(func() { statuses[i] = f.do("", "POST", "/v1/sessions", api.NewSession{Secret: made.Secret}).status })
	}
	racing.Wait()
	won := 0
	for _, status := range statuses {
		if status == 201 {
			won++
		} else if status != 401 {
			t.Errorf("a replay gets %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d requests got a session", won)
	}
	f.want(401, f.do("", "POST", "/v1/sessions", api.NewSession{Secret: made.Secret}))
}

// TestNoSecretIsLogged looks for secrets in the log and in the traces, whatever becomes of the request.
func TestNoSecretIsLogged(t *testing.T) {
	var log bytes.Buffer
	spans := tracetest.NewInMemoryExporter()
	config := withDashboard()
	config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	f := open(t, config)
	made, err := f.admin.CreateSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	session := cookieOf(t, f.want(201, f.do("", "POST", "/v1/sessions", api.NewSession{Secret: made.Secret})))
	f.want(401, f.do("", "POST", "/v1/sessions", api.NewSession{Secret: made.Secret}))
	f.want(400, f.do("", "POST", "/v1/sessions", `{"secret": "`+made.Secret+`", "token": 1}`))
	f.want(404, f.do("", "DELETE", "/v1/tokens/nobody", nil, session...))
	f.want(204, f.do("", "DELETE", "/v1/session", nil, session...))
	f.want(401, f.do("", "GET", "/v1/session", nil, session...))
	failed, err := f.service.Failures(t.Context(), controlplane.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	seen.WriteString(log.String())
	for _, f := range failed {
		seen.WriteString(f.Detail)
	}
	for _, s := range spans.GetSpans() {
		seen.WriteString(s.Name)
		for _, a := range s.Attributes {
			seen.WriteString(a.Value.String())
		}
	}
	if !strings.Contains(seen.String(), "/v1/sessions") || len(spans.GetSpans()) == 0 {
		t.Fatalf("the log and the traces lack the requests: %s", &seen)
	}
	for _, secret := range []string{made.Secret, strings.TrimPrefix(session[1], "gonfalon_session="), adminToken} {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("%.12s… is in the log or in a trace: %s", secret, &seen)
		}
	}
}
