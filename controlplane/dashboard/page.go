package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"slices"
	"strings"
)

// These are the files of a build that are about the page.
const (
	pageFile  = "index.html"
	pagesFile = "pages.json"
)

// page is the one page, and the addresses that it serves.
type page struct {
	text  string
	paths []string // each a pattern, in which a segment that begins with a colon stands for any one
}

func readPage(built fs.FS) (page, error) {
	text, err := fs.ReadFile(built, pageFile)
	if err != nil {
		return page{}, err
	}
	p := page{text: string(text), paths: []string{"/"}}
	paths, err := fs.ReadFile(built, pagesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(paths, &p.paths)
	}
	if err != nil {
		return page{}, fmt.Errorf("%s: %w", pagesFile, err)
	}
	return p, nil
}

// knows reports whether the page serves an address, which is escaped: a slash in a key ends no segment.
func (p *page) knows(address string) bool {
	have := segments(address)
	return slices.ContainsFunc(p.paths, func(path string) bool {
		return slices.EqualFunc(segments(path), have, func(want, have string) bool { return want == have || strings.HasPrefix(want, ":") })
	})
}

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// serve answers with the page, which is told the path under which callers reach the dashboard.
// Why: RATIONALE.md "Why is the page's mount path put into it, and not a `<base>`?"
func (p *page) serve(w http.ResponseWriter, r *http.Request, mount string, known bool) {
	mount = html.EscapeString(mount)
	text := strings.NewReplacer(`="./`, `="`+mount+`/`, `data-mount=""`, `data-mount="`+mount+`"`).Replace(p.text)
	sum := sha256.Sum256([]byte(text))
	status := http.StatusOK
	if !known {
		status = http.StatusNotFound
	}
	w.Header().Set("Cache-Control", "private, no-cache") // another proxy may have another path
	answer(w, r, status, "text/html; charset=utf-8", hex.EncodeToString(sum[:16]), []byte(text))
}
