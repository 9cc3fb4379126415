package dashboard

import (
	"compress/gzip"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
)

const adminToken = "admin-token-of-the-tests"

// built is a small build.
var built = fstest.MapFS{
	"index.html":           {Data: []byte(`<html data-mount=""><link href="./icon.svg"><script src="./assets/app-1.js"></script></html>`)},
	"pages.json":           {Data: []byte(`["/", "/envs/:env/flags/:key"]`)},
	"icon.svg":             {Data: []byte(`<svg/>`)},
	"assets/app-1.js":      {Data: []byte(strings.Repeat("let a = 1;\n", 100))},
	"assets/style-1.css":   {Data: []byte(strings.Repeat("a { color: red }\n", 100))},
	"assets/app-1.js.br":   {Data: []byte("brotli, as far as this test knows")},
	"assets/noise-1.woff2": {Data: []byte{1, 2, 3}},
}

// open serves a control plane with a build of the dashboard over HTTP, mounted by a function.
func open(t *testing.T, c httpapi.Config, built fs.FS, mount func(http.Handler) http.Handler) *httptest.Server {
	t.Helper()
	store := memstore.New()
	quiet := slog.New(slog.DiscardHandler)
	service, err := controlplane.Open(t.Context(), controlplane.Config{Store: store, AdminToken: adminToken, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	c.Logger = quiet
	api := httpapi.New(service, c)
	h := serve(api, built)
	if mount != nil {
		h = mount(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		api.Drain()
		server.Close()
		_ = service.Close()
		_ = store.Close()
	})
	return server
}

func withDashboard(path string) httpapi.Config {
	return httpapi.Config{DashboardPath: path}
}

// ask sends a request as it is written, and follows no redirect. Headers are pairs.
func ask(t *testing.T, s *httptest.Server, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = path // as it is, with its dots
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	got, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got, string(body)
}

// TestPages asks for addresses of pages, of the API, and of neither.
func TestPages(t *testing.T) {
	s := open(t, withDashboard("/"), built, nil)
	browser := []string{"Accept", "text/html,*/*"}
	for _, c := range []struct {
		method, path string
		headers      []string
		status       int
		kind         string
	}{
		{"GET", "/", nil, 200, "text/html"},
		{"HEAD", "/", nil, 200, "text/html"},
		{"GET", "/envs/default/flags/a%2Fb", browser, 200, "text/html"},
		{"GET", "/envs/default/flags/a/", browser, 200, "text/html"},
		{"GET", "/envs/default", browser, 404, "text/html"},
		{"GET", "/nope", browser, 404, "text/html"},
		{"GET", "/nope", nil, 404, "application/problem+json"},
		{"GET", "/index.html", browser, 404, "text/html"},
		{"GET", "/pages.json", nil, 404, "application/problem+json"},
		{"GET", "/assets/nope.js", nil, 404, "application/problem+json"},
		{"GET", "/assets/", nil, 404, "application/problem+json"},
		{"GET", "/assets/app-1.js.br", nil, 404, "application/problem+json"},
		{"GET", "/assets/../index.html", nil, 404, "application/problem+json"},
		{"GET", "/assets/../../../../etc/passwd", nil, 404, "application/problem+json"},
		{"GET", "/assets/..%2f..%2fpage.go", nil, 404, "application/problem+json"},
		{"GET", "/assets/%2e%2e/index.html", nil, 404, "application/problem+json"},
		{"GET", `/assets\..\index.html`, nil, 404, "application/problem+json"},
		{"GET", "//etc/passwd", nil, 404, "application/problem+json"},
		{"POST", "/", nil, 404, "application/problem+json"},
		{"GET", "/v1/nope", browser, 404, "application/problem+json"},
		{"GET", "/v1", browser, 404, "application/problem+json"},
		{"GET", "/ofrep/v1/nope", browser, 404, "application/problem+json"},
		{"GET", "/openfeature/nope", browser, 404, "application/problem+json"},
		{"GET", "/problems/nope", browser, 404, "application/problem+json"},
		{"GET", "/healthz", browser, 200, "application/json"},
		{"GET", "/v1/session", browser, 401, "application/problem+json"},
	} {
		got, body := ask(t, s, c.method, c.path, c.headers...)
		if got.StatusCode != c.status || !strings.HasPrefix(got.Header.Get("Content-Type"), c.kind) {
			t.Errorf("%s %s gets %s, %s: %.200s", c.method, c.path, got.Status, got.Header.Get("Content-Type"), body)
		}
		if got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s may be sniffed", c.method, c.path)
		}
		if c.kind != "text/html" {
			continue
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": Policy, "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "private, no-cache",
		} {
			if got.Header.Get(name) != want {
				t.Errorf("%s %s has %s: %q", c.method, c.path, name, got.Header.Get(name))
			}
		}
	}
}

// TestAssets checks how files are kept and compressed.
func TestAssets(t *testing.T) {
	s := open(t, withDashboard("/"), built, nil)
	const forever, check = "public, max-age=31536000, immutable", "public, no-cache"
	for _, c := range []struct{ path, accept, coding, keep, kind string }{
		{"/assets/app-1.js", "", "", forever, "text/javascript; charset=utf-8"},
		{"/assets/app-1.js", "gzip, deflate, br", "br", forever, "text/javascript; charset=utf-8"},
		{"/assets/app-1.js", "gzip, br;q=0", "gzip", forever, "text/javascript; charset=utf-8"},
		{"/assets/style-1.css", "gzip, br", "gzip", forever, "text/css; charset=utf-8"},
		{"/assets/noise-1.woff2", "gzip, br", "", forever, "font/woff2"},
		{"/icon.svg", "gzip, br", "", check, "image/svg+xml"},
	} {
		got, body := ask(t, s, "GET", c.path, "Accept-Encoding", c.accept)
		h := got.Header
		if got.StatusCode != 200 || h.Get("Content-Encoding") != c.coding || h.Get("Cache-Control") != c.keep || h.Get("Content-Type") != c.kind || h.Get("Content-Security-Policy") != Policy {
			t.Errorf("%s, which accepts %q: %s %v", c.path, c.accept, got.Status, h)
		}
		plain := string(built[c.path[1:]].Data)
		switch c.coding {
		case "gzip":
			r, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			if err != nil || string(data) != plain {
				t.Errorf("%s unpacks to %q, %v", c.path, data, err)
			}
		case "br":
			plain = string(built[c.path[1:]+".br"].Data)
			fallthrough
		default:
			if body != plain {
				t.Errorf("%s is %q", c.path, body)
			}
		}
		again, body := ask(t, s, "GET", c.path, "Accept-Encoding", c.accept, "If-None-Match", h.Get("Etag"))
		if again.StatusCode != 304 || body != "" {
			t.Errorf("%s again: %s", c.path, again.Status)
		}
	}
}

// TestMounts serves the dashboard under paths, in a program and behind a proxy that strips them.
func TestMounts(t *testing.T) {
	stripped := func(path string) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle(path+"/", http.StripPrefix(path, h))
			return mux
		}
	}
	trusting := func(c httpapi.Config) httpapi.Config {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		return c
	}
	public := withDashboard("/")
	public.PublicURL = &url.URL{Scheme: "https", Host: "flags.example", Path: "/api/"}
	for name, c := range map[string]struct {
		config  httpapi.Config
		mount   func(http.Handler) http.Handler
		path    string // asked for
		headers []string
		want    string // where the page thinks it is
	}{
		"at the root":                   {withDashboard("/"), nil, "/", nil, ""},
		"a page deep below":             {withDashboard("/"), nil, "/envs/default/flags/x", nil, ""},
		"in a program":                  {withDashboard("/"), stripped("/flags"), "/flags/", nil, "/flags"},
		"deep in a program":             {withDashboard("/"), stripped("/flags"), "/flags/envs/default/flags/x", nil, "/flags"},
		"at a path":                     {withDashboard("/ui"), nil, "/ui/", nil, "/ui"},
		"at a path in a program":        {withDashboard("/ui"), stripped("/flags"), "/flags/ui/envs/default/flags/x", nil, "/flags/ui"},
		"at a public address":           {public, nil, "/", nil, "/api"},
		"behind a trusted proxy":        {trusting(withDashboard("/")), nil, "/envs/default/flags/x", []string{"X-Forwarded-Prefix", "/tools/flags/"}, "/tools/flags"},
		"behind a proxy nobody trusts":  {withDashboard("/"), nil, "/", []string{"X-Forwarded-Prefix", "/tools"}, ""},
		"a prefix with markup":          {trusting(withDashboard("/")), nil, "/", []string{"X-Forwarded-Prefix", `/"><script>alert(1)</script>`}, ""},
		"a prefix that names a host":    {trusting(withDashboard("/")), nil, "/", []string{"X-Forwarded-Prefix", "//evil.example"}, ""},
		"a prefix with an encoded host": {trusting(withDashboard("/")), nil, "/", []string{"X-Forwarded-Prefix", "/%2fevil.example"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.config, built, c.mount)
			got, body := ask(t, s, "GET", c.path, c.headers...)
			want := `<html data-mount="` + c.want + `"><link href="` + c.want + `/icon.svg"><script src="` + c.want + `/assets/app-1.js"></script></html>`
			if got.StatusCode != 200 || body != want {
				t.Errorf("%s: %s\nwant %s", got.Status, body, want)
			}
		})
	}
}

