// Package docs has the documentation. Its tests run every command and check every snippet that a page shows.
//
// A page says in comments, which readers don't see, what the tests can't know:
//
//	<!-- server: --in-memory -->       a server with these settings runs, and the command is signed in to it
//	<!-- before: gonfalon … -->        commands to run first
//	<!-- file: flags.yaml -->          the next block is the content of this file
//	<!-- not run: it needs Docker -->  the next block isn't run, and why
//	<!-- around: … -->                 a program, in which the next block takes the place of the line with …
package docs

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page is a page of documentation.
type page struct {
	path   string // from the root of the repository
	server string // the settings of the server that it needs
	serves bool   // whether it needs one
	blocks []block
}

// block is a fenced block of a page, or commands that a comment has.
type block struct {
	page     string
	line     int
	language string
	text     string
	file     string // that the page calls it
	around   string // the program that it is a part of
	notRun   string // why it isn't run
}

var (
	// whole are the languages in which nothing is run or checked.
	whole = []string{"text", "html"}
	// generated pages and passages are compared with their sources by the tests that write them.
	generated = regexp.MustCompile("`make golden` writes this page")
	passage   = regexp.MustCompile(`(?s)<!-- (\S+): [^>]*make golden writes them -->.*?<!-- /\S+ -->`)
	fence     = regexp.MustCompile("^( *)```(.*)$")
	comment   = regexp.MustCompile(`^ *<!-- (server|before|file|not run|around): ?(.*)$`)
)

// pages reads every page that shows users what to type.
func pages(t *testing.T) (all []page) {
	t.Helper()
	paths := []string{"../README.md", "../deploy/README.md", "../hostsdk/README.md"}
	for _, pattern := range []string{"../hostsdk/*/README.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil || len(more) == 0 {
			t.Fatal(pattern, err)
		}
		paths = append(paths, more...)
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path == "site" {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel("..", filepath.Join("..", "docs", path))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, readPage(t, filepath.ToSlash(name), string(text)))
	}
	return all
}

// readPage reads the blocks of a page and the comments about them.
func readPage(t *testing.T, path, text string) page {
	t.Helper()
	p := page{path: path}
	if generated.MatchString(text) {
		return p
	}
	text = passage.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) })
	lines := strings.Split(text, "\n")
	next := block{} // what comments say of the block that follows
	for i := 0; i < len(lines); i++ {
		if m := comment.FindStringSubmatch(lines[i]); m != nil {
			at, what := i, m[2]
			for !strings.Contains(what, "-->") && i+1 < len(lines) {
				i++
				what += "\n" + lines[i]
			}
			what, _, _ = strings.Cut(what, "-->")
			switch what = strings.TrimSpace(what); m[1] {
			case "server":
				p.server, p.serves = what, true
			case "before":
				p.blocks = append(p.blocks, block{page: path, line: at + 1, language: "sh", text: what + "\n"})
			case "file":
				next.file = what
			case "not run":
				next.notRun = what
			case "around":
				next.around = what
			}
			continue
		}
		m := fence.FindStringSubmatch(lines[i])
		if m == nil {
			if strings.TrimSpace(lines[i]) != "" {
				if next != (block{}) {
					t.Errorf("%s:%d: the comment before this line belongs right before a block", path, i+1)
				}
				next = block{}
			}
			continue
		}
		b, start := next, i+1
		b.page, b.line, b.language = path, start+1, strings.Split(m[2], ",")[0]
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) != "```"; i++ {
			b.text += strings.TrimPrefix(lines[i], m[1]) + "\n"
		}
		p.blocks, next = append(p.blocks, b), block{}
	}
	return p
}

// TestBlocks checks that each block has a language that the tests know, and lists those that aren't run.
func TestBlocks(t *testing.T) {
	known := append(slices.Collect(maps.Keys(checks)), "sh", "console")
	known = append(known, whole...)
	blocks, left := 0, 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			blocks++
			if !slices.Contains(known, b.language) {
				t.Errorf("%s:%d: the block's language is %q; known are %q", b.page, b.line, b.language, known)
			}
			if b.language == "text" && regexp.MustCompile(`(?m)^(\$ )?(gonfalon|make|npm|pip|go|docker|kubectl|curl) `).MatchString(b.text) {
				t.Errorf("%s:%d: commands are of the language sh or console", b.page, b.line)
			}
			if b.notRun != "" {
				left++
				t.Logf("not run: %s:%d (%s): %s", b.page, b.line, b.language, b.notRun)
				if len(strings.Fields(b.notRun)) < 3 {
					t.Errorf("%s:%d: say in a few words why the block isn't run", b.page, b.line)
				}
			}
		}
	}
	t.Logf("%d blocks, %d of them not run", blocks, left)
	if blocks < 100 {
		t.Errorf("only %d blocks were found", blocks)
	}
}
