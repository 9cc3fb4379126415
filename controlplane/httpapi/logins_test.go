package httpapi_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

var askedLogin = api.NewLogin{Challenge: api.LoginChallenge("a-verifier"), Device: "laptop"}

// TestLogins lets a viewer confirm a login, and a program make its token, which no log and no answer that is kept has.
func TestLogins(t *testing.T) {
	var log bytes.Buffer
	config := withDashboard()
	config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f := open(t, config)
	token := f.token(api.RoleViewer, "default")
	session := f.signIn(token)
	var code api.Login
	confirmed := f.want(201, f.do("", "POST", "/v1/logins", askedLogin, session...))
	confirmed.into(t, &code)
	f.want(401, f.do("", "POST", "/v1/logins/token", api.LoginCode{Code: code.Code, Verifier: "another"}))
	f.want(401, f.do("", "POST", "/v1/sessions", api.NewSession{Secret: code.Code}))
	f.want(403, f.do("", "POST", "/v1/logins/token", api.LoginCode{Code: code.Code, Verifier: "a-verifier"}, "Sec-Fetch-Site", "cross-site"))
	var made api.Token
	redeemed := f.want(201, f.do("", "POST", "/v1/logins/token", api.LoginCode{Code: code.Code, Verifier: "a-verifier"}))
	redeemed.into(t, &made)
	f.want(401, f.do("", "POST", "/v1/logins/token", api.LoginCode{Code: code.Code, Verifier: "a-verifier"}))
	for _, got := range []answer{confirmed, redeemed} {
		if got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the answer may be kept: %v", got.header)
		}
	}
	f.want(200, f.do(made.Secret, "GET", "/v1/envs/default/flags", nil))
	f.want(403, f.do(made.Secret, "PUT", "/v1/envs/default/flags/f", `{}`)) // as the viewer's own
	f.want(403, f.do(made.Secret, "GET", "/v1/tokens", nil))
	for _, secret := range []string{code.Code, made.Secret, "a-verifier"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %s", secret)
		}
	}
	list, err := f.admin.Tokens(t.Context())
	if err != nil || !strings.Contains(list[len(list)-1].Name, " on laptop") {
		t.Errorf("%+v %v", list, err)
	}
}

// TestLoginsByClient goes the same way by the client: the browser confirms, and the program has the token.
func TestLoginsByClient(t *testing.T) {
	f := open(t, withDashboard())
	browser, _ := f.browser()
	program := f.client("")
	page, err := program.LoginPage(t.Context())
	if err != nil || page.Address != "login" {
		t.Errorf("the page is at %q, %v", page.Address, err)
	}
	if _, err := browser.SignIn(t.Context(), api.NewSession{Token: f.token(api.RoleViewer, "default")}); err != nil {
		t.Fatal(err)
	}
	code, err := browser.CreateLogin(t.Context(), askedLogin)
	if err != nil {
		t.Fatal(err)
	}
	made, err := program.RedeemLogin(t.Context(), api.LoginCode{Code: code.Code, Verifier: "a-verifier"})
	if err != nil || made.Role != api.RoleViewer {
		t.Fatalf("%+v %v", made, err)
	}
	if _, err := f.client(made.Secret).Flags(t.Context(), "default", apiclient.FlagQuery{}); err != nil {
		t.Error(err)
	}
}

// TestLoginsAreRefused asks for a code without a session, from elsewhere, in the wrong words, and too often.
func TestLoginsAreRefused(t *testing.T) {
	config := withDashboard()
	config.TrustedProxies, config.MaxGuesses = behindProxy, 5
	f := open(t, config)
	session := f.signIn(adminToken)
	f.want(401, f.do("", "POST", "/v1/logins", askedLogin))
	f.want(403, f.do(adminToken, "POST", "/v1/logins", askedLogin))
	for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://127.0.0.1:9"}, {"Origin", "null"}} {
		got := f.want(403, f.do("", "POST", "/v1/logins", askedLogin, append(foreign, session...)...))
		if !strings.Contains(got.String(), "cross-origin") {
			t.Errorf("%v: %s", foreign, got)
		}
	}
	for _, body := range []string{`{}`, `{"challenge": "short", "device": "d"}`, `{"challenge": "` + askedLogin.Challenge + `"}`, `{"port": 80}`, ``} {
		if got := f.do("", "POST", "/v1/logins", body, session...); got.status < 400 || got.status > 422 {
			t.Errorf("%s gets %s", body, got)
		}
	}
	for _, body := range []string{`{}`, `{"code": "gfn_code_x"}`, `{"verifier": "x"}`, `[]`, ``} {
		f.want(400, f.do("", "POST", "/v1/logins/token", body))
	}
	guess := func() answer {
		return f.do("", "POST", "/v1/logins/token", api.LoginCode{Code: "gfn_code_x", Verifier: "x"}, from("203.0.113.9")...)
	}
	got := guess()
	for range 20 {
		if got.status != 401 {
			break
		}
		got = guess()
	}
	f.want(429, got)

	reading := open(t, httpapi.Config{DashboardPath: "/flags", Settings: httpapi.Settings{Dashboard: api.Dashboard{ReadOnly: true}}})
	if got := reading.want(403, reading.do("", "POST", "/v1/logins", askedLogin, reading.signIn(adminToken)...)); !strings.Contains(got.String(), "read-only") {
		t.Error(got)
	}
	var page api.LoginPage
	reading.want(200, reading.do("", "GET", "/v1/logins", nil)).into(t, &page)
	if page.Address != "flags/login" {
		t.Errorf("the page is at %q", page.Address)
	}
	none := open(t, httpapi.Config{})
	for _, r := range []string{"GET /v1/logins", "POST /v1/logins", "POST /v1/logins/token"} {
		method, path, _ := strings.Cut(r, " ")
		none.want(404, none.do(adminToken, method, path, nil))
	}
}
