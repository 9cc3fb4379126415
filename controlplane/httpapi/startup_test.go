package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestStartupAnswersUntilTheAPIIsThere: the process lives, nothing is served, and each answer says why in its own form.
func TestStartupAnswersUntilTheAPIIsThere(t *testing.T) {
	f := open(t, httpapi.Config{})
	startup := httpapi.NewStartup("1.2.3")
	startup.Waits("waiting for the store: no leader")
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		startup.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		return w
	}
	for path, want := range map[string]struct {
		status int
		kind   string
		says   string
	}{
		"/healthz":                   {http.StatusOK, "application/json", `"status":"ok","version":"1.2.3"`},
		"/readyz":                    {http.StatusServiceUnavailable, "application/json", `"status":"waiting for the store: no leader"`},
		"/v1/envs":                   {http.StatusServiceUnavailable, "application/problem+json", `"detail":"waiting for the store: no leader"`},
		"/ofrep/v1/evaluate/flags/f": {http.StatusServiceUnavailable, "application/json", `"errorDetails":"waiting for the store: no leader"`},
		"/v1/envs/default/stream":    {http.StatusServiceUnavailable, "application/problem+json", `/problems/unavailable`},
	} {
		w := get(path)
		if w.Code != want.status || w.Header().Get("Content-Type") != want.kind || !strings.Contains(w.Body.String(), want.says) {
			t.Errorf("%s: %d %s %s", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if waits := w.Header().Get("Retry-After") != ""; waits != (w.Code != http.StatusOK) {
			t.Errorf("%s: Retry-After %q", path, w.Header().Get("Retry-After"))
		}
	}
	startup.Begin(f.api, nil)
	if w := get("/readyz"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"status":"ready"`) {
		t.Errorf("then: %d %s", w.Code, w.Body)
	}
}
