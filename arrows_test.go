// Package gonfalon_test holds what is true of the whole repository.
package gonfalon_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gonfalon-flags/gonfalon"

// An arrow that must not be: no package of from, save those of but, may reach one of never. Patterns are those of the go
// command ("net/..." is net and all below it); those that begin with ./ are this module's.
type arrow struct {
	from   []string
	but    []string // of from, those that may
	never  []string
	direct bool // only imports count, not what they import in turn
	why    string
}

var arrows = []arrow{
	{
		from: []string{"./engine/..."}, never: []string{"./wasm/...", "./controlplane/...", "./hostsdk/...", "./cmd/..."},
		why: "the engine knows nobody",
	},
	{
		from:  []string{"./engine"},
		never: []string{"./engine/flagset/...", "./engine/snapshot/...", "./engine/pattern/...", "./engine/request/...", "./engine/conformance/...", "./engine/internal/..."},
		why:   "the engine decides by bytes, not by the authoring model",
	},
	{
		from: []string{"./engine/flagset"}, never: []string{"./engine/snapshot/...", "./engine/request/..."},
		why: "what people write knows nothing of the bytes that hosts read",
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
		why: "the server knows no client",
	},
	{
		from: []string{"./hostsdk/..."}, never: []string{"./controlplane/...", "./cmd/..."},
		why: "a client knows the wire, not the server's code",
	},
	{
		from: []string{"./hostsdk/..."}, but: []string{"./hostsdk/go/flagtest/..."}, never: []string{"./engine/flagset/...", "./engine/snapshot/..."},
		why: "hosts read snapshots; only the test helper writes them",
	},
	{
		from: []string{"./..."}, but: []string{"./controlplane/etcdstore/...", "./benchmarks/..."}, never: []string{"go.etcd.io/..."}, direct: true,
		why: "one package speaks to etcd",
	},
	{
		from:  []string{"./controlplane/store/...", "./controlplane/etcdstore/...", "./controlplane/memstore/...", "./controlplane/storetest/..."},
		never: []string{"./controlplane", "./controlplane/httpapi/...", "./engine/..."},
		why:   "a store knows the contract, not what is kept in it",
	},
	{
		from: []string{"./controlplane"}, never: []string{"go.etcd.io/...", "github.com/labstack/..."},
		why: "use cases don't know how they are stored or served",
	},
	{
		from: []string{"./..."}, but: []string{"./controlplane/httpapi/...", "./benchmarks/..."}, never: []string{"github.com/labstack/..."}, direct: true,
		why: "one package speaks HTTP to clients",
	},
}

func TestArrows(t *testing.T) {
	packages := list(t)
	for _, a := range arrows {
		for _, pattern := range append(a.from, a.but...) {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(packages)), func(path string) bool { return matches(pattern, path) }) {
				t.Errorf("%s is about %s, which is not there", a.why, pattern)
			}
		}
		for _, line := range a.broken(packages) {
			t.Errorf("%s (%s)", line, a.why)
		}
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

// list asks the go command for every package of the module and all that they need; tests are not looked at.
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

// broken gives one line for each package that reaches what it must not, by the shortest way.
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

// way is the shortest chain of imports from a package to one that it must not reach.
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
