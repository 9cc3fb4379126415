package dashboard

import (
	"net/http"
	"strings"
	"testing"
)

// TestDocs asks for pages of the documentation, wherever the dashboard is.
func TestDocs(t *testing.T) {
	for path, at := range map[string]string{"/": "", "/tools/flags": "/tools/flags"} {
		s := open(t, withDashboard(path), built, nil)
		for _, c := range []struct {
			method, path string
			status       int
			kind, has    string
		}{
			{"GET", "/docs/", 200, "text/html", `<h1 id="documentation">`},
			{"GET", "/docs/index.html", 200, "text/html", `<h1 id="documentation">`},
			{"GET", "/docs/reference/flags.html", 200, "text/html", `href="../files/`},
			{"HEAD", "/docs/tutorial.html", 200, "text/html", ""},
			{"GET", "/docs/search.json", 200, "application/json", "tutorial.html#a-rollout"},
			{"GET", "/docs/404.html", 404, "text/html", "There is no such page"},
			{"GET", "/docs/nope", 404, "text/html", `href="` + at + `/docs/index.html"`},
			{"GET", "/docs/nope/nope.html", 404, "text/html", `src="` + at + `/docs/files/`},
			{"GET", "/docs/../../index.html", 404, "text/html", ""},
			{"GET", "/docs/%2e%2e/pages.json", 404, "text/html", ""},
			{"GET", "/docs/reference/", 404, "text/html", "There is no such page"},
			{"POST", "/docs/", 404, "application/problem+json", ""},
		} {
			got, body := ask(t, s, c.method, at+c.path)
			if got.StatusCode != c.status || !strings.HasPrefix(got.Header.Get("Content-Type"), c.kind) || !strings.Contains(body, c.has) {
				t.Errorf("%s %s%s gets %s, %s: %.300s", c.method, at, c.path, got.Status, got.Header.Get("Content-Type"), body)
			}
			if policy := got.Header.Get("Content-Security-Policy"); c.method != http.MethodPost && policy != DocsPolicy {
				t.Errorf("%s%s has the policy %q", at, c.path, policy)
			}
		}
		if got, _ := ask(t, s, "GET", at+"/docs"); got.StatusCode != http.StatusPermanentRedirect || got.Header.Get("Location") != at+"/docs/" {
			t.Errorf("%s/docs leads to %s %s", at, got.Status, got.Header.Get("Location"))
		}
		if got, _ := ask(t, s, "GET", at+"/docsx", "Accept", "text/html"); got.Header.Get("Content-Security-Policy") != Policy {
			t.Error("/docsx is part of the documentation")
		}
		got, _ := ask(t, s, "GET", at+"/docs/reference/cli.html", "Accept-Encoding", "gzip")
		if got.Header.Get("Content-Encoding") != "gzip" || got.Header.Get("Etag") == "" {
			t.Errorf("the page isn't compressed, or has no tag: %v", got.Header)
		}
	}
}
