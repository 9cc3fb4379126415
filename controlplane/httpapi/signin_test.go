package httpapi_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

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
