// Package hostsdk_test holds what every SDK shares against what each one has.
package hostsdk_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

var update = flag.Bool("update", false, "write the tables of names into README.md")

// section is one section of surface.json: a type, and what its members are called in each language.
type section struct {
	key   string
	Title string
	Types map[string]string
	Names [][4]*string // what it is, and its name in Go, JavaScript and Python
}

// surface reads surface.json, whose sections stay in order.
func surface(t *testing.T) (sections []section, words map[string][]string) {
	t.Helper()
	file, err := os.Open("surface.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	in := json.NewDecoder(file)
	if _, err := in.Token(); err != nil {
		t.Fatal(err)
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			t.Fatal(err)
		}
		s := section{key: key.(string)}
		if s.key == "words" {
			err = in.Decode(&words)
		} else {
			err = in.Decode(&s)
			sections = append(sections, s)
		}
		if err != nil {
			t.Fatalf("%s: %v", s.key, err)
		}
	}
	return sections, words
}

func TestGoHasTheNamesOfTheSurface(t *testing.T) {
	sections, words := surface(t)
	has := map[string][]string{
		"client":      methods[*gonfalon.Client](),
		"config":      fields[gonfalon.Config](),
		"decision":    slices.Concat(fields[gonfalon.Decision](), methods[*gonfalon.Decision]()),
		"explanation": fields[gonfalon.Explanation](),
		"step":        slices.Concat(fields[gonfalon.Step](), methods[*gonfalon.Step]()),
		"comparison":  fields[gonfalon.Comparison](),
		"stats":       fields[gonfalon.Stats](),
		"info":        fields[gonfalon.SnapshotInfo](),
		"events":      fields[gonfalon.Event](),
		"test":        slices.Concat(fields[flagtest.Flags](), without(methods[*flagtest.Flags](), methods[*gonfalon.Client]())),
		"target":      functions(t, "go/flagtest", func(result string) bool { return result == "Scope" }),
		"package":     exported(t, "go/gonfalon"),
	}
	want := map[string][]string{}
	for _, s := range sections {
		key := s.key
		if key == "state_event" || key == "flags_event" {
			key = "events" // one type in Go
		}
		for _, row := range s.Names {
			if row[1] != nil {
				want[key] = append(want[key], *row[1])
			}
		}
	}
	for key := range has {
		if len(want[key]) == 0 {
			t.Errorf("surface.json has no section %q", key)
		}
	}
	for key, names := range want {
		for _, name := range without(has[key], names) {
			t.Errorf("%s: surface.json doesn't name %s", key, name)
		}
		for _, name := range without(names, has[key]) {
			t.Errorf("%s: Go doesn't have %s", key, name)
		}
	}
	for kind, name := range map[string]func(int) string{
		"reason":   func(i int) string { return engine.Reason(i).String() },
		"gate":     func(i int) string { return engine.Gate(i + 1).String() },
		"outcome":  func(i int) string { return engine.Outcome(i).String() },
		"operator": func(i int) string { return engine.Operator(i).String() },
		"state":    func(i int) string { return gonfalon.State(i).String() },
	} {
		for i, word := range words[kind] {
			if got := name(i); got != word {
				t.Errorf("%s %d is %q, and %q in surface.json", kind, i, got, word)
			}
		}
		if next := name(len(words[kind])); !strings.HasPrefix(next, kind+" ") {
			t.Errorf("surface.json doesn't have the %s %q", kind, next)
		}
	}
}

func methods[T any]() []string {
	var names []string
	for m := range reflect.TypeFor[T]().Methods() {
		if m.Name != "String" {
			names = append(names, m.Name)
		}
	}
	return names
}

func fields[T any]() []string {
	var names []string
	for f := range reflect.TypeFor[T]().Fields() {
		if f.IsExported() {
			names = append(names, f.Name)
		}
	}
	return names
}

// without returns the names that aren't among others, once each.
func without(names, others []string) []string {
	return slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, name := range names {
			if !slices.Contains(others, name) && !yield(name) {
				return
			}
		}
	}))
}

// exported returns the exported names of a package, except its constants.
func exported(t *testing.T, dir string) []string {
	names := functions(t, dir, func(string) bool { return true })
	for _, file := range files(t, dir) {
		for _, declared := range file.Decls {
			d, ok := declared.(*ast.GenDecl)
			if !ok || d.Tok == token.CONST {
				continue
			}
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !ast.IsExported(name) })
}

// functions returns the exported functions of a package whose result passes.
func functions(t *testing.T, dir string, passes func(result string) bool) []string {
	var names []string
	for _, file := range files(t, dir) {
		for _, declared := range file.Decls {
			f, ok := declared.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() {
				continue
			}
			result := ""
			if f.Type.Results != nil {
				if name, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok {
					result = name.Name
				}
			}
			if passes(result) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

func files(t *testing.T, dir string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	return parsed
}

// TestREADMEHasTheFeatures checks that a language has a feature in README.md's table where it has the file of it.
func TestREADMEHasTheFeatures(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for feature, paths := range map[string][3]string{
		"in process with the control plane":             {"go/gonfalon/inprocess.go", "js/src/source/inprocess.ts", "python/src/gonfalon/inprocess.py"},
		"test helper with overrides, no network":        {"go/flagtest", "js/src/testing.ts", "python/src/gonfalon/testing.py"},
		"OpenFeature provider":                          {"go/openfeature", "js/src/openfeature-server.ts", "python/src/gonfalon/openfeature.py"},
		"an actor's score for any flag":                 {"../engine/score.go", "js/src/score.ts", "python/src/gonfalon/score.py"},
		"an admin client, which reads and writes flags": {"../controlplane/apiclient", "js/src/admin.ts", "python/src/gonfalon/admin.py"},
	} {
		_, row, found := strings.Cut(string(data), "\n| "+feature+" | ")
		row, _, _ = strings.Cut(row, " |\n")
		cells := strings.Split(row, " | ")
		if !found || len(cells) != len(paths) {
			t.Errorf("there is no row %q", feature)
			continue
		}
		for i, path := range paths {
			if _, err := os.Stat(path); (err == nil) != (cells[i] != "–") {
				t.Errorf("%s: the table says %s, and %s: %v", feature, cells[i], path, err)
			}
		}
	}
}

const (
	begin = "<!-- names: from surface.json; make golden writes them -->\n"
	end   = "<!-- /names -->\n"
)

func TestREADMEHasTheNamesOfTheSurface(t *testing.T) {
	sections, words := surface(t)
	var b strings.Builder
	cell := func(name *string) string {
		if name == nil {
			return "–"
		}
		return "`" + *name + "`"
	}
	for _, s := range sections {
		if s.key == "package" {
			continue // too long to be read
		}
		fmt.Fprintf(&b, "\n| %s | Go `%s` | JavaScript `%s` | Python `%s` |\n|---|---|---|---|\n", s.Title, s.Types["go"], s.Types["js"], s.Types["python"])
		for _, row := range s.Names {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", *row[0], cell(row[1]), cell(row[2]), cell(row[3]))
		}
	}
	fmt.Fprintf(&b, "\n- `reason` is one of `%s`\n- `gate` is one of `%s`\n- `outcome` is one of `%s`\n- `operator` is one of `%s`\n\n",
		strings.Join(words["reason"], "`, `"), strings.Join(words["gate"], "`, `"), strings.Join(words["outcome"], "`, `"), strings.Join(words["operator"], "`, `"))
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("README.md has no place for the names")
	}
	want := before + begin + b.String() + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if string(data) != want {
		t.Error("README.md doesn't have the names of surface.json: make golden")
	}
}
