package docs

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// checks say, for each language, what is wrong with a snippet. Those of the SDKs' pages are also run, by the tests of the SDKs.
var checks = map[string]func(t *testing.T, text string) error{
	"c":      compiler("c", "cc", "-std=c11", "-fsyntax-only", "-w", "-I../hostsdk/c"),
	"cpp":    compiler("cc", "c++", "-std=c++17", "-fsyntax-only", "-w", "-I../hostsdk/c"),
	"csharp": compiler("cs", "mcs", "--parse"),
	"elixir": compiler("exs", "elixir", "-e", `Code.string_to_quoted!(File.read!(hd(System.argv())))`, "--"),
	"go":     compiler("go", "go", "vet"),
	"ini":    interpreter("python3", "-c", "import configparser, sys; configparser.ConfigParser(strict=False, allow_no_value=True, delimiters=['=']).read_string('[top]\\n' + sys.stdin.read())"),
	"java":   compiler("java", "java", "testdata/Parse.java"),
	"js":     interpreter("node", "--check", "--input-type=module"),
	"json":   isJSON,
	"php":    interpreter("php", "-l"),
	"python": interpreter("python3", "-c", "import sys; compile(sys.stdin.read(), 'snippet', 'exec')"),
	"ruby":   interpreter("ruby", "-c"),
	"rust":   nil, // cargo test runs them: the page is the crate's documentation
	"toml":   interpreter("python3", "-c", "import sys, tomllib; tomllib.loads(sys.stdin.read())"),
	"xml":    isXML,
	"yaml":   isYAML,
}

// data are the languages in which … is text like any other.
var data = []string{"ini", "json", "toml", "xml", "yaml"}

// around is the program in which a snippet of a language stands, unless its page says another.
var around = map[string]string{
	"csharp": "class Snippet { void Run() {\n…\n} }",
	"java":   "class Snippet { void run() throws Exception {\n…\n} }",
	"php":    "<?php\n…",
	"go":     "package main\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"os\"\n\n\t\"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon\"\n)\n\nfunc main() {}\n\nvar (\n\t_ = fmt.Println\n\t_ = os.Getenv\n)\n\nfunc run(ctx context.Context) error {\n…\nreturn nil\n}\n",
}

// programs run a snippet that its page makes a whole program.
var programs = map[string]func(t *testing.T, text string) error{
	"js":     interpreter("node", "--input-type=module", "-"),
	"python": interpreter("python3", "-"),
}

var imported = regexp.MustCompile(`(?m)^import .*\n`)

// TestSnippets checks each block that is code or data, and runs those that are programs.
func TestSnippets(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			check := checks[b.language]
			if run := programs[b.language]; run != nil && b.around != "" {
				check = run
			}
			if check == nil || b.notRun != "" {
				continue
			}
			t.Run(fmt.Sprintf("%s:%d", strings.ReplaceAll(b.page, "/", " "), b.line), func(t *testing.T) {
				t.Parallel()
				if err := check(t, program(b)); err != nil {
					t.Errorf("%s:%d: %v", b.page, b.line, err)
				}
			})
		}
	}
}

// program returns a snippet in the program that it is a part of, without the dots that stand for more.
func program(b block) string {
	text := b.text
	if !slices.Contains(data, b.language) {
		nothing := map[string]string{"c": ";", "cpp": ";"}[b.language]
		text = strings.ReplaceAll(text, "…", nothing)
	}
	frame := b.around
	if frame == "" {
		frame = around[b.language]
	}
	if frame == "" {
		return text
	}
	before, after, _ := strings.Cut(frame, "…")
	if b.language == "java" { // a page's first lines import what the others name
		for _, line := range imported.FindAllString(text, -1) {
			before, text = line+before, strings.Replace(text, line, "", 1)
		}
	}
	return before + text + after
}

// interpreter checks a snippet by a command that reads it.
func interpreter(name string, args ...string) func(*testing.T, string) error {
	return func(t *testing.T, text string) error {
		t.Helper()
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("there is no %s", name)
		}
		c := exec.CommandContext(t.Context(), name, args...)
		c.Stdin = strings.NewReader(text)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}
}

// compiler checks a snippet by a command that takes a file.
func compiler(ending, name string, args ...string) func(*testing.T, string) error {
	return func(t *testing.T, text string) error {
		t.Helper()
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("there is no %s", name)
		}
		file := filepath.Join(t.TempDir(), "snippet."+ending)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), name, append(append([]string(nil), args...), file)...)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}
}

func isJSON(_ *testing.T, text string) error {
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func isXML(_ *testing.T, text string) error {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// isYAML checks that a text is YAML, and, where it has flags, that they can be compiled.
func isYAML(_ *testing.T, text string) error {
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return err
	}
	document, _ := v.(map[string]any)
	if document["flags"] == nil && document["segments"] == nil {
		return nil
	}
	read := flagset.ReadDocument([]byte(text))
	_, refused := snapshot.Compile(snapshot.Header{}, &read.Set, snapshot.Strict)
	for _, problem := range append(read.Problems, refused...) {
		if problem.Severity == flagset.Error {
			return fmt.Errorf("%+v", problem)
		}
	}
	return nil
}
