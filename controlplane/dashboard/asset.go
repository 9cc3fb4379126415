package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// asset is a file that pages load.
type asset struct {
	kind      string            // its media type
	immutable bool              // its name changes with its content
	tag       string            // of its content, whatever the coding
	bodies    map[string][]byte // by content coding; "" for none
}

// kinds are the media types of what a build has. Go's own table depends on the machine.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".map": "application/json", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
	".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
}

// twins are the endings of compressed files, and their codings.
var twins = map[string]string{".br": "br", ".gz": "gzip"}

// codings are the content codings, best first.
var codings = []string{"br", "gzip"}

// readAssets reads all files of a build.
func readAssets(built fs.FS) (map[string]*asset, error) {
	all := map[string]*asset{}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || twins[path.Ext(name)] != "" {
			return err
		}
		plain, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(plain)
		a := &asset{
			kind: kinds[path.Ext(name)], immutable: strings.HasPrefix(name, "assets/"),
			tag: hex.EncodeToString(sum[:16]), bodies: map[string][]byte{"": plain},
		}
		if a.kind == "" {
			a.kind = "application/octet-stream"
		}
		for end, coding := range twins {
			if data, err := fs.ReadFile(built, name+end); err == nil {
				a.bodies[coding] = data
			}
		}
		if a.bodies["gzip"] == nil {
			if packed := compress(plain); len(packed) < len(plain)*9/10 { // images and fonts are compressed already
				a.bodies["gzip"] = packed
			}
		}
		all[name] = a
		return nil
	})
	return all, err
}

func compress(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(data)                                  // to memory: it can't fail
	_ = w.Close()
	return b.Bytes()
}

// ServeHTTP answers with the file in the best form that the caller reads.
func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, no-cache")
	if a.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, tag := a.bodies[""], a.tag
	if len(a.bodies) > 1 {
		h.Set("Vary", "Accept-Encoding")
		for _, coding := range codings {
			if packed := a.bodies[coding]; packed != nil && httpapi.Accepts(r, coding) {
				h.Set("Content-Encoding", coding)
				body, tag = packed, a.tag+"-"+coding
				break
			}
		}
	}
	answer(w, r, http.StatusOK, a.kind, tag, body)
}

// answer writes a body, unless the caller has it.
func answer(w http.ResponseWriter, r *http.Request, status int, kind, tag string, body []byte) {
	h := w.Header()
	tag = `"` + tag + `"`
	h.Set("Etag", tag)
	if status == http.StatusOK && httpapi.Matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that is gone needs no answer
}
