package lint

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the rules into docs/lint.md")

// TestPage compares the rules in docs/lint.md with those that there are.
func TestPage(t *testing.T) {
	const path, begin, end = "../../docs/lint.md", "<!-- rules: make golden writes them -->\n", "<!-- /rules -->"
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s lacks %q or %q", path, begin, end)
	}
	var page strings.Builder
	page.WriteString(before + begin)
	for _, r := range Rules() {
		fmt.Fprintf(&page, "\n### %s\n\n%s. *%s*\n\n%s %s\n", r.ID, r.Title, r.Level, r.Why, r.Mend)
		if r.Bad != "" {
			fmt.Fprintf(&page, "\n```yaml\n# a finding\n%s```\n\n```yaml\n# none\n%s```\n", r.Bad, r.Good)
		}
	}
	page.WriteString("\n" + end + after)
	switch {
	case page.String() == string(old):
	case *update:
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s doesn't have the rules as they are: make golden", path)
	}
}
