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
// openapi.yaml, and that apiclient has a method for each route below /v1.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && whole() {
		for _, r := range httpapi.Routes() {
			if !succeeded(r, "") {
				fmt.Printf("FAIL: no test made %s %s succeed\n", r.Method, r.Path)
				code = 1
			} else if strings.HasPrefix(r.Path, "/v1/") && !succeeded(r, clientAgent+" ") {
				fmt.Printf("FAIL: no test made %s %s succeed through apiclient: give it a method, and call that in a test\n", r.Method, r.Path)
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

// succeeded reports whether a success of a route was seen, under a prefix of seen.
func succeeded(r httpapi.Route, prefix string) (found bool) {
	var pattern []string
	for _, segment := range strings.Split(r.Path, "/") {
		if strings.HasPrefix(segment, ":") {
			pattern = append(pattern, "[^/]+")
		} else {
			pattern = append(pattern, regexp.QuoteMeta(segment))
		}
	}
	match := regexp.MustCompile("^" + prefix + r.Method + " " + strings.Join(pattern, "/") + "$")
	seen.Range(func(key, _ any) bool {
		found = match.MatchString(key.(string))
		return !found
	})
	return found
}
