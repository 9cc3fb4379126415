package docs

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/dashboard"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
)

var (
	beginnings  = []string{"/v1", "/ofrep", "/ofrep/v1", "/problems/flag"}
	address     = regexp.MustCompile("`(?:[A-Z]+ )?(/[a-z][^` ]*)[^`]*`")
	placeholder = regexp.MustCompile(`\{[^}]*\}|:\w+|\bENV\b|\b[FS]\b|%|…`)
)

// TestAddresses checks that a server has every address of its own that a page names.
func TestAddresses(t *testing.T) {
	service, err := controlplane.Open(t.Context(), controlplane.Config{Store: memstore.New(), AdminToken: "admin-token-of-the-tests", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	api := httpapi.New(service, httpapi.Config{DashboardPath: "/", Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(api.Drain)
	server := dashboard.New(api)
	asked := map[string]int{}
	for _, p := range pages(t) {
		text, err := os.ReadFile(filepath.Join("..", p.path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range address.FindAllStringSubmatch(string(text), -1) {
			at := placeholder.ReplaceAllString(strings.TrimRight(m[1], "/"), "flag")
			if !httpapi.Owns(at) && !strings.HasPrefix(at, "/docs") || slices.Contains(beginnings, at) {
				continue // an address or a file of somebody else, or what several begin with
			}
			if asked[at] == 0 {
				asked[at] = ask(t, server, at)
			}
			if asked[at] == http.StatusNotFound {
				t.Errorf("%s: a server has no %s", p.path, m[1])
			}
		}
	}
	if len(asked) < 20 {
		t.Errorf("only %d addresses were found", len(asked))
	}
}

// ask returns the status of an address for a method that nothing has, which is 404 if there is no such address at all. That of the
// documentation has no methods but GET, and that of problems is about the name.
func ask(t *testing.T, server http.Handler, at string) int {
	method := "PURGE"
	if strings.HasPrefix(at, "/docs") || strings.HasPrefix(at, "/problems") {
		method = http.MethodGet
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, at, nil))
	return w.Code
}
