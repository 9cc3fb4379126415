package httpapi_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestMain checks, after all tests, that each route answered at least one with a success that was checked against
// openapi.yaml.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && whole() {
		for _, r := range httpapi.Routes() {
			if !succeeded(r) {
				fmt.Printf("FAIL: no test made %s %s succeed\n", r.Method, r.Path)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// whole reports whether every test was run.
func whole() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return flag.Lookup("test.count").Value.String() != "0"
}

func succeeded(r httpapi.Route) (found bool) {
	var pattern []string
	for _, segment := range strings.Split(r.Path, "/") {
		if strings.HasPrefix(segment, ":") {
			pattern = append(pattern, "[^/]+")
		} else {
			pattern = append(pattern, regexp.QuoteMeta(segment))
		}
	}
	match := regexp.MustCompile("^" + r.Method + " " + strings.Join(pattern, "/") + "$")
	seen.Range(func(key, _ any) bool {
		found = match.MatchString(key.(string))
		return !found
	})
	return found
}
