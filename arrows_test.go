// Package gonfalon_test has the tests about the whole repository.
package gonfalon_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the arrows in .golangci.yml")

const module = "github.com/gonfalon-flags/gonfalon"

// arrow is a forbidden dependency: no package in from, except those in but, may reach a package in never. Patterns are those of the go
// command ("net/..." is net and everything below it); those that begin with ./ are in this module.
type arrow struct {
	from   []string
	but    []string // packages of from that may
	never  []string
	direct bool // only direct imports count
	why    string
}

var arrows = []arrow{
	{
		from: []string{"./engine/..."}, never: []string{"./wasm/...", "./controlplane/...", "./hostsdk/...", "./cmd/..."},
		why: "the engine depends on no other part",
	},
	{
		from:  []string{"./engine"},
		never: []string{"./engine/flagset/...", "./engine/snapshot/...", "./engine/pattern/...", "./engine/request/...", "./engine/explain/...", "./engine/words/...", "./engine/lint/...", "./engine/conformance/...", "./engine/internal/..."},
		why:   "the engine decides by bytes, and doesn't know the authoring model",
	},
	{
		from: []string{"./engine/flagset"}, never: []string{"./engine/snapshot/...", "./engine/request/..."},
		why: "the authoring model doesn't depend on the bytes that hosts read",
	},
	{
		from: []string{"./engine/flagset", "./engine/snapshot"}, never: []string{"net/...", "go.etcd.io/...", "os/exec"},
		why: "compiling needs no network",
	},
	{
		from: []string{"./wasm/..."}, never: []string{"./engine/flagset/...", "./engine/snapshot/...", "./controlplane/...", "./hostsdk/...", "./cmd/..."},
		why: "the module wraps the engine and nothing else",
	},
	{
		from: []string{"./controlplane/..."}, never: []string{"./hostsdk/...", "./cmd/..."},
		why: "the server doesn't depend on its clients",
	},
	{
		from: []string{"./hostsdk/..."}, never: []string{"./controlplane/...", "./cmd/..."},
		why: "a client depends on the wire, not on the server's code",
	},
	{
		from: []string{"./hostsdk/..."}, but: []string{"./hostsdk/go/flagtest/...", "./hostsdk/contract"}, never: []string{"./engine/flagset/...", "./engine/snapshot/..."},
		why: "hosts read snapshots; only what serves tests writes them",
	},
	{
		from: []string{"./..."}, but: []string{"./controlplane/etcdstore/...", "./benchmarks/..."}, never: []string{"go.etcd.io/..."}, direct: true,
		why: "only one package uses etcd",
	},
	{
		from:  []string{"./controlplane/store/...", "./controlplane/etcdstore/...", "./controlplane/memstore/...", "./controlplane/storetest/..."},
		never: []string{"./controlplane", "./controlplane/httpapi/...", "./engine/..."},
		why:   "a store depends on the contract, not on the data in it",
	},
	{
		from:  []string{"./controlplane/api/...", "./controlplane/apiclient/..."},
		never: []string{"./controlplane", "./controlplane/internal/...", "./controlplane/store/...", "./engine/snapshot/..."},
		why:   "a program can use the client without compiling the server",
	},
	{
		from:  []string{"./controlplane/internal/stored"},
		never: []string{"./controlplane", "./controlplane/internal/model", "./controlplane/internal/feed", "./controlplane/internal/replica", "./controlplane/internal/webhooks"},
		why:   "the stored forms are below everything that uses them",
	},
	{
		from:  []string{"./controlplane/internal/model"},
		never: []string{"./controlplane", "./controlplane/internal/feed", "./controlplane/internal/replica", "./controlplane/internal/webhooks", "net/..."},
		why:   "a state and its changes are pure",
	},
	{
		from: []string{"./controlplane/internal/model"}, never: []string{"context", "./controlplane/store"}, direct: true,
		why: "the model waits for nothing and reads no store",
	},
	{
		from: []string{"./controlplane/internal/feed"}, never: []string{"./controlplane", "./controlplane/internal/replica", "./controlplane/internal/webhooks"},
		why: "what hosts see doesn't depend on how the store is followed",
	},
	{
		from: []string{"./controlplane/internal/foresight"}, never: []string{"./controlplane", "./controlplane/internal/feed", "./controlplane/internal/replica", "./controlplane/store", "net/..."},
		why: "what a change would do is worked out from flags alone",
	},
	{
		from: []string{"./controlplane/internal/webhooks"}, never: []string{"./controlplane", "./controlplane/internal/feed", "./controlplane/internal/replica"},
		why: "webhooks deliver the audit, and need nothing else of the service",
	},
	{
		from: []string{"./controlplane/internal/replica"}, never: []string{"./controlplane", "./controlplane/internal/webhooks"},
		why: "the replica doesn't depend on the service",
	},
	{
		from: []string{"./controlplane"}, never: []string{"go.etcd.io/...", "github.com/labstack/..."},
		why: "the service doesn't depend on how it is stored or served",
	},
	{
		from: []string{"./..."}, but: []string{"./controlplane/httpapi/...", "./benchmarks/..."}, never: []string{"github.com/labstack/..."}, direct: true,
		why: "only one package serves HTTP",
	},
	{
		from: []string{"./migrate/reference"}, never: []string{"./engine/...", "./controlplane/...", "net/...", "database/sql"},
		why: "the judge of an import shares no code with the engine",
	},
	{
		from: []string{"./..."}, but: []string{"./migrate/elixir/...", "./migrate/reference/...", "./examples/..."}, direct: true,
		never: []string{"github.com/redis/...", "github.com/jackc/pgx/...", "github.com/go-sql-driver/...", "modernc.org/sqlite/...", "github.com/dlclark/..."},
		why:   "only a source's package knows its drivers",
	},
	{
		from:  []string{"./engine/...", "./wasm/...", "./controlplane/...", "./hostsdk/..."},
		never: []string{"./migrate/...", "github.com/redis/...", "github.com/jackc/pgx/...", "github.com/go-sql-driver/...", "modernc.org/sqlite/...", "github.com/dlclark/..."},
		why:   "moving in is a matter of the command line, and its drivers are linked into nothing else",
	},
}

