package httpapi_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// behindProxy trusts the test itself as a proxy, so that a test can call from any address.
var behindProxy = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func from(address string) []string { return []string{"X-Forwarded-For", address} }

// TestGuesses tries many tokens from one address.
func TestGuesses(t *testing.T) {
	f := open(t, httpapi.Config{Settings: httpapi.Settings{TrustedProxies: behindProxy}, MaxGuesses: 5})
	const attacker, office = "203.0.113.9", "198.51.100.7"
	envs := func(token, address string) answer { return f.do(token, "GET", "/v1/envs", nil, from(address)...) }
	f.want(200, envs(adminToken, office))
	slowed := func(address string) {
		t.Helper()
		for i := range 20 {
			if got := envs(fmt.Sprint("gfn_admin_a_guess_number_", i), address); got.status == 429 {
				if got.header.Get("Retry-After") == "" {
					t.Error("429 without Retry-After")
				}
				return
			}
		}
		t.Errorf("%s may guess for ever", address)
	}
	slowed(attacker)
	f.want(429, envs(adminToken, attacker)) // even a right guess tells nothing
	f.want(200, envs(adminToken, office))
	f.want(401, envs("gfn_admin_a_guess_from_elsewhere", office))
	slowed(office)
	f.want(200, envs(adminToken, office)) // it has worked from there before
	f.want(401, f.do("", "GET", "/v1/envs", nil, from(attacker)...))
}

// TestForwardedAddressesAreNotBelieved checks that an attacker can't be somebody else for each guess.
func TestForwardedAddressesAreNotBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		config httpapi.Config
		hops   string // %d differs in each request
	}{
		"without a proxy": {httpapi.Config{MaxGuesses: 5}, "203.0.113.%d"},
		"behind a proxy":  {httpapi.Config{MaxGuesses: 5, Settings: httpapi.Settings{TrustedProxies: behindProxy}}, "203.0.113.%d, 198.51.100.1"},
	} {
		f := open(t, c.config)
		limited := false
		for i := range 50 {
			got := f.do("gfn_admin_a_guess_of_somebody", "GET", "/v1/envs", nil, from(fmt.Sprintf(c.hops, i))...)
			limited = limited || got.status == 429
		}
		if !limited {
			t.Errorf("%s: 50 guesses from one address", name)
		}
	}
}

