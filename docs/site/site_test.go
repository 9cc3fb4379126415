package site

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// size is how much the built pages may take: they are in the binary.
const size = 3 << 20

// repository is where a page links to what has no page here.
const repository = "https://github.com/gonfalon-flags/gonfalon/blob/main/"

// TestBuilt checks that dist is what the sources make, byte by byte.
func TestBuilt(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "dist")
	if out, err := exec.CommandContext(t.Context(), "./build", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made, have := tree(t, os.DirFS(folder)), tree(t, Files())
	if len(made) < 30 {
		t.Fatalf("only %d files were built", len(made))
	}
	for name, text := range made {
		if !bytes.Equal(have[name], text) {
			t.Errorf("%s isn't what the sources make: make docs", name)
		}
	}
	for name := range have {
		if made[name] == nil {
			t.Errorf("the sources don't make %s: make docs", name)
		}
	}
}

// tree reads all files.
func tree(t *testing.T, files fs.FS) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[name], err = fs.ReadFile(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPages checks that each page has nothing that its content policy forbids, loads nothing from elsewhere, and leads
// to no page or heading that isn't there; and that the navigation leads to each.
func TestPages(t *testing.T) {
	files, total := tree(t, Files()), 0
	pages := map[string]*content{}
	for name, text := range files {
		total += len(text)
		if path.Ext(name) == ".html" {
			pages[name] = read(t, name, text)
		}
	}
	if total > size {
		t.Errorf("the pages take %d bytes, more than %d", total, size)
	}
	if text := string(files["reference/cli.html"]); !strings.Contains(text, "With --prune") {
		t.Error("two hyphens have become something else")
	}
	for name, p := range pages {
		if p.titles != 1 {
			t.Errorf("%s has %d headings of the first level", name, p.titles)
		}
		for _, wrong := range p.forbidden {
			t.Errorf("%s has %s", name, wrong)
		}
		for _, link := range p.loads {
			if strings.Contains(link, ":") {
				t.Errorf("%s loads %s", name, link)
			}
		}
		for _, link := range append(p.links, p.loads...) {
			if file, is := strings.CutPrefix(link, repository); is {
				file, _, _ = strings.Cut(file, "#")
				if _, err := os.Stat(filepath.Join("../..", filepath.FromSlash(file))); err != nil {
					t.Errorf("%s links to %s, which the repository doesn't have", name, file)
				}
			}
			if strings.HasPrefix(link, "https://") {
				continue
			}
			file, anchor, _ := strings.Cut(link, "#")
			at := name
			if file != "" {
				at = path.Join(path.Dir(name), file)
			}
			switch to := pages[at]; {
			case strings.HasPrefix(link, "/"), files[at] == nil:
				t.Errorf("%s links to %s, which isn't there", name, link)
			case anchor != "" && to != nil && !slices.Contains(to.ids, anchor):
				t.Errorf("%s links to %s, where no heading is called so", name, link)
			}
		}
		if name != "404.html" && name != "index.html" && !slices.Contains(pages["index.html"].links, "./"+name) {
			t.Errorf("no navigation leads to %s: name it in nav.yaml", name)
		}
	}
}

// content is what a page has.
type content struct {
	titles                       int
	links, loads, ids, forbidden []string
}

var event = regexp.MustCompile(`^on[a-z]+$`)

func read(t *testing.T, name string, text []byte) *content {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c := new(content)
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			c.forbidden = append(c.forbidden, "a comment")
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "h1" {
			c.titles++
		}
		if n.FirstChild != nil && (n.Data == "script" || n.Data == "style") {
			c.forbidden = append(c.forbidden, "a "+n.Data+" in the text")
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				c.ids = append(c.ids, a.Val)
			case a.Key == "href" && n.Data == "a":
				c.links = append(c.links, a.Val)
			case a.Key == "href" && n.Data == "link", a.Key == "src":
				c.loads = append(c.loads, a.Val)
			case a.Key == "style", event.MatchString(a.Key):
				c.forbidden = append(c.forbidden, "the attribute "+a.Key)
			}
		}
	}
	return c
}
