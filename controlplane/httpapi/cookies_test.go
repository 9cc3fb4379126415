package httpapi_test

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

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
