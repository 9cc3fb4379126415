package hostsdk_test

import (
	"encoding/json"
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

func TestGoHasTheNamesOfTheSurface(t *testing.T) {
	s := readSurface(t)
	l := readLanguage(t, s, "go")
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
	for _, section := range s.sections {
		key := section.key
		if key == "state_event" || key == "flags_event" {
			key = "events" // one type in Go
		}
		want[key] = append(want[key], l.names(&section)...)
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
		for i, word := range s.words[kind] {
			if got := name(i); got != word {
				t.Errorf("%s %d is %q, and %q in surface.json", kind, i, got, word)
			}
		}
		if next := name(len(s.words[kind])); !strings.HasPrefix(next, kind+" ") {
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

// goFeatures are what Go has of each feature in surface.json, and what proves it: exported names, as package:name, and files.
var goFeatures = map[string]struct {
	says  string
	proof []string
}{
	"engine": {"native; `wasmengine` (wazero)", []string{"go/gonfalon:Native", "go/wasmengine:New"}},
	"enabled, variant, typed payload, decide, decide all, explain":         {"yes", []string{"go/gonfalon:Client"}},
	"prepared context, reused without building it again":                   {"yes", []string{"go/gonfalon:Prepare"}},
	"stream with resume and deltas; polling with ETag":                     {"yes", []string{"go/gonfalon:Stream", "go/gonfalon:Poll"}},
	"file, bootstrap, last good on disk":                                   {"yes", []string{"go/gonfalon:File", "go/gonfalon/lastgood.go"}},
	"in process with the control plane":                                    {"yes", []string{"go/gonfalon:InProcess"}},
	"states, events, age":                                                  {"yes", []string{"go/gonfalon:State", "go/gonfalon:Event"}},
	"usage batches":                                                        {"yes", []string{"go/gonfalon:FlagUsage"}},
	"test helper with overrides, no network":                               {"`flagtest`", []string{"go/flagtest:New"}},
	"OpenFeature provider":                                                 {"yes", []string{"go/openfeature:NewProvider"}},
	"conformance vectors, shared cases and recorded streams (`testdata/`)": {"yes", []string{"go/gonfalon/recorded_test.go", "values_test.go", "../cmd/gonfalon/conformance.go"}},
	"wait for a revision; events of schedules":                             {"yes", []string{"go/gonfalon/schedule.go", "go/gonfalon/own_write_test.go"}},
	"an actor's score for any flag":                                        {"`engine.Score`", []string{"../engine:Score"}},
	"an admin client, which reads and writes flags":                        {"`controlplane/apiclient`", []string{"../controlplane/apiclient:New"}},
}

// TestGoHasItsFeatures holds go/features.json against what is there.
func TestGoHasItsFeatures(t *testing.T) {
	s := readSurface(t)
	var lines []string
	for _, feature := range s.features {
		f, known := goFeatures[feature]
		if !known {
			t.Errorf("nobody says whether Go has %q", feature)
		}
		for _, proof := range f.proof {
			dir, name, exports := strings.Cut(proof, ":")
			if _, err := os.Stat(dir); err != nil || exports && !slices.Contains(exported(t, dir), name) {
				f.says = "–"
			}
		}
		lines = append(lines, "  "+quoted(t, feature)+": "+quoted(t, f.says))
	}
	want := "{\n" + strings.Join(lines, ",\n") + "\n}\n"
	have, err := os.ReadFile("go/features.json")
	if *update {
		err = os.WriteFile("go/features.json", []byte(want), 0o644)
	} else if err == nil && string(have) != want {
		t.Errorf("go/features.json isn't %s: make golden", want)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
