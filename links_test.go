package gonfalon_test

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	question = regexp.MustCompile(`(?m)^### (.+)$`)
	reason   = regexp.MustCompile(`RATIONALE\.md "([^"\n]*)("?)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fence    = regexp.MustCompile("(?ms)^```.*?^```")
	code     = regexp.MustCompile("`[^`\n]+`")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	ours     = regexp.MustCompile(`^(benchmarks|cmd|controlplane|deploy|docs|engine|examples|hostsdk|migrate|scripts|wasm)/[\w./-]+$`)
)

// TestReasons checks that RATIONALE.md asks every question that a source quotes as `Why: RATIONALE.md "…"`.
func TestReasons(t *testing.T) {
	page, err := os.ReadFile("RATIONALE.md")
	if err != nil {
		t.Fatal(err)
	}
	var questions []string
	for _, m := range question.FindAllStringSubmatch(string(page), -1) {
		if !strings.HasSuffix(m[1], "?") {
			t.Errorf("RATIONALE.md: %q is not a question", m[1])
		}
		if slices.Contains(questions, m[1]) {
			t.Errorf("RATIONALE.md asks %q twice", m[1])
		}
		questions = append(questions, m[1])
	}
	links := 0
	for name, text := range sources(t, ".c", ".cs", ".ex", ".go", ".h", ".java", ".mjs", ".php", ".py", ".rb", ".rs", ".sh", ".svelte", ".toml", ".ts", ".yaml", ".yml") {
		if name == "links_test.go" {
			continue
		}
		found, wrong := reasons(text, questions)
		links += found
		for _, problem := range wrong {
			t.Errorf("%s: %s", name, problem)
		}
	}
	if links == 0 {
		t.Error("no source links to RATIONALE.md")
	}
}

// reasons returns how many links to the rationale a text has, and what is wrong with them.
func reasons(text string, questions []string) (found int, wrong []string) {
	for _, m := range reason.FindAllStringSubmatch(text, -1) {
		found++
		switch {
		case m[2] == "":
			wrong = append(wrong, fmt.Sprintf("the question %q continues on another line: keep it on one, so that people can search for it", m[1]))
		case !slices.Contains(questions, m[1]):
			wrong = append(wrong, fmt.Sprintf("RATIONALE.md doesn't ask %q", m[1]))
		}
	}
	return found, wrong
}

// TestLinks checks that the relative links of every page, and the paths that it names in backquotes, exist.
func TestLinks(t *testing.T) {
	pages := sources(t, ".md")
	for name, text := range pages {
		for _, problem := range broken(name, text, pages) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// broken returns what is wrong with a page's links.
func broken(name, text string, pages map[string]string) (wrong []string) {
	text = fence.ReplaceAllString(text, "")
	for _, m := range code.FindAllString(text, -1) {
		if at := strings.Trim(m, "`"); ours.MatchString(at) {
			if _, err := os.Stat(at); err != nil {
				wrong = append(wrong, fmt.Sprintf("there is no file %s", at))
			}
		}
	}
	for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
		if strings.Contains(m[1], ":") { // an address of the web, which isn't asked for
			if at, err := url.Parse(m[1]); err != nil || at.Scheme != "https" || !strings.Contains(at.Host, ".") {
				wrong = append(wrong, fmt.Sprintf("the link %s is no address of the web", m[1]))
			}
			continue
		}
		file, anchor, _ := strings.Cut(m[1], "#")
		at := name
		if file != "" {
			at = path.Join(path.Dir(name), file)
		}
		if _, err := os.Stat(at); err != nil {
			wrong = append(wrong, fmt.Sprintf("the link %s leads to no file", m[1]))
		} else if anchor != "" && !slices.Contains(anchors(pages[at]), anchor) {
			wrong = append(wrong, fmt.Sprintf("the link %s leads to no heading", m[1]))
		}
	}
	return wrong
}

// anchors returns the anchors that code hosts make of a page's headings.
func anchors(text string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return names
}

// sources reads the repository's files with these endings, by path. It leaves out files that tools install or build.
func sources(t *testing.T, endings ...string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(".", func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") && at != "." && at != ".github"
			if hidden || at == "bin" || at == "data" || entry.Name() == "node_modules" || entry.Name() == "target" || entry.Name() == "dist" {
				return fs.SkipDir
			}
			return nil
		}
		if slices.Contains(endings, filepath.Ext(at)) {
			text, err := os.ReadFile(at)
			files[filepath.ToSlash(at)] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestBrokenLinksAreNoticed(t *testing.T) {
	pages := map[string]string{"README.md": "# One page\n", "deploy/README.md": ""}
	text := "[a](../README.md#one-page) [b](../README.md#two) [c](gone.md) [d](https://example.org/x) [d](https://example) `engine/gone.go` `[e](gone.md)`\n```\n[f](gone.md)\n```\n"
	want := []string{"there is no file engine/gone.go", "the link ../README.md#two leads to no heading", "the link gone.md leads to no file", "the link https://example is no address of the web"}
	if got := broken("deploy/README.md", text, pages); !slices.Equal(got, want) {
		t.Errorf("links: %q", got)
	}
	source := "// Why: RATIONALE.md \"Why so?\"\n// Why: RATIONALE.md \"Why not?\"\n// Why: RATIONALE.md \"Why\n// so?\"\n"
	if found, wrong := reasons(source, []string{"Why so?"}); found != 3 || len(wrong) != 2 {
		t.Errorf("%d reasons, wrong %q", found, wrong)
	}
	files := map[string]string{"doc.go": "// Package x has a [T], [fmt.Stringer], [Gone] and [T.gone].\npackage x\n\nimport \"fmt\"\n\n// T is a [fmt.Stringer].\ntype T int\n\nvar _ fmt.Stringer\n"}
	if got := deadDocLinks(t, "x", files); !slices.Equal(got, []string{"[Gone]", "[T.gone]"}) {
		t.Errorf("links of comments: %q", got)
	}
}

// TestDocLinks checks that every [Name] in the comments of a package with a doc.go leads to a declaration.
func TestDocLinks(t *testing.T) {
	packages := map[string]map[string]string{}
	for name, text := range sources(t, ".go") {
		if dir := path.Dir(name); !strings.HasSuffix(name, "_test.go") {
			if packages[dir] == nil {
				packages[dir] = map[string]string{}
			}
			packages[dir][name] = text
		}
	}
	for dir, files := range packages {
		if files[path.Join(dir, "doc.go")] == "" {
			continue
		}
		for _, dead := range deadDocLinks(t, dir, files) {
			t.Errorf("%s: a comment links to %s, which leads to no exported name", dir, dead)
		}
	}
}

var bracketed = regexp.MustCompile(`(?:^|[\s(])(\[\*?(?:[A-Z]\w*(?:\.\w+)*|\w+\.[A-Z]\w*)\])`)

// deadDocLinks returns what a package's comments have in brackets although go doc makes no link of it.
func deadDocLinks(t *testing.T, at string, files map[string]string) (dead []string) {
	t.Helper()
	set := token.NewFileSet()
	var parsed []*ast.File
	for name, text := range files {
		f, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	p, err := doc.NewFromFiles(set, parsed, at, doc.AllDecls)
	if err != nil {
		t.Fatal(err)
	}
	look := func(text string) {
		for _, block := range p.Parser().Parse(text).Content {
			if paragraph, ok := block.(*comment.Paragraph); ok {
				for _, part := range paragraph.Text {
					if plain, ok := part.(comment.Plain); ok {
						for _, m := range bracketed.FindAllStringSubmatch(string(plain), -1) {
							dead = append(dead, m[1])
						}
					}
				}
			}
		}
	}
	values := func(lists ...[]*doc.Value) {
		for _, v := range slices.Concat(lists...) {
			look(v.Doc)
		}
	}
	functions := func(lists ...[]*doc.Func) {
		for _, f := range slices.Concat(lists...) {
			look(f.Doc)
		}
	}
	look(p.Doc)
	values(p.Consts, p.Vars)
	functions(p.Funcs)
	for _, kind := range p.Types {
		look(kind.Doc)
		values(kind.Consts, kind.Vars)
		functions(kind.Funcs, kind.Methods)
	}
	return dead
}