// TestLimitOfAClientTokenIsEachAddress checks that one visitor doesn't use up the requests of all.
func TestLimitOfAClientTokenIsEachAddress(t *testing.T) {
	f := open(t, httpapi.Config{Settings: httpapi.Settings{TrustedProxies: behindProxy, RateLimit: 0.001, RateBurst: 5}})
	page, server := f.token(api.RoleClient, "default"), f.token(api.RoleSDK, "default")
	ask := func(token, address string) int {
		return f.do(token, "POST", "/ofrep/v1/evaluate/flags", `{}`, from(address)...).status
	}
	for range 10 {
		ask(page, "203.0.113.9")
		ask(server, "203.0.113.9")
	}
	for token, want := range map[string]int{page: 200, server: 429} {
		if got := ask(token, "198.51.100.7"); got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
}

// TestAnonymousRefusalsDoNotCrowd plants refusals without a token, and checks that genuine ones are recorded still, and
// that what was planted takes no terminal over.
func TestAnonymousRefusalsDoNotCrowd(t *testing.T) {
	f := open(t, httpapi.Config{MaxGuesses: 1_000})
	for i := range 60 {
		f.do("", "DELETE", fmt.Sprintf("/v1/envs/default/flags/a%%1b[2J%%0A%d", i), nil)
		f.do("gfn_admin_nobody_made_this", "DELETE", "/v1/tokens/x", nil)
	}
	viewer := f.token(api.RoleViewer)
	f.want(403, f.do(viewer, "DELETE", "/v1/envs/default/flags/genuine", nil))
	f.want(403, f.do(viewer, "DELETE", "/v1/tokens/genuine", nil))
	all, err := f.service.Failures(t.Context(), controlplane.AuditQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	genuine := 0
	for _, failed := range all {
		if strings.ContainsAny(failed.Key+failed.Detail, "\x1b\n") {
			t.Errorf("%+q", failed.Key+failed.Detail)
		}
		if failed.Key == "genuine" && failed.By == "a viewer" && failed.Token != "" {
			genuine++
		}
	}
	if genuine != 2 || len(all) > 25 {
		t.Errorf("%d of 2 genuine among %d", genuine, len(all))
	}
}

// TestAuditHasTheTokensID checks that a token with a name that another had is told apart.
func TestAuditHasTheTokensID(t *testing.T) {
	f := open(t, httpapi.Config{})
	var ids []string
	for range 2 {
		made, err := f.admin.CreateToken(t.Context(), api.NewToken{Name: "deploy", Role: api.RoleEditor}, apiclient.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f.want(201, f.do(made.Secret, "PUT", "/v1/envs/default/flags/"+made.ID, `{"gates":[]}`))
		ids = append(ids, made.ID)
	}
	page, err := f.admin.Audit(t.Context(), apiclient.AuditQuery{Environment: "default", Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range page.Entries {
		if want := ids[len(ids)-1-i]; e.By != "deploy" || e.Token != want || e.Key != want {
			t.Errorf("%+v, want %s", e, want)
		}
	}
}

// TestEditorsKeepSettings tries every way around the permission to change an environment's settings.
func TestEditorsKeepSettings(t *testing.T) {
	f := open(t, httpapi.Config{})
	if _, err := f.admin.CreateEnvironment(t.Context(), api.NewEnvironment{Key: "lax"}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	f.want(200, f.do(adminToken, "PATCH", "/v1/envs/lax", `{"settings":{"group_conflict":"allow_wins"}}`))
	editor := f.token(api.RoleEditor)
	const allow = `{"settings":{"group_conflict":"allow_wins"},"flags":[{"key":"x","gates":[]}]}`
	attempts := []struct{ path, body string }{
		{"/v1/envs/default/import", allow},
		{"/v1/envs/default/import?dry_run=true", allow},
		{"/v1/envs/default/copy", `{"from":"lax"}`},
		{"/v1/envs/lax/rollback", `{"revision":1}`},
	}
	for _, a := range attempts {
		got := f.want(403, f.do(editor, "POST", a.path, a.body))
		if !strings.Contains(string(got.body), "settings") {
			t.Errorf("%s: %s", a.path, got)
		}
	}
	f.want(200, f.do(editor, "POST", "/v1/envs/lax/import", allow)) // the settings that it has
	f.want(200, f.do(editor, "POST", "/v1/envs/lax/import", `{"flags":[{"key":"y","gates":[]}]}`))
	for _, a := range attempts {
		f.want(200, f.do(adminToken, "POST", a.path, a.body))
	}
}

// TestControlCharactersAreRefused checks what people read in a terminal or a log.
func TestControlCharactersAreRefused(t *testing.T) {
	f := open(t, httpapi.Config{})
	const flag = "/v1/envs/default/flags/x"
	for _, c := range []struct{ method, path, body string }{
		{"PUT", flag, `{"gates":[],"reason":"fine\u001b[2J"}`},
		{"PUT", flag, `{"gates":[],"reason":"fine\nada enabled y"}`},
		{"PUT", flag, `{"gates":[],"owner":"\u001b[31mteam"}`},
		{"PUT", flag, `{"gates":[],"owner":"\u202emaet"}`},
		{"PUT", flag, `{"gates":[],"tags":["a\u0007"]}`},
		{"PUT", flag, `{"gates":[],"description":"a\u001b"}`},
		{"DELETE", flag + "?reason=a%1bb", ``},
		{"POST", "/v1/tokens", `{"role":"viewer","name":"a\u001b[2J"}`},
		{"POST", "/v1/webhooks", `{"url":"https://hook.example","name":"a\u009b"}`},
		{"POST", "/v1/envs", `{"key":"e","description":"a\u001b"}`},
		{"PATCH", "/v1/envs/default", `{"description":"a\u001b"}`},
	} {
		if got := f.do(adminToken, c.method, c.path, c.body); got.status != 422 || !strings.Contains(string(got.body), "control character") {
			t.Errorf("%s %s: %s", c.path, c.body, got)
		}
	}
	f.want(201, f.do(adminToken, "PUT", flag, `{"gates":[],"description":"two\nlines"}`))
}

// TestWebhookAddressesAreSecret looks for a webhook's URL wherever others than admins can read.
func TestWebhookAddressesAreSecret(t *testing.T) {
	f := open(t, httpapi.Config{})
	const secret = "T00/B00/XXXXXXXX"
	made, err := f.admin.CreateWebhook(t.Context(), api.NewWebhook{Name: "chat", URL: "http://127.0.0.1:1/services/" + secret}, apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var e *apiclient.Error
	if err := f.admin.TestWebhook(t.Context(), made.ID); !errors.As(err, &e) || strings.Contains(e.Error(), secret) {
		t.Errorf("%v", err)
	}
	if err := f.admin.DeleteWebhook(t.Context(), made.ID, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	got := f.want(200, f.do(f.token(api.RoleViewer), "GET", "/v1/audit", nil))
	if strings.Contains(string(got.body), secret) || !strings.Contains(string(got.body), "http://127.0.0.1:1") {
		t.Errorf("%s", got)
	}
}

// TestUsageDoesNotOverflow reports more than a counter can hold.
func TestUsageDoesNotOverflow(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/flags/x", `{"gates":[]}`))
	for range 3 {
		f.want(204, f.do(adminToken, "POST", "/v1/envs/default/usage", `{"flags":{"x":{"count":9223372036854775807,"last":"2026-11-22T10:00:00Z"}}}`))
	}
	if flag, err := f.admin.Flag(t.Context(), "default", "x"); err != nil || flag.Evaluations != 1<<53 {
		t.Errorf("%d evaluations, %v", flag.Evaluations, err)
	}
}