// TestADashboardAtAPath has the API below it as well, and redirects nowhere else.
func TestADashboardAtAPath(t *testing.T) {
	s := open(t, withDashboard("/ui"), built, nil)
	for path, status := range map[string]int{
		"/ui/v1/session": 401, "/ui/v1/nope": 404, "/v1/session": 401, "/": 404, "/uix": 404, "/ui/assets/app-1.js": 200, "/assets/app-1.js": 404,
	} {
		if got, body := ask(t, s, "GET", path); got.StatusCode != status {
			t.Errorf("%s: %s %s", path, got.Status, body)
		}
	}
	if got, _ := ask(t, s, "GET", "/ui"); got.StatusCode != 308 || got.Header.Get("Location") != "/ui/" {
		t.Errorf("%s to %q", got.Status, got.Header.Get("Location"))
	}
	r, err := http.Post(s.URL+"/ui/v1/sessions", "application/json", strings.NewReader(`{"token": "`+adminToken+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if cookie := r.Header.Get("Set-Cookie"); r.StatusCode != 201 || !strings.Contains(cookie, "; Path=/ui/;") {
		t.Errorf("%s %q", r.Status, cookie)
	}
}

// TestWithoutADashboard leaves everything to the API.
func TestWithoutADashboard(t *testing.T) {
	s := open(t, httpapi.Config{}, built, nil)
	if got, _ := ask(t, s, "GET", "/", "Accept", "text/html"); got.StatusCode != 404 {
		t.Errorf("/ gets %s", got.Status)
	}
}

// TestTheBuild reads the files that are part of the binary.
func TestTheBuild(t *testing.T) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, withDashboard("/"), files, nil)
	got, body := ask(t, s, "GET", "/")
	if got.StatusCode != 200 || strings.Contains(body, `="./`) || strings.Contains(body, " style=") || !strings.Contains(body, "<title>") {
		t.Errorf("%s %s", got.Status, body)
	}
	for _, part := range strings.Split(body, `="/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if got, _ := ask(t, s, "GET", "/"+name); got.StatusCode != 200 {
			t.Errorf("the page asks for /%s, which gets %s", name, got.Status)
		}
	}
}
