package httpapi

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pages about errors and metrics")

// comparePage compares a page of documentation with what the sources make of it, or writes it.
func comparePage(t *testing.T, path, text string) {
	t.Helper()
	old, err := os.ReadFile(path)
	switch {
	case text == string(old):
	case *update:
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s isn't as the sources are (%v): make golden", path, err)
	}
}

// ComparePage is for tests from outside.
var ComparePage = comparePage

func TestErrorsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Errors of the HTTP API\n\nEvery failure is a problem document (RFC 9457), `application/problem+json`, but those under `/ofrep`, whose protocol has its own\n" +
		"forms. `type` is the address of an explanation on the server itself. `%` in a name stands for the kind of the body: " +
		strings.Join(nouns, ", ") + ".\n`make golden` writes this page.\n\n" +
		"```json\n{\"type\": \"/problems/invalid-flag\", \"title\": \"The flag can't be stored\", \"status\": 422,\n \"errors\": [{\"pointer\": \"/gates/3/ratio\", \"detail\": \"1.5 is not between 0 and 1 (both excluded)\", \"hint\": \"for everyone, enable the boolean gate\"}]}\n```\n\n" +
		"| status | type | title | what to do |\n|---|---|---|---|\n")
	for _, k := range kinds {
		fmt.Fprintf(&b, "| %d | `/problems/%s` | %s | %s |\n", k.status, k.name, k.title, k.text)
	}
	comparePage(t, "../../docs/reference/errors.md", b.String())
}
