package dashboard

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// Policy is the content policy of everything that the dashboard serves.
const Policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

//go:embed all:dist
var dist embed.FS

// New returns a handler that serves an API together with the dashboard that its configuration asks for.
func New(api *httpapi.API) http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is valid
	}
	return serve(api, built)
}

// handler serves the API, and beside it the pages.
type handler struct {
	api    *httpapi.API
	path   string // of the dashboard below the API: "" or such as "/dashboard"
	assets map[string]*asset
	page   page
	docs   func() *docs // read at the first request for it
}

// serve serves the files of a build. They are part of the binary, so one that can't be read is a bug.
func serve(api *httpapi.API, built fs.FS) http.Handler {
	path := strings.TrimSuffix(api.DashboardPath(), "/")
	if api.DashboardPath() == "" {
		return api
	}
	page, err := readPage(built)
	if err != nil {
		panic("dashboard: " + err.Error())
	}
	assets, err := readAssets(built)
	if err != nil {
		panic("dashboard: " + err.Error())
	}
	delete(assets, pageFile) // which page is about
	delete(assets, pagesFile)
	return &handler{api, path, assets, page, sync.OnceValue(readDocs)}
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff") // a browser that is signed in must not take the API's answer for a page
	below, inside := strings.CutPrefix(r.URL.Path, h.path)
	switch {
	case httpapi.Owns(r.URL.Path), !inside, below != "" && below[0] != '/':
		h.api.ServeHTTP(w, r)
		return
	case httpapi.Owns(below): // so that a page and its session need to know one path only
		http.StripPrefix(h.path, h.api).ServeHTTP(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.api.ServeHTTP(w, r)
		return
	case below == "":
		http.Redirect(w, r, h.mount(r)+"/", http.StatusPermanentRedirect)
		return
	}
	if at, is := docsOf(below); is {
		h.docs().serve(w, r, h.mount(r)+docsPath, at)
		return
	}
	if a := h.assets[below[1:]]; a != nil {
		protect(header)
		a.ServeHTTP(w, r)
		return
	}
	known := h.page.knows(strings.TrimPrefix(r.URL.EscapedPath(), h.path))
	if !known && !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.api.ServeHTTP(w, r) // whoever asks is no browser that wants a page
		return
	}
	protect(header)
	h.page.serve(w, r, h.mount(r), known)
}

// protect says what a browser may do with an answer.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", Policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// mount returns the path under which callers reach the dashboard.
func (h *handler) mount(r *http.Request) string { return h.api.PublicPath(r) + h.path }
