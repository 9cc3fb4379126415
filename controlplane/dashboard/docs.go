package dashboard

import (
	"bytes"
	"html"
	"net/http"
	"strings"

	"github.com/gonfalon-flags/gonfalon/docs/site"
)

// DocsPolicy is the content policy of the documentation: its own script and style, and nothing else.
const DocsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// docsPath is where the documentation is, below the dashboard.
const docsPath = "/docs"

// docs serves the documentation, whose pages link to each other by relative addresses.
type docs struct {
	files   map[string]*asset
	missing []byte // the page for an address that has none
}

// readDocs reads the pages that are part of the binary, so one that can't be read is a bug.
func readDocs() *docs {
	files, err := readAssets(site.Files())
	if err != nil {
		panic("docs: " + err.Error())
	}
	missing := files["404.html"]
	delete(files, "404.html")
	return &docs{files, missing.bodies[""]}
}

// serve answers a request for what is at a path below the documentation's, which itself is at mount.
func (d *docs) serve(w http.ResponseWriter, r *http.Request, mount, below string) {
	h := w.Header()
	protect(h)
	h.Set("Content-Security-Policy", DocsPolicy)
	if below == "" {
		http.Redirect(w, r, mount+"/", http.StatusPermanentRedirect)
		return
	}
	name := below[1:]
	if name == "" {
		name = "index.html"
	}
	if a := d.files[name]; a != nil {
		a.ServeHTTP(w, r)
		return
	}
	h.Set("Cache-Control", "no-cache")
	page := bytes.ReplaceAll(d.missing, []byte(`="./`), []byte(`="`+html.EscapeString(mount)+`/`))
	answer(w, r, http.StatusNotFound, "text/html; charset=utf-8", "missing", page)
}

// docsOf returns the part of a path that is below the documentation's, and whether it is there.
func docsOf(below string) (string, bool) {
	rest, is := strings.CutPrefix(below, docsPath)
	return rest, is && (rest == "" || rest[0] == '/')
}