func TestArrows(t *testing.T) {
	packages := list(t)
	for _, a := range arrows {
		for _, pattern := range append(a.from, a.but...) {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(packages)), func(path string) bool { return matches(pattern, path) }) {
				t.Errorf("%s is about %s, which doesn't exist", a.why, pattern)
			}
		}
		for _, line := range a.broken(packages) {
			t.Errorf("%s (%s)", line, a.why)
		}
	}
}

// TestLinterHasTheArrows compares the rules of .golangci.yml, which editors show at once, with the arrows.
func TestLinterHasTheArrows(t *testing.T) {
	const file = ".golangci.yml"
	const begin, end = "        # arrows: make golden writes them\n", "        # end of the arrows\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	rules, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no arrows between %q and %q", file, begin, end)
	}
	var want strings.Builder
	for i, a := range arrows {
		a.rule(&want, i+1)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if rules != want.String() {
		t.Errorf("%s has other arrows than arrows_test.go: run make golden", file)
	}
}

// rule writes an arrow as a rule of the linter depguard, which looks at direct imports only.
func (a arrow) rule(w io.Writer, number int) {
	var files []string
	glob := func(not, pattern string) {
		dir, tree := strings.CutSuffix(strings.TrimPrefix(pattern, "./"), "...")
		dir = strings.TrimSuffix(dir, "/")
		files = append(files, strconv.Quote(path.Join(not+"${base-path}", dir, "*.go")))
		if tree {
			files = append(files, strconv.Quote(path.Join(not+"${base-path}", dir, "**/*.go")))
		}
	}
	for _, pattern := range a.from {
		glob("", pattern)
	}
	for _, pattern := range a.but {
		glob("!", pattern)
	}
	fmt.Fprintf(w, "        arrow-%d:\n          files: [%s, \"!$test\"]\n          list-mode: lax\n          deny:\n", number, strings.Join(files, ", "))
	for _, pattern := range a.never {
		name, tree := strings.CutSuffix(pattern, "/...")
		if !tree {
			name += "$" // nothing below it
		}
		if rest, ours := strings.CutPrefix(name, "."); ours {
			name = module + rest
		}
		fmt.Fprintf(w, "            - {pkg: %s, desc: %q}\n", name, a.why)
	}
}

func TestABrokenArrowIsSeen(t *testing.T) {
	packages := map[string]listed{
		module + "/engine":              {Imports: []string{"helper"}},
		module + "/engine/snapshot":     {Imports: []string{module + "/engine"}},
		module + "/hostsdk/go/gonfalon": {Imports: []string{module + "/engine"}},
		"helper":                        {Imports: []string{"net/http"}},
		"net/http":                      {},
	}
	indirect := arrow{from: []string{"./engine/..."}, never: []string{"net/..."}}
	want := []string{
		"./engine reaches net/http: ./engine → helper → net/http",
		"./engine/snapshot reaches net/http: ./engine/snapshot → ./engine → helper → net/http",
	}
	if got := indirect.broken(packages); !slices.Equal(got, want) {
		t.Errorf("indirect: %q", got)
	}
	direct := arrow{from: []string{"./..."}, but: []string{"./hostsdk/..."}, never: []string{"./engine"}, direct: true}
	want = []string{"./engine/snapshot reaches ./engine: ./engine/snapshot → ./engine"}
	if got := direct.broken(packages); !slices.Equal(got, want) {
		t.Errorf("direct: %q", got)
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

// list asks the go command for every package of the module and everything that they import. It ignores tests.
func list(t *testing.T) map[string]listed {
	t.Helper()
	command := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Imports", "./...")
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &problems)
	}
	packages := make(map[string]listed)
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// broken returns a line for each package that reaches a forbidden one, with the shortest way.
func (a arrow) broken(packages map[string]listed) []string {
	var lines []string
	for path := range packages {
		if !strings.HasPrefix(path, module) || !matchesAny(a.from, path) || matchesAny(a.but, path) {
			continue
		}
		if way := a.way(packages, path); way != nil {
			lines = append(lines, short(path)+" reaches "+short(way[len(way)-1])+": "+strings.Join(way, " → "))
		}
	}
	slices.Sort(lines)
	return lines
}

// way returns the shortest chain of imports from a package to a forbidden one.
func (a arrow) way(packages map[string]listed, from string) []string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, to := range packages[queue[0]].Imports {
			if _, seen := before[to]; seen {
				continue
			}
			before[to] = queue[0]
			if matchesAny(a.never, to) {
				var way []string
				for at := to; at != ""; at = before[at] {
					way = append([]string{short(at)}, way...)
				}
				return way
			}
			if !a.direct {
				queue = append(queue, to)
			}
		}
	}
	return nil
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, path) })
}

func matches(pattern, path string) bool {
	if rest, ours := strings.CutPrefix(pattern, "."); ours {
		pattern = module + rest
	}
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == tree || strings.HasPrefix(path, tree+"/")
	}
	return path == pattern
}

func short(path string) string {
	if rest, ours := strings.CutPrefix(path, module); ours {
		return "." + rest
	}
	return path
}
